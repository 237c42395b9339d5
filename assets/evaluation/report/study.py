"""The study, where one was run (`make study`): results of several seeds, and its verdicts on the paper's claims.

Its tables are optional: a report without them says that its figures are of one seed.
"""

from dataclasses import dataclass

import polars as pl

from assets.base.run import Run

STUDY_RESULTS = ("study_retrieval_results", "study_tagging_results")
STUDY_TABLES = (*STUDY_RESULTS, "claims", "claim_parts")


@dataclass(frozen=True)
class StudyData:
    """What the study found.

    Attributes:
        retrieval: Rows of `retrieval_results` of every seed, `seed` saying which.
        tagging: The same of `tagging_results`.
        claims: `claim`, `statement`, `effect`, `effect_low`, `effect_high` (points, 95 %), `p_value`, `seeds`,
            `verdict`, `reason`; one row a claim.
        parts: `claim`, `part`, and the same figures: the comparisons that a claim is made of.
    """

    retrieval: pl.DataFrame
    tagging: pl.DataFrame
    claims: pl.DataFrame
    parts: pl.DataFrame

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        both = pl.concat([self.retrieval["seed"].cast(pl.Int64), self.tagging["seed"].cast(pl.Int64)])
        return both.n_unique()


def read_study(run: Run) -> StudyData | None:
    """The study's tables; None if the run does not read them, or no seed has results."""
    if not {reads.asset for reads in run.step.reads}.issuperset(STUDY_TABLES):
        return None
    retrieval, tagging = (_of_every_seed(run, asset) for asset in STUDY_RESULTS)
    return study_of(retrieval, tagging, run.frame("claims"), run.frame("claim_parts"))


def study_of(
    retrieval: pl.DataFrame, tagging: pl.DataFrame, claims: pl.DataFrame, parts: pl.DataFrame
) -> StudyData | None:
    """A study from its four tables; None if there is no result at all."""
    if retrieval.is_empty() and tagging.is_empty():
        return None
    return StudyData(retrieval, tagging, claims.sort("claim"), parts)


def _of_every_seed(run: Run, asset: str) -> pl.DataFrame:
    """An asset with a column for the folder that its files lie in: `seed`."""
    frames = [
        rows.with_columns(seed=pl.lit(int(partition or 0), dtype=pl.Int64)) for partition, rows in run.frames(asset)
    ]
    if not frames:
        return run.frame(asset).with_columns(seed=pl.lit(None, dtype=pl.Int64))
    return pl.concat(frames)
