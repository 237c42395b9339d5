"""The study, where one was run (`make study`): results of several seeds, and its verdicts on the paper's claims.

Its tables are optional: a report without them says that its figures are of one seed.
"""

from dataclasses import dataclass

import polars as pl

from assets.base.profiles.sections.study import StudyConfig
from assets.base.run import Run

STUDY_RESULTS = ("study_retrieval_results", "study_tagging_results")
STUDY_TABLES = (*STUDY_RESULTS, "claims", "claim_parts")
STUDIED = ("photos", "images", "vocabulary")
"""Assets whose versions say what a study was of."""


@dataclass(frozen=True)
class StudyData:
    """What the study found.

    Attributes:
        retrieval: Rows of `retrieval_results` of every seed, `seed` saying which.
        tagging: The same of `tagging_results`.
        claims: `claim`, `statement`, `effect`, `effect_low`, `effect_high` (points, 95 %), `p_value`, `seeds`,
            `verdict`, `reason`; one row a claim.
        parts: `claim`, `part`, and the same figures: the comparisons that a claim is made of.
        config: How the study's LocSens models are made, as the profile says.
    """

    retrieval: pl.DataFrame
    tagging: pl.DataFrame
    claims: pl.DataFrame
    parts: pl.DataFrame
    config: StudyConfig

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
    return study_of(retrieval, tagging, run.frame("claims"), run.frame("claim_parts"), run.profile.study)


def outdated_seeds(run: Run) -> tuple[str, ...]:
    """Seeds of the study whose photos, images or hashtags are not those of now, in order.

    A study is redone only on purpose: beside newer results its figures, which replace theirs, would hide what changed.
    """
    now = {one for one in run.inputs if one.asset in STUDIED}
    return tuple(
        sorted(
            {
                str(record.partition)
                for asset in STUDY_RESULTS
                for record in run.records(asset)
                if record.status == "done" and {one for one in record.inputs if one.asset in STUDIED} != now
            },
            key=int,
        )
    )


def study_of(
    retrieval: pl.DataFrame, tagging: pl.DataFrame, claims: pl.DataFrame, parts: pl.DataFrame, config: StudyConfig
) -> StudyData | None:
    """A study from its four tables and its section of the profile; None if there is no result at all."""
    if retrieval.is_empty() and tagging.is_empty():
        return None
    return StudyData(retrieval, tagging, claims.sort("claim"), parts, config)


def _of_every_seed(run: Run, asset: str) -> pl.DataFrame:
    """An asset with a column for the folder that its files lie in: `seed`."""
    frames = [
        rows.with_columns(seed=pl.lit(int(partition or 0), dtype=pl.Int64)) for partition, rows in run.frames(asset)
    ]
    if not frames:
        return run.frame(asset).with_columns(seed=pl.lit(None, dtype=pl.Int64))
    return pl.concat(frames)
