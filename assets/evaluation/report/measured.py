"""The figures that tables and plots show: of the one training, or of every seed of the study.

A model that the study trained is shown with the study's figures, so that they have a spread; any other with the run's.
"""

import statistics
from dataclasses import dataclass

import polars as pl

from assets.evaluation.slices import EVERYTHING

RUN_VIEWS = {"retrieval": "retrieval_results", "tagging": "tagging_results"}
STUDY_VIEWS = {"retrieval": "study_retrieval_results", "tagging": "study_tagging_results"}
ONE_TRAINING = "one training"
"""Remark on figures that are not the study's where others on the page are."""

TAGGING_COLUMNS = {
    "accuracy_at_1": "A@1",
    "accuracy_at_10": "A@10",
    "predicted_tags_pct": "% predicted",
    "correctly_predicted_tags_pct": "% correctly predicted",
}
"""Columns of the tagging results → their headings."""
NO_BEST = ("predicted_tags_pct",)
"""Columns in which more is not better: above 100, more different hashtags are predicted than the photos carry."""


@dataclass(frozen=True)
class Measured:
    """One figure of one model.

    Attributes:
        by_seed: Seed → value, by seed; empty where it was not run.
        view: The catalog's view that it is read from.
    """

    by_seed: dict[int, float]
    view: str

    @property
    def mean(self) -> float | None:
        """Mean over the seeds, None where it was not run."""
        return sum(self.by_seed.values()) / len(self.by_seed) if self.by_seed else None

    @property
    def spread(self) -> float | None:
        """Standard deviation over the seeds; None for fewer than two."""
        return statistics.stdev(self.by_seed.values()) if len(self.by_seed) > 1 else None

    @property
    def is_of_study(self) -> bool:
        """Whether the study's figures are shown."""
        return self.view in STUDY_VIEWS.values()

    def minus(self, other: "Measured") -> "Measured":
        """The difference, seed by seed: of seeds that both have."""
        shared = {seed: value - other.by_seed[seed] for seed, value in self.by_seed.items() if seed in other.by_seed}
        return Measured(shared, self.view)


Figures = dict[tuple[str, str], Measured]
"""Model and column → figure."""


def retrieval_figures(
    results: pl.DataFrame, study: pl.DataFrame | None, average: str = "query", part: str = EVERYTHING
) -> Figures:
    """P@10 by model and granularity.

    Args:
        results: Rows of `retrieval_results`.
        study: The study's, if one was run.
        average: `query` or `tag`.
        part: The slice.
    """
    columns = (pl.col("granularity").alias("column"), pl.col("precision_at_10").alias("value"))
    frames = [
        rows.filter(pl.col("average") == average, pl.col("slice") == part).select("model", *columns, "seed")
        for rows in (results, study)
        if rows is not None
    ]
    return _figures("retrieval", frames)


def tagging_figures(results: pl.DataFrame, study: pl.DataFrame | None, part: str = EVERYTHING) -> Figures:
    """Accuracy and diversity by model and `TAGGING_COLUMNS`; arguments as of `retrieval_figures`."""
    frames = [
        rows.filter(pl.col("slice") == part)
        .unpivot(list(TAGGING_COLUMNS), index=["model", "seed"], variable_name="column", value_name="value")
        .select("model", "column", "value", "seed")
        for rows in (results, study)
        if rows is not None
    ]
    return _figures("tagging", frames)


def _figures(kind: str, frames: list[pl.DataFrame]) -> Figures:
    found: Figures = {}
    for view, rows in zip((RUN_VIEWS[kind], STUDY_VIEWS[kind]), frames, strict=False):
        known = set(rows.filter(pl.col("value").is_not_null())["model"])
        if view == STUDY_VIEWS[kind]:  # the study's figures of a model replace the run's, all of them
            found = {key: value for key, value in found.items() if key[0] not in known}
        for model, column, value, seed in rows.sort("seed", maintain_order=True).iter_rows():
            if view == STUDY_VIEWS[kind] and model not in known:
                continue
            measured = found.setdefault((model, column), Measured({}, view))
            if value is not None:
                measured.by_seed[seed] = value
    return found
