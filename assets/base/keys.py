"""The partition keys of the graph: methods, variants, ranked models, and how shard keys are made. No Dagster here."""

from typing import Literal

Dimension = Literal["source_file", "shard", "method", "variant", "retrieval_model", "tagging_model", "seed"]

METHODS = ("mcc", "mlc", "her")
VARIANTS = (
    "retrieval_zeroed",
    "retrieval_raw",
    "retrieval_dropout",
    "retrieval_sampling",
    "tagging_zeroed",
    "tagging_raw",
)
MODELS = ("embedding_model", "locsens_model")
"""Assets that are trained."""

SIGMAS = ("1", "0.1", "0.05", "0.01", "0")
RETRIEVAL_MODELS = (
    "upper_bound",
    *METHODS,
    "locsens_zeroed",
    "locsens_raw",
    "locsens_dropout",
    *(f"locsens_sampling_{sigma}" for sigma in SIGMAS),
)
NEARBY_KM = {"nearby_1": 1.0, "nearby_25": 25.0, "nearby_200": 200.0}
"""Tagging keys of the hashtags most frequent nearby, and within how many km; the paper has no such baselines."""

TAGGING_MODELS = ("frequency", *NEARBY_KM, "mcc", "mcc_cosine", "mlc", "her", "locsens_zeroed", "locsens_raw")

LOCSENS_VARIANTS: dict[str, tuple[str, str]] = {
    "locsens_zeroed": ("retrieval_zeroed", "weights.safetensors"),
    "locsens_raw": ("retrieval_raw", "weights.safetensors"),
    "locsens_dropout": ("retrieval_dropout", "weights.safetensors"),
    **{f"locsens_sampling_{sigma}": ("retrieval_sampling", f"weights_sigma_{sigma}.safetensors") for sigma in SIGMAS},
}
"""Retrieval keys of LocSens: variant trained, and file of its weights."""

LOCSENS_TAGGING_VARIANTS: dict[str, tuple[str, str]] = {
    "locsens_zeroed": ("tagging_zeroed", "weights.safetensors"),
    "locsens_raw": ("tagging_raw", "weights.safetensors"),
}
"""Tagging keys of LocSens: variant trained, and file of its weights."""

ORACLES = ("upper_bound",)
"""Models that are told the answer: no model could beat them, so they are never the best of a column."""
PLACELESS = ("upper_bound", "mcc", "mlc", "her", "locsens_zeroed")
"""Retrieval keys that rank queries without a place."""

PLACELESS_TAGGING = ("frequency", "mcc", "mcc_cosine", "mlc", "her", "locsens_zeroed")
"""Tagging keys that rank without a place."""

SEEDS = ("0", "1", "2")
"""Seeds of the study's trainings."""

FIXED_KEYS: dict[Dimension, tuple[str, ...]] = {
    "method": METHODS,
    "variant": VARIANTS,
    "retrieval_model": RETRIEVAL_MODELS,
    "tagging_model": TAGGING_MODELS,
    "seed": SEEDS,
}


def shard_key(source_file: str, index: int) -> str:
    """Key of a source file's shard, such as `photos-1a2b3c4d-00042`."""
    return f"{source_file}-{index:05d}"


def source_file_of(shard: str) -> str:
    """Key of the source file that a shard belongs to."""
    return shard.rpartition("-")[0]
