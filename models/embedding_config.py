"""What can be chosen for the embedding models: typed, frozen, with the paper's values as defaults.

Nothing here but pydantic; what the choices do lives in `backbones`, `embedding`, `embedding_losses` and
`embedding_training`.
"""

from pathlib import PurePosixPath
from typing import Literal, Self

from pydantic import Field, model_validator

from models.config import FrozenConfig, OptimisationConfig, PublishedPath

SMALL_CNN = "small_cnn"
VALIDATION_METRICS = ("validation_accuracy_at_1", "validation_accuracy_at_10")
"""Names of what embedding models are validated by, in percent."""

Method = Literal["mcc", "mlc", "her"]


class BackboneConfig(FrozenConfig):
    """An image network, up to its pooled features."""

    name: str = Field(
        "resnet50",
        description="A torchvision classification network by name, or small_cnn, our own.",
    )
    weights: PublishedPath = Field(
        "IMAGENET1K_V1",
        description=(
            "What it starts from: torchvision weights by their enum name, a local or fsspec path to a state "
            "dict (safetensors or torch), or empty for random weights."
        ),
    )
    widths: tuple[int, ...] = Field(
        (64, 128, 256), min_length=1, description="small_cnn: channels of its blocks, multiples of 8."
    )
    stem: int = Field(4, ge=1, description="small_cnn: side of its first layer's patches in pixels.")

    @model_validator(mode="after")
    def _small_cnn_is_possible(self) -> Self:
        if any(width < 8 or width % 8 for width in self.widths):
            raise ValueError(f"widths must be multiples of 8 (group norm has 8 groups), found {self.widths}")
        return self

    @property
    def starts_from_file(self) -> bool:
        """Whether the weights are a file's, and not random or torchvision's by name."""
        if self.name == SMALL_CNN:
            return bool(self.weights)
        return bool(PurePosixPath(self.weights).suffix) and not self.weights.rpartition(".")[0].endswith("_Weights")


class EmbeddingConfig(FrozenConfig):
    """What the three methods share."""

    backbone: BackboneConfig = Field(BackboneConfig(), description="The image network.")
    image_side: int = Field(300, ge=8, description="Side in pixels of the square that an image's middle is decoded to.")
    crop: int = Field(
        224,
        ge=8,
        description="Side in pixels of what the network sees: random crops; later the middle.",
    )
    mirror: float = Field(0.5, ge=0, le=1, description="Probability of mirroring a training image.")
    shuffle_parts: int = Field(
        64,
        ge=1,
        description=(
            "Parts of the stored images (512 photos each) shuffled together; it bounds the memory of "
            "a collection that does not fit."
        ),
    )
    optimisation: OptimisationConfig = Field(OptimisationConfig(), description="How it is optimised.")
    validation_photos: int = Field(
        5000, ge=1, description="Validation photos looked at, spread evenly, each time metrics are taken."
    )

    @model_validator(mode="after")
    def _selects_by_a_metric(self) -> Self:
        chosen = self.optimisation
        if (chosen.keep == "best" or chosen.patience is not None) and chosen.select_by not in VALIDATION_METRICS:
            raise ValueError(
                f"select_by: expected one of {', '.join(VALIDATION_METRICS)}, which is what embedding models are "
                f"validated by, found {chosen.select_by!r}"
            )
        return self

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.crop > self.image_side:
            raise ValueError(f"crop must be at most image_side ({self.image_side} px), found {self.crop} px")
        return self


class MccConfig(EmbeddingConfig):
    """Multi-class classification: softmax over the vocabulary, behind a layer that is the embedding."""

    method: Literal["mcc"] = "mcc"
    width: int = Field(300, ge=1, description="Width of the embedding.")
    targets: Literal["one", "all"] = Field(
        "one",
        description="one: one of the photo's tags, drawn each time (the paper); all: all k of them at 1/k.",
    )
    optimisation: OptimisationConfig = Field(
        OptimisationConfig(learning_rate=0.06, batch_size=288, steps=500_000),
        description="The paper's rate and batch; its number of steps is not known.",
    )


class MlcConfig(EmbeddingConfig):
    """Multi-label classification: independent sigmoids over the vocabulary; embedding: pooled features."""

    method: Literal["mlc"] = "mlc"
    prior_bias: bool = Field(
        False,
        description=(
            "Start every sigmoid at the share of photo-tag pairs that are true, so that the first steps are "
            "not spent on learning that tags are rare. Off: the paper, in which MLC is unstable."
        ),
    )
    optimisation: OptimisationConfig = Field(
        OptimisationConfig(learning_rate=0.06, batch_size=288, steps=500_000),
        description="The paper gives none for MLC: MCC's.",
    )


class HerConfig(EmbeddingConfig):
    """Hashtag embedding regression: the image goes to the sum of its tags' word vectors, of their width."""

    method: Literal["her"] = "her"
    optimisation: OptimisationConfig = Field(
        OptimisationConfig(learning_rate=0.08, batch_size=400, steps=500_000),
        description="The paper's rate and batch; its number of steps is not known.",
    )


AnyEmbeddingConfig = MccConfig | MlcConfig | HerConfig


class EmbeddingsConfig(FrozenConfig):
    """The section `embeddings` of a profile."""

    mcc: MccConfig = Field(MccConfig(), description="Multi-class classification.")
    mlc: MlcConfig = Field(MlcConfig(), description="Multi-label classification.")
    her: HerConfig = Field(HerConfig(), description="Hashtag embedding regression.")
    memory_gib: float = Field(
        4.0,
        gt=0,
        description=(
            "Decoded training images up to this size in GiB are kept in memory; above it they are decoded "
            "when they are needed. The result is the same."
        ),
    )

    def of(self, method: str) -> AnyEmbeddingConfig:
        """The configuration of one method.

        Raises:
            ValueError: There is no such method.
        """
        configs: dict[str, AnyEmbeddingConfig] = {"mcc": self.mcc, "mlc": self.mlc, "her": self.her}
        if method not in configs:
            raise ValueError(f"method {method!r}: expected one of {', '.join(configs)}")
        return configs[method]
