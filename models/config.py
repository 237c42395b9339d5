"""What can be chosen for a training and for LocSens: typed, frozen, with the paper's values as defaults.

Nothing here but pydantic; what the choices do lives in `training`, `share`, `selection`, `locsens`, `triplets` and
`schedules`.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.share import check_shares


class FrozenConfig(BaseModel):
    """A configuration: immutable, unknown names refused. It is published with the model and holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


def _without_credentials(path: str) -> str:
    if any(
        "@" in link.partition("://")[2].partition("/")[0] or "?" in link for link in path.split("::") if "://" in link
    ):
        raise ValueError(
            "a path of weights is published with the model: expected none with a user name, password or query; "
            "stores take credentials from the environment"
        )
    return path


PublishedPath = Annotated[str, AfterValidator(_without_credentials)]
"""A local or fsspec path without credentials."""


class OptimisationConfig(FrozenConfig):
    """How a network is optimised, whichever it is."""

    steps: int = Field(100_000, ge=1, description="Optimiser steps.")
    batch_size: int = Field(1024, ge=1, description="Samples (photos or anchors) per step, over all devices.")
    accumulate: int = Field(
        1,
        ge=1,
        description="Equal parts in which a device takes its batch, one after the other, to need less memory; "
        "the step is the same, but for layers that look across the batch (batch norm).",
    )
    optimiser: Literal["sgd", "adamw"] = Field("sgd", description="SGD with momentum, or AdamW.")
    learning_rate: float = Field(0.02, gt=0, description="Learning rate at the top of the schedule.")
    momentum: float = Field(0.9, ge=0, lt=1, description="Momentum of SGD; AdamW does not use it.")
    weight_decay: float = Field(1e-4, ge=0, description="Weight decay.")
    schedule: Literal["constant", "cosine", "step"] = Field(
        "constant",
        description="Learning rate after the warm-up: constant, a half cosine to 0, or one drop.",
    )
    warmup_steps: int = Field(0, ge=0, description="Steps over which the learning rate rises linearly.")
    drop_at: float = Field(0.5, gt=0, lt=1, description="Schedule `step`: share of the steps before the drop.")
    drop_factor: float = Field(0.1, gt=0, lt=1, description="Schedule `step`: factor on the learning rate after it.")
    clip_norm: float | None = Field(None, gt=0, description="Largest gradient norm; none: no clipping.")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the matrix products; auto: bf16 where the hardware has it, else fp32. Both end "
        "alike: losses within 10 %, accuracies within 3 percentage points, precision at 10 within 5, as between seeds.",
    )
    checkpoint_every: int = Field(500, ge=1, description="Steps between checkpoints.")
    validate_every: int = Field(500, ge=1, description="Steps between validations; also after the last step.")
    log_every: int = Field(50, ge=1, description="Steps between rows of the training curve.")
    explosion_factor: float = Field(
        1000.0, gt=1, description="A loss above this many times the first one stops the training."
    )
    keep: Literal["last", "best"] = Field(
        "last", description="Weights that are published: after the last step, or best on the validation split."
    )
    select_by: str = Field(
        "validation_loss",
        description="Metric of the validation that `keep` and `patience` go by; lower is better if it ends in `loss`.",
    )
    patience: int | None = Field(
        None, ge=1, description="Validations without a better one after which the training stops; none: never."
    )
    workers: int = Field(0, ge=0, description="Processes that prepare batches; 0: the training's own.")
    seed: int = Field(0, ge=0, description="Seed of every random draw of the training.")

    @model_validator(mode="after")
    def _warmup_fits(self) -> Self:
        if self.warmup_steps >= self.steps:
            raise ValueError(f"warmup_steps must be fewer than steps, found {self.warmup_steps} of {self.steps}")
        return self

    @model_validator(mode="after")
    def _parts_are_equal(self) -> Self:
        check_shares(self.batch_size, self.accumulate)
        return self


class LocSensConfig(FrozenConfig):
    """The LocSens network (paper, LocSens; architecture figure)."""

    image_embedding: int = Field(300, ge=1, description="Width of the image embeddings that come in.")
    tag_embedding: int = Field(300, ge=1, description="Width of the tag embeddings that come in.")
    branch_width: int = Field(300, ge=1, description="Width of the image and tag representations.")
    location_width: int = Field(
        300, ge=1, description="Width of the location representation; the paper found less to be ignored."
    )
    normalise: bool = Field(True, description="L2-normalise each representation before they are concatenated.")
    branch_norm_groups: int = Field(
        0,
        ge=0,
        description="Groups of a group norm in the branches (the paper's figure); 0: none (its code).",
    )
    location_encoder: Literal["raw", "fourier"] = Field(
        "raw", description="What the location branch sees: two coordinates, or Fourier features of them."
    )
    fourier_scales: tuple[float, ...] = Field(
        (1.0, 4.0, 16.0, 64.0, 256.0),
        min_length=1,
        description="Standard deviations of the Fourier features' frequencies, in radians per Earth radius.",
    )
    fourier_features: int = Field(64, ge=1, description="Frequencies per scale.")
    fourier_hidden: int = Field(
        0, ge=0, description="Width of a layer between the Fourier features and the location branch; 0: none."
    )
    hidden: tuple[int, ...] = Field(
        (2048, 2048, 2048, 1024, 512), min_length=1, description="Widths of the fused layers."
    )
    norm_groups: int = Field(32, ge=1, description="Groups of the group norm after each fused layer.")
    initial_std: float = Field(0.01, gt=0, description="Standard deviation of the initial linear weights.")

    @model_validator(mode="after")
    def _groups_divide(self) -> Self:
        for width in self.hidden:
            if width < 1 or width % self.norm_groups:
                raise ValueError(f"widths of hidden must be multiples of norm_groups {self.norm_groups}, found {width}")
        if self.branch_norm_groups:
            for width in (self.branch_width, self.location_width):
                if width % self.branch_norm_groups:
                    raise ValueError(
                        "branch_width and location_width must be multiples of branch_norm_groups "
                        f"{self.branch_norm_groups}, found {width}"
                    )
        return self


