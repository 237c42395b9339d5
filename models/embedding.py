"""The embedding networks MCC, MLC and HER: a backbone, and what each method puts on it.

How they are trained is in `models.embedding_training`, how they are applied to many images
in `models.extract`.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from models.backbones import build_backbone
from models.config import FrozenConfig
from models.embedding_config import AnyEmbeddingConfig, BackboneConfig
from models.seeds import mixed_seed

# Means and deviations of ImageNet's channels, which torchvision's weights expect.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
# Of the classifier's first weights: small, so that the softmax starts close to even.
_INITIAL_DEVIATION = 0.01


class EmbeddingArchitecture(FrozenConfig):
    """All that is needed to rebuild a trained network and to feed it; published beside its weights."""

    method: Literal["mcc", "mlc", "her"] = Field(description="What was put on the backbone.")
    backbone: BackboneConfig = Field(description="The image network.")
    width: int | None = Field(description="Width of the layer on the features; none: no such layer.")
    tags: int | None = Field(description="Size of the vocabulary that is classified; none: no classifier.")
    image_side: int = Field(description="Side in pixels that images are decoded to.")
    crop: int = Field(description="Side in pixels of the middle that the network sees.")


def architecture_of(config: AnyEmbeddingConfig, vocabulary_size: int, word_width: int | None) -> EmbeddingArchitecture:
    """The architecture that a configuration gives for a vocabulary.

    Args:
        config: Configuration of the method.
        vocabulary_size: Tags in the vocabulary.
        word_width: Width of the word vectors; needed for HER.

    Raises:
        ValueError: HER without word vectors.
    """
    if config.method == "her" and word_width is None:
        raise ValueError("HER regresses to word vectors; none were given")
    width = {"mcc": config.width if config.method == "mcc" else None, "mlc": None, "her": word_width}
    return EmbeddingArchitecture(
        method=config.method,
        backbone=config.backbone,
        width=width[config.method],
        tags=None if config.method == "her" else vocabulary_size,
        image_side=config.image_side,
        crop=config.crop,
    )


def new_model(architecture: EmbeddingArchitecture, seed: int) -> "EmbeddingModel":
    """A network to be trained: pretrained where the backbone says so, all other weights drawn from the seed.

    Raises:
        BackboneError: Unknown backbone or weights, or weights that do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(mixed_seed(seed, "embedding weights"))
        return EmbeddingModel(architecture, pretrained=True)


class EmbeddingModel(nn.Module):
    """Images in, embeddings out; with a classifier over the vocabulary for MCC and MLC.

    Args:
        architecture: What to build.
        pretrained: Start the backbone from its pretrained weights; false where trained weights follow.

    Attributes:
        embedding_width: Width of what `forward` returns.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, architecture: EmbeddingArchitecture, *, pretrained: bool = False) -> None:
        super().__init__()
        self.architecture = architecture
        self.backbone, feature_width = build_backbone(architecture.backbone, pretrained=pretrained)
        self.projection: nn.Module = nn.Identity()
        self.embedding_width = feature_width
        if architecture.width is not None:
            self.projection = nn.Linear(feature_width, architecture.width)
            self.embedding_width = architecture.width
        self.classifier: nn.Linear | None = None
        if architecture.tags is not None:
            self.classifier = nn.Linear(self.embedding_width, architecture.tags)
            nn.init.normal_(self.classifier.weight, std=_INITIAL_DEVIATION)
            nn.init.zeros_(self.classifier.bias)
        self.to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings [B, embedding_width] of cropped images [B, 3, crop, crop], uint8."""
        scaled = (images.float() / 255 - self.mean) / self.deviation
        features = self.backbone(scaled.contiguous(memory_format=torch.channels_last))
        embeddings: Tensor = self.projection(features)
        return embeddings

    def class_scores(self, embeddings: Tensor) -> Tensor:
        """Scores [B, V] of all tags: embedding times the classifier's row plus its bias.

        Raises:
            ValueError: HER has no classifier.
        """
        scores: Tensor = self._classifier()(embeddings)
        return scores

    def tag_embeddings(self) -> tuple[Tensor, Tensor]:
        """The classifier's rows [V, embedding_width] and biases [V].

        Raises:
            ValueError: HER has no classifier; its tag embeddings are the word vectors.
        """
        classifier = self._classifier()
        return classifier.weight.detach(), classifier.bias.detach()

    def start_at_prior(self, share: float) -> None:
        """Set the classifier's biases so that every sigmoid starts at `share`, between 0 and 1."""
        nn.init.constant_(self._classifier().bias, math.log(share / (1 - share)))

    def _classifier(self) -> nn.Linear:
        if self.classifier is None:
            raise ValueError(f"{self.architecture.method} has no classifier over the vocabulary")
        return self.classifier
