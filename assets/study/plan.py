"""What one seed of the study trains: every row of the paper's tables, the ablations of claims 6 and 7, other users.

All LocSens trainings share one budget (`StudyConfig.optimisation`): as many steps, the same learning rates. What a
training is besides comes from the profile's six variants, so that the study tests what the collection trains.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from assets.base.profiles import Profile
from models.config import VariantConfig
from models.schedules import sigma_name

Split = Literal["photo", "user"]

WEIGHTS = "weights"
"""Name of a training's last weights; those of a stage are named as `sigma_0.05`."""

EMBEDDINGS: dict[Split, tuple[str, ...]] = {"photo": ("mcc", "mlc", "her"), "user": ("mcc",)}
"""Embedding models trained on each split."""

SLICES: dict[Split, str] = {"photo": "all", "user": "users_apart"}
"""The `slice` under which a split's figures are published."""


@dataclass(frozen=True)
class Training:
    """One LocSens training.

    Attributes:
        key: Its name among the seed's trainings.
        config: The variant, with the study's budget and the seed.
        split: How its photos are split.
        models: Model key of each set of weights that is ranked with, by the weights' name.
    """

    key: str
    config: VariantConfig
    split: Split
    models: dict[str, str]


def trainings(profile: Profile, seed: int) -> list[Training]:
    """The LocSens trainings of a seed, in order.

    Args:
        profile: Gives the variants and the study's budget.
        seed: Seed of initial weights and of every draw.
    """
    return [*_of_tables(profile, seed), *_ablations(profile, seed), *_other_users(profile, seed)]


def alone(sigma: float) -> str:
    """Model key of a training of its own that ends at a sigma."""
    return f"locsens_sampling_{sigma:g}_alone"


def _variant(
    profile: Profile, seed: int, name: str, network: dict[str, Any] | None = None, **changes: Any
) -> VariantConfig:
    study, variant = profile.study, profile.locsens[name]
    layers = variant.network.model_copy(
        update={"hidden": study.hidden, "norm_groups": study.norm_groups, **(network or {})}
    )
    budget = study.optimisation.model_copy(update={"seed": seed})
    # Validated anew: `model_copy` alone would let widths through that do not fit.
    return VariantConfig.model_validate(
        {**variant.model_dump(), "network": layers.model_dump(), "optimisation": budget.model_dump(), **changes}
    )


def _of_tables(profile: Profile, seed: int) -> Iterator[Training]:
    for name in ("zeroed", "raw", "dropout"):
        config = _variant(profile, seed, f"retrieval_{name}")
        yield Training(f"retrieval_{name}", config, "photo", {WEIGHTS: f"locsens_{name}"})
    staged = _variant(profile, seed, "retrieval_sampling")
    stages = {sigma_name(sigma): f"locsens_sampling_{sigma:g}" for sigma in staged.sigmas}
    yield Training("retrieval_sampling", staged, "photo", stages)
    # The last stage has had the whole budget; the others are moments of a schedule that goes on. Each sigma before the
    # last gets a training of its own whose stages end there.
    for last, sigma in enumerate(staged.sigmas[:-1], start=1):
        config = _variant(profile, seed, "retrieval_sampling", sigmas=staged.sigmas[:last])
        yield Training(f"retrieval_sampling_{sigma:g}", config, "photo", {WEIGHTS: alone(sigma)})
    for name in ("zeroed", "raw"):
        config = _variant(profile, seed, f"tagging_{name}")
        yield Training(f"tagging_{name}", config, "photo", {WEIGHTS: f"locsens_{name}"})


def _ablations(profile: Profile, seed: int) -> Iterator[Training]:
    for name, config in {
        "tag_negatives": _variant(profile, seed, "retrieval_raw", negatives="image_or_tag"),
        "narrow": _variant(profile, seed, "retrieval_raw", {"location_width": profile.study.narrow_location}),
        "unnormalised": _variant(profile, seed, "retrieval_raw", {"normalise": False}),
        "fourier": _variant(profile, seed, "retrieval_raw", {"location_encoder": "fourier"}),
    }.items():
        yield Training(f"retrieval_raw_{name}", config, "photo", {WEIGHTS: f"locsens_raw_{name}"})


def _other_users(profile: Profile, seed: int) -> Iterator[Training]:
    for name in ("retrieval_zeroed", "retrieval_raw", "tagging_raw"):
        model = f"locsens_{name.partition('_')[2]}"
        yield Training(f"{name}_users_apart", _variant(profile, seed, name), "user", {WEIGHTS: model})
