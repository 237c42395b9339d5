"""What the profiles for small machines share: a small CNN, AdamW, narrower LocSens layers, the paper's losses."""

from typing import NamedTuple

from models.config import PAPER_VARIANTS, OptimisationConfig, VariantConfig
from models.embedding_config import BackboneConfig, EmbeddingsConfig, HerConfig, MccConfig, MlcConfig


def adamw(steps: int, batch_size: int, learning_rate: float) -> OptimisationConfig:
    """AdamW with a cosine schedule and a short warm-up; the same learning-rate area for every variant.

    Args:
        steps: Optimiser steps.
        batch_size: Samples per step.
        learning_rate: Rate at the top of the schedule.
    """
    return OptimisationConfig(
        steps=steps,
        batch_size=batch_size,
        optimiser="adamw",
        learning_rate=learning_rate,
        weight_decay=0.01,
        schedule="cosine",
        warmup_steps=min(50, steps // 10),
        checkpoint_every=max(1, steps // 4),
        validate_every=max(1, steps // 6),
        log_every=max(1, steps // 60),
    )


def small_embeddings(
    *, mcc_steps: int, steps: int, batch_size: int, image_side: int, crop: int, widths: tuple[int, ...]
) -> EmbeddingsConfig:
    """MCC, MLC and HER on a small CNN that starts from random weights.

    MCC learns all k hashtags of a photo at 1/k, not one of them drawn each time: that is what the draw averages to over
    the paper's many epochs, and a small training has not the steps to average. Chosen on the sample's validation split:
    precision at 10 over queries 22 against 9 after as many steps.

    Args:
        mcc_steps: Optimiser steps of MCC, on which LocSens stands.
        steps: Optimiser steps of MLC and HER.
        batch_size: Photos per step.
        image_side: Side of the decoded square, in pixels.
        crop: Side of the training crop, in pixels.
        widths: Channels of the CNN's blocks.
    """
    backbone = BackboneConfig(name="small_cnn", weights="", widths=widths)
    optimisation, longer = adamw(steps, batch_size, 2e-3), adamw(mcc_steps, batch_size, 2e-3)
    return EmbeddingsConfig(
        mcc=MccConfig(backbone=backbone, image_side=image_side, crop=crop, targets="all", optimisation=longer),
        mlc=MlcConfig(backbone=backbone, image_side=image_side, crop=crop, optimisation=optimisation),
        her=HerConfig(backbone=backbone, image_side=image_side, crop=crop, optimisation=optimisation),
    )


class FusedLayers(NamedTuple):
    """LocSens' fused layers, narrower than the paper's but with its channels in each group of the norm.

    With the paper's 32 groups a layer of 64 channels would have two in a group: of two values a norm leaves nothing but
    their order, no gradient passes it, and trainings stand still.

    Attributes:
        hidden: Their widths.
        norm_groups: Groups of the norm after each.
    """

    hidden: tuple[int, ...]
    norm_groups: int


QUARTER = FusedLayers((512, 512, 512, 256, 128), 8)
"""The paper's widths divided by four."""

EIGHTH = FusedLayers((256, 256, 256, 128, 64), 4)
"""The paper's widths divided by eight."""


def small_variants(
    *, steps: int, batch_size: int, layers: FusedLayers, validation_queries: int = 1000
) -> dict[str, VariantConfig]:
    """The six LocSens variants with narrower layers and AdamW; same steps and same rates for all.

    Args:
        steps: Optimiser steps of each.
        batch_size: Anchors per step.
        layers: The fused layers.
        validation_queries: Validation photos, at most, that are ranked for; three times in a training, since a few
            validations of many photos say more than many of few.
    """
    optimisation = adamw(steps, batch_size, 1e-3).model_copy(update={"validate_every": max(1, steps // 3)})
    return {
        name: variant.model_copy(
            update={
                "network": variant.network.model_copy(update=layers._asdict()),
                "optimisation": optimisation,
                "validation_queries": validation_queries,
            }
        )
        for name, variant in PAPER_VARIANTS.items()
    }
