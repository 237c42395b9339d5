"""Image networks that end in one pooled feature vector: a small CNN of our own and torchvision's, by name.

What is put on top of the features (the 300-d layer, the classifier) is in `models.embedding`.
"""

import pickle
from collections.abc import Mapping

import fsspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn
from torchvision import models as vision

from models.embedding_config import SMALL_CNN, BackboneConfig

# These return auxiliary outputs beside the features while they train.
_UNSUITABLE = frozenset({"googlenet", "inception_v3"})
_CLASSES = 1000


class BackboneError(ValueError):
    """A backbone or its weights are not what the configuration says."""


def build_backbone(config: BackboneConfig, *, pretrained: bool) -> tuple[nn.Module, int]:
    """Build an image network without its classifier.

    Args:
        config: Which network, and where its weights come from.
        pretrained: Load `config.weights`. False where weights are loaded afterwards anyway.

    Returns:
        The network, which maps float images [B, 3, H, W] to features [B, W], and W.

    Raises:
        BackboneError: Unknown network or weights, or weights that do not fit.
    """
    if config.name == SMALL_CNN:
        small = SmallCNN(config.widths, config.stem)
        if pretrained and config.weights:
            _load(small, _read_state_dict(config.weights), config, head=None)
        return small, config.widths[-1]
    known = vision.list_models(module=vision)
    if config.name not in known or config.name in _UNSUITABLE:
        usable = ", ".join(name for name in known if name not in _UNSUITABLE)
        raise BackboneError(f"backbone {config.name!r}: expected {SMALL_CNN!r} or one of torchvision's: {usable}")
    network = vision.get_model(config.name, weights=None)
    head, width = _behead(network, config.name)
    if pretrained and config.weights:
        _load(network, _pretrained_state_dict(config), config, head)
    return network, width


class SmallCNN(nn.Module):
    """A residual network for small pictures: patches, then one block of two convolutions a width.

    Group norm, not batch norm: a photo's embedding must not depend on which photos share its batch, and
    several processes give what one gives.

    Args:
        widths: Channels of each block; every block but the first halves height and width.
        stem: Side in pixels of the patches that the first layer reads.
    """

    def __init__(self, widths: tuple[int, ...], stem: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], stem, stem)
        inputs = (widths[0], *widths)
        self.blocks = nn.Sequential(
            *(
                _Block(before, after, stride=1 if index == 0 else 2)
                for index, (before, after) in enumerate(zip(inputs, widths, strict=False))
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        """Pooled features [B, widths[-1]] of images [B, 3, H, W]."""
        features: Tensor = self.blocks(self.stem(images))
        return features.mean(dim=(2, 3))


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.GroupNorm(8, after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.GroupNorm(8, after)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = torch.relu(self.first_norm(self.first(inputs)))
        hidden = self.second_norm(self.second(hidden))
        return torch.relu(hidden + self.shortcut(inputs))


def _behead(network: nn.Module, name: str) -> tuple[str, int]:
    """Replace the classifier, the network's last linear layer; give its name and the width of its input."""
    linear = [(path, part) for path, part in network.named_modules() if isinstance(part, nn.Linear)]
    if not linear or linear[-1][1].out_features != _CLASSES:
        raise BackboneError(f"backbone {name!r} does not end in a linear classifier of {_CLASSES} classes")
    path, head = linear[-1]
    parent, _, attribute = path.rpartition(".")
    setattr(network.get_submodule(parent), attribute, nn.Identity())
    return path, head.in_features


def _pretrained_state_dict(config: BackboneConfig) -> Mapping[str, Tensor]:
    """State dict of torchvision weights by enum name, or from a path."""
    versions = {member.name: member for member in vision.get_model_weights(config.name)}
    enum_name, _, version = config.weights.rpartition(".")
    if version in versions and enum_name in {"", type(versions[version]).__name__}:
        state: Mapping[str, Tensor] = versions[version].get_state_dict(progress=False, check_hash=True)
        return state
    if not config.starts_from_file:
        raise BackboneError(
            f"weights {config.weights!r} of backbone {config.name!r}: expected one of "
            f"{', '.join(versions)} or the path of a state dict"
        )
    return _read_state_dict(config.weights)


def _read_state_dict(path: str) -> Mapping[str, Tensor]:
    """Read a state dict (safetensors, or torch's format with tensors only) through fsspec."""
    try:
        with fsspec.open(path, "rb") as file:
            if path.endswith(".safetensors"):
                return load_safetensors(file.read())
            state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BackboneError(f"weights of the backbone: there is no file {path!r}") from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise BackboneError(f"weights of the backbone: {path!r} is no state dict that can be read") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise BackboneError(f"weights of the backbone: {path!r} holds something else than a plain state dict")
    return state


def _load(network: nn.Module, state: Mapping[str, Tensor], config: BackboneConfig, head: str | None) -> None:
    """Load all weights but the classifier's, and nothing else."""
    wanted = network.state_dict()
    given = {name: value for name, value in state.items() if head is None or not name.startswith(f"{head}.")}
    wrong = [
        name
        for name in sorted(wanted.keys() | given.keys())
        if name not in wanted or name not in given or wanted[name].shape != given[name].shape
    ]
    if wrong:
        raise BackboneError(
            f"weights {config.weights!r} do not fit backbone {config.name!r}: "
            f"{len(wrong)} of {len(wanted)} tensors are missing, unknown or of another shape, "
            f"the first is {wrong[0]!r}"
        )
    network.load_state_dict(given)