class DropoutSchedule(FrozenConfig):
    """Location dropout: training opens zeroed, then the location comes in (paper, location dropout)."""

    opens_at: float = Field(0.5, ge=0, le=1, description="Share of the steps that are trained zeroed.")
    full_at: float = Field(0.9, ge=0, le=1, description="Share of the steps after which alpha is 1.")
    probability: float = Field(0.5, ge=0, lt=1, description="Once open: chance that an anchor's location is zeroed.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens_at > self.full_at:
            raise ValueError(f"opens_at must not be after full_at, found {self.opens_at:g} and {self.full_at:g}")
        return self


class VariantConfig(FrozenConfig):
    """One LocSens training: its task, what it does with locations, its network and optimisation."""

    task: Literal["retrieval", "tagging"] = Field("retrieval", description="What the model will rank.")
    location: Literal["zeroed", "raw", "dropout", "sampling"] = Field(
        "raw", description="How training treats the location."
    )
    starts_from: Literal["scratch", "zeroed"] = Field(
        "scratch",
        description="Location raw: from the first step, or after a share of the steps that is trained zeroed.",
    )
    zeroed_share: float = Field(
        0.5, gt=0, lt=1, description="Started from zeroed: share of the steps that is trained zeroed."
    )
    initial_weights: PublishedPath = Field(
        "",
        description="Published weights of a network of the same widths to start from, a local or fsspec path to "
        "safetensors; empty: drawn from the seed.",
    )
    negatives: Literal["image", "image_or_tag"] = Field(
        "image",
        description="What a negative replaces: the image (retrieval), or either with equal chance (tagging).",
    )
    negatives_per_anchor: int = Field(6, ge=1, description="Negatives of each anchor; their losses are averaged.")
    margin: float = Field(0.1, gt=0, description="Margin of the ranking loss.")
    dropout: DropoutSchedule = Field(DropoutSchedule(), description="Schedule of location dropout.")
    sigmas: tuple[float, ...] = Field(
        (1.0, 0.1, 0.05, 0.01, 0.0),
        min_length=1,
        description="Location sampling: noise of each stage in normalised coordinates; they share the steps.",
    )
    network: LocSensConfig = Field(LocSensConfig(), description="The network.")
    optimisation: OptimisationConfig = Field(OptimisationConfig(), description="How it is optimised.")
    validation_anchors: int = Field(
        2048,
        ge=1,
        description="Validation triplets' anchors, at most, for the loss and the triplets' accuracy.",
    )
    validation_queries: int = Field(
        1000,
        ge=1,
        description="Validation photos, at most, that are ranked for (queries, or photos to tag); of 100 the standard "
        "error is 3 to 5 points.",
    )
    validation_candidates: int = Field(
        1000,
        ge=10,
        description="Candidates ranked for each of them, at most (photos, or most frequent tags).",
    )

    @model_validator(mode="after")
    def _sigmas_are_stages(self) -> Self:
        if any(sigma < 0 for sigma in self.sigmas) or list(self.sigmas) != sorted(set(self.sigmas), reverse=True):
            raise ValueError(f"sigmas must fall from stage to stage and be at least 0, found {self.sigmas}")
        if self.location == "sampling" and self.optimisation.steps < len(self.sigmas):
            raise ValueError(f"{len(self.sigmas)} stages of sigma need as many steps, found {self.optimisation.steps}")
        return self

    @model_validator(mode="after")
    def _aims_fit(self) -> Self:
        if self.starts_from == "zeroed" and self.location != "raw":
            raise ValueError(
                f"starts_from zeroed is for location raw, found {self.location}; location dropout has opens_at"
            )
        changes = self.location in {"dropout", "sampling"} or self.starts_from == "zeroed"
        if changes and (self.optimisation.keep == "best" or self.optimisation.patience is not None):
            raise ValueError(
                "keep best and patience compare validations of one aim; "
                f"location {self.location}, started from {self.starts_from}, changes it on the way"
            )
        return self

    @property
    def evaluation_alpha(self) -> float:
        """Scale of the location representation when the trained model ranks: 0 for zeroed, else 1."""
        return 0.0 if self.location == "zeroed" else 1.0


def _paper_variants() -> dict[str, VariantConfig]:
    # The paper's rates for dropout and sampling (1e-4 and less) continue a trained zeroed model;
    # trained from scratch they take the zeroed model's.
    zeroed = OptimisationConfig(learning_rate=0.02)
    raw = OptimisationConfig(learning_rate=0.005, schedule="step", drop_at=0.5, drop_factor=0.1)
    return {
        "retrieval_zeroed": VariantConfig(location="zeroed", optimisation=zeroed),
        "retrieval_raw": VariantConfig(location="raw", optimisation=raw),
        "retrieval_dropout": VariantConfig(location="dropout", optimisation=zeroed),
        "retrieval_sampling": VariantConfig(location="sampling", optimisation=zeroed),
        "tagging_zeroed": VariantConfig(
            task="tagging", location="zeroed", negatives="image_or_tag", optimisation=zeroed
        ),
        "tagging_raw": VariantConfig(task="tagging", location="raw", negatives="image_or_tag", optimisation=raw),
    }


PAPER_VARIANTS: dict[str, VariantConfig] = _paper_variants()
"""The six trainings of the paper, by variant key; the number of steps is open in the paper."""
