"""What can be chosen for a training and for LocSens: typed, frozen, with the paper's values as defaults.

Nothing here but pydantic; what the choices do lives in `training`, `locsens`, `triplets` and `schedules`.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FrozenConfig(BaseModel):
    """A configuration: immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class OptimisationConfig(FrozenConfig):
    """How a network is optimised, whichever it is."""

    steps: int = Field(100_000, ge=1, description="Optimiser steps.")
    batch_size: int = Field(1024, ge=1, description="Samples (photos or anchors) per step.")
    optimiser: Literal["sgd", "adamw"] = Field("sgd", description="SGD with momentum, or AdamW.")
    learning_rate: float = Field(0.02, gt=0, description="Learning rate at the top of the schedule.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of SGD; AdamW does not use it.")
    weight_decay: float = Field(1e-4, ge=0, description="Weight decay.")
    schedule: Literal["constant", "cosine", "step"] = Field(
        "constant",
        description="Learning rate after the warm-up: constant, a half cosine to 0, or one drop.",
    )
    warmup_steps: int = Field(0, ge=0, description="Steps over which the learning rate rises linearly.")
    drop_at: float = Field(
        0.5, gt=0, lt=1, description="Schedule `step`: share of the steps before the drop."
    )
    drop_factor: float = Field(
        0.1, gt=0, lt=1, description="Schedule `step`: factor on the learning rate after it."
    )
    clip_norm: float | None = Field(None, gt=0, description="Largest gradient norm; none: no clipping.")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the matrix products; auto: bf16 where the hardware has it, else fp32.",
    )
    checkpoint_every: int = Field(500, ge=1, description="Steps between checkpoints.")
    validate_every: int = Field(500, ge=1, description="Steps between validations; also after the last step.")
    log_every: int = Field(50, ge=1, description="Steps between rows of the training curve.")
    explosion_factor: float = Field(
        1000.0, gt=1, description="A loss above this many times the first one stops the training."
    )
    workers: int = Field(0, ge=0, description="Processes that prepare batches; 0: the training's own.")
    seed: int = Field(0, ge=0, description="Seed of every random draw of the training.")

    @model_validator(mode="after")
    def _warmup_fits(self) -> Self:
        if self.warmup_steps >= self.steps:
            raise ValueError(
                f"warmup_steps must be fewer than steps, found {self.warmup_steps} of {self.steps}"
            )
        return self
