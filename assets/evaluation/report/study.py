"""The study, where one was run (`make study`): results of several seeds, and its verdicts on the paper's claims.

Its tables are optional: a report without them says that its figures are of one seed.
"""

import json
from dataclasses import dataclass

import polars as pl

from assets.base.provenance import inputs_of
from assets.base.run import Run

STUDY_RESULTS = ("study_retrieval_results", "study_tagging_results")
STUDY_TABLES = (*STUDY_RESULTS, "study_runs", "claims", "claim_parts")
STUDIED = ("photos", "images", "vocabulary")
"""Assets whose versions say what a study was of."""

_ONE_OF_THEM = "retrieval_raw"


@dataclass(frozen=True)
class Made:
    """How the study's LocSens models were made.

    Attributes:
        hidden: Widths of their fused layers.
        steps: Steps of each training.
    """

    hidden: tuple[int, ...]
    steps: int


@dataclass(frozen=True)
class StudyData:
    """What the study found.

    Attributes:
        retrieval: Rows of `retrieval_results` of every seed, `seed` saying which.
        tagging: The same of `tagging_results`.
        claims: `claim`, `statement`, `effect`, `effect_low`, `effect_high` (points, 95 %), `p_value`, `seeds`,
            `verdict`, `reason`; one row a claim.
        parts: `claim`, `part`, and the same figures: the comparisons that a claim is made of.
        made: How its LocSens models were made, as their rows of `study_runs` say.
    """

    retrieval: pl.DataFrame
    tagging: pl.DataFrame
    claims: pl.DataFrame
    parts: pl.DataFrame
    made: Made

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        both = pl.concat([self.retrieval["seed"].cast(pl.Int64), self.tagging["seed"].cast(pl.Int64)])
        return both.n_unique()


def read_study(run: Run) -> StudyData | None:
    """The study's tables; None if no seed has results, or a seed's are of other photos than there are now."""
    if outdated_seeds(run):
        return None
    retrieval, tagging = (_of_every_seed(run, asset) for asset in STUDY_RESULTS)
    if retrieval.is_empty() and tagging.is_empty():
        return None
    made = made_as(_of_every_seed(run, "study_runs"))
    return StudyData(retrieval, tagging, run.frame("claims").sort("claim"), run.frame("claim_parts"), made)


def outdated_seeds(run: Run) -> tuple[str, ...]:
    """Seeds of the study not of the photos, images and hashtags of now, or not made as the newest one, in order.

    A study is redone only on purpose: beside newer results its figures, which replace theirs, would hide what changed.
    """
    now = inputs_of(run.inputs, STUDIED)
    records = [record for asset in STUDY_RESULTS for record in run.records(asset) if record.status == "done"]
    newest = max(records, key=lambda record: record.finished_at, default=None)
    old = {
        str(record.partition)
        for record in records
        if newest is not None
        and (inputs_of(record.inputs, STUDIED), record.profile_hash, record.code_version)
        != (now, newest.profile_hash, newest.code_version)
    }
    return tuple(sorted(old, key=int))


def made_as(runs: pl.DataFrame) -> Made:
    """How the LocSens models of `study_runs` were made: one stands for all, since seeds made otherwise are outdated."""
    raw = runs.filter(pl.col("training") == _ONE_OF_THEM).row(0, named=True)
    return Made(tuple(json.loads(raw["config"])["network"]["hidden"]), raw["steps"])


def _of_every_seed(run: Run, asset: str) -> pl.DataFrame:
    """An asset with a column for the folder that its files lie in: `seed`."""
    frames = [
        rows.with_columns(seed=pl.lit(int(partition or 0), dtype=pl.Int64)) for partition, rows in run.frames(asset)
    ]
    if not frames:
        return run.frame(asset).with_columns(seed=pl.lit(None, dtype=pl.Int64))
    return pl.concat(frames)
