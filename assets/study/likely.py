"""Why claims of the paper probably do not hold on the sample world: written by hand, from the figures of its study.

A reason is shown only where it was found: of the sample world, with profile `sample`, and beside a claim that does not
hold. Whoever studies other photos has to look for reasons of their own.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from assets.base.freshness import judge
from assets.base.run import Run
from assets.ingestion.sources import parse_source
from assets.study.claims import FEWEST_SEEDS

LIKELY_WHY: Final[dict[int, str]] = {}
"""Number of a claim → why it fails there, probably."""


def is_of_sample(run: Run, seeds: Iterable[str]) -> bool:
    """Whether a run is of what the reasons are about: the whole sample world, as it is studied now.

    Args:
        run: Of the step `claims`.
        seeds: The study's seeds that it compares.
    """
    settings, study = run.settings, run.workspace.steps.maker("study_scores")
    return (
        parse_source(settings.source).is_sample
        and run.profile.name == "sample"
        and not settings.limit_rows
        and all(judge(study, run.workspace, seed).state == "fresh" for seed in seeds)
    )


def with_likely_why(judged: pl.DataFrame, *, of_sample: bool) -> pl.DataFrame:
    """Claims with the column `likely_why`: null where the claim holds or nothing is known.

    Args:
        judged: Rows of `claims` without it.
        of_sample: Whether they are of the sample world's study.
    """
    decided = (pl.col("seeds") >= FEWEST_SEEDS) & pl.col("effect").is_not_null()
    failing = (pl.col("verdict") != "holds") & decided & pl.lit(of_sample)
    why = pl.col("claim").replace_strict(LIKELY_WHY, default=None, return_dtype=pl.String)
    return judged.with_columns(likely_why=pl.when(failing).then(why))
