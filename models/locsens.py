"""The LocSens network: how well an image, a hashtag and a place go together (paper, LocSens).

The first fused layer is linear in the concatenation of the three representations, so it is a sum of one part
per modality. Whoever scores many combinations computes each part once and adds them: `image_part + tag_part +
location_part`, then `tail`. Training and ranking both do.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.config import LocSensConfig, VariantConfig
from models.layers import GroupNormRelu
from models.location import fourier_features, fourier_frequencies, normalise_coordinates
from models.weights import load_config, load_weights


class Branch(nn.Module):
    """A modality's representation: Linear, (group norm,) ReLU, L2-normalised; a zero vector stays zero."""

    def __init__(self, inputs: int, width: int, config: LocSensConfig) -> None:
        """Width `width`, the rest from the configuration."""
        super().__init__()
        self.linear = nn.Linear(inputs, width)
        groups = config.branch_norm_groups
        self.activation: nn.Module = GroupNormRelu(groups, width) if groups else nn.ReLU()
        self.normalise = config.normalise

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs] to [N, width]."""
        representation: Tensor = self.activation(self.linear(inputs))
        return functional.normalize(representation, dim=-1) if self.normalise else representation


class LocSens(nn.Module):
    """Scores (image, hashtag, location); higher means that they go together better."""

    frequencies: Tensor

    def __init__(self, config: LocSensConfig, generator: torch.Generator | None = None) -> None:
        """Linear weights N(0, initial_std), biases 0 (paper, LocSens).

        Args:
            config: Widths and choices, with the widths of the embeddings that come in.
            generator: Where the initial weights are drawn from; torch's own if none.
        """
        super().__init__()
        self.config = config
        scales = config.fourier_scales if config.location_encoder == "fourier" else ()
        frequencies = fourier_frequencies(scales, config.fourier_features) if scales else torch.zeros(3, 0)
        self.register_buffer("frequencies", frequencies, persistent=False)
        location_inputs = 2 * frequencies.shape[1] or 2
        self.image_branch = Branch(config.image_embedding, config.branch_width, config)
        self.tag_branch = Branch(config.tag_embedding, config.branch_width, config)
        self.location_branch = Branch(location_inputs, config.location_width, config)
        fused = 2 * config.branch_width + config.location_width
        widths = (fused, *config.hidden)
        self.linears = nn.ModuleList(nn.Linear(*pair) for pair in zip(widths, config.hidden, strict=False))
        self.norms = nn.ModuleList(GroupNormRelu(config.norm_groups, width) for width in config.hidden)
        self.score = nn.Linear(config.hidden[-1], 1)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0.0, config.initial_std, generator=generator)
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor, tags: Tensor, places: Tensor, alpha: float | Tensor = 1.0) -> Tensor:
        """Scores of N combinations.

        Args:
            images: Image embeddings, [N, image_embedding]; normalised here.
            tags: Tag embeddings, [N, tag_embedding]; normalised here.
            places: Latitude and longitude in degrees, [N, 2].
            alpha: Scale of the location representation: a number, or one for each row [N, 1].

        Returns:
            [N], float32.
        """
        return self.tail(self.image_part(images) + self.tag_part(tags) + self.location_part(places, alpha))

    def image_part(self, images: Tensor) -> Tensor:
        """What image embeddings [N, D] add to the first fused layer before its norm, [N, H]; with bias."""
        representation = self.image_branch(functional.normalize(images.float(), dim=-1))
        return self._fuse(representation, 0, self._first.bias)

    def tag_part(self, tags: Tensor) -> Tensor:
        """What tag embeddings [N, D] add, [N, H]."""
        representation = self.tag_branch(functional.normalize(tags.float(), dim=-1))
        return self._fuse(representation, self.config.branch_width)

    def location_part(self, places: Tensor, alpha: float | Tensor = 1.0) -> Tensor:
        """What places [N, 2], latitude and longitude in degrees, add: `normalised_location_part`."""
        return self.normalised_location_part(normalise_coordinates(places[:, 0], places[:, 1]), alpha)

    def normalised_location_part(self, locations: Tensor, alpha: float | Tensor = 1.0, *, exact: bool = True) -> Tensor:
        """What locations add, [N, H].

        The branch stays float32 under autocast: bf16 has 8 bits for a coordinate, so that neighbours on its grid lie
        some 80 to 150 km apart.

        Args:
            locations: Normalised coordinates, [N, 2].
            alpha: Scale of the representation, a number or [N, 1]. With 0 the model is blind to the location.
            exact: Whether the product with the first fused layer, and so the result, stays float32, too.
        """
        if isinstance(alpha, float) and alpha == 0.0:
            return locations.new_zeros(len(locations), self.config.hidden[0])
        with torch.autocast(locations.device.type, enabled=False):
            inputs = locations.float()
            if self.config.location_encoder == "fourier":
                inputs = fourier_features(inputs, self.frequencies)
            representation = self.location_branch(inputs) * alpha
            if exact:
                return self._fuse(representation, 2 * self.config.branch_width)
        return self._fuse(representation, 2 * self.config.branch_width)

    def tail(self, pre_activation: Tensor) -> Tensor:
        """Scores [...] of sums of parts [..., H].

        The last layer stays float32 under autocast: bf16 scores would be as coarse as the margin.
        """
        hidden = self.norms[0](pre_activation.flatten(0, -2))
        for linear, norm in zip(self.linears[1:], self.norms[1:], strict=True):
            hidden = norm(linear(hidden))
        with torch.autocast(hidden.device.type, enabled=False):
            scores: Tensor = self.score(hidden.to(self.score.weight.dtype))
        return scores.squeeze(-1).view(pre_activation.shape[:-1])

    @property
    def _first(self) -> nn.Linear:
        first = self.linears[0]
        assert isinstance(first, nn.Linear)
        return first

    def _fuse(self, representation: Tensor, column: int, bias: Tensor | None = None) -> Tensor:
        weight = self._first.weight[:, column : column + representation.shape[-1]]
        return functional.linear(representation, weight, bias)


def load_locsens(config: bytes, weights: bytes, source: str = "the weights") -> LocSens:
    """A trained network from its published files, on the CPU, in eval mode.

    Args:
        config: Content of `config.json`: the `VariantConfig` it was trained under.
        weights: Content of a `weights*.safetensors`.
        source: What they are called in messages.

    Raises:
        UnusableWeightsError: If the weights are broken or do not fit.
    """
    network = LocSens(load_config(VariantConfig, config).network)
    load_weights(network, weights, source)
    return network.eval()
