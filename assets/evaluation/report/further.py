"""Tables beyond the paper's four: stricter counts (slices of the results), and trainings of the study alone."""

import polars as pl

from assets.base.rounding import grouped
from assets.evaluation.report.breakdown import PREFIXES
from assets.evaluation.report.comparison import retrieval_table, tagging_table
from assets.evaluation.report.measured import ONE_TRAINING
from assets.evaluation.report.study import StudyData
from assets.evaluation.report.table import ComparisonTable
from assets.evaluation.slices import EVERYTHING

PARTS = {
    "no_self": ("the photo itself left out", "The photo that a query was made of is no candidate."),
    "no_places": (
        "without names of places",
        "Names of cities, countries and continents, words such as temple and reading too, are not asked for or ranked.",
    ),
    "users_apart": (
        "no photographer in two splits",
        "Trained and tested on a split in which all photos of a photographer lie in one part.",
    ),
}
"""Slice → what it is, in a title and in a sentence; a slice without one stands for itself."""

_COMPARED = ("locsens_zeroed", "locsens_raw", "locsens_sampling_0")


def stricter_tables(
    retrieval: pl.DataFrame, tagging: pl.DataFrame, study: StudyData | None
) -> tuple[ComparisonTable, ...]:
    """A table for each slice that is no continent and no class of frequency, first of retrieval, then of tagging."""
    tables = []
    for part in _parts(retrieval, study.retrieval if study else None):
        title, sentence = PARTS.get(part, (part, f"Slice {part} of the results."))
        among = _models(retrieval, part) | (_models(study.retrieval, part) if study else set())
        tables.append(
            retrieval_table(
                f"retrieval-{part}",
                f"Location-sensitive retrieval, {title}",
                f"{sentence} Precision at 10 in percent, averaged over queries.",
                retrieval,
                study,
                part=part,
                among=among,
            )
        )
    for part in _parts(tagging, study.tagging if study else None):
        title, sentence = PARTS.get(part, (part, f"Slice {part} of the results."))
        among = _models(tagging, part) | (_models(study.tagging, part) if study else set())
        tables.append(
            tagging_table(f"tagging-{part}", f"Tagging, {title}", sentence, tagging, study, part=part, among=among)
        )
    return tuple(tables)


def study_tables(retrieval: pl.DataFrame, study: StudyData | None) -> tuple[ComparisonTable, ...]:
    """The trainings of the study that the four tables do not have, with those that they are to be compared with."""
    own = _models(study.retrieval, EVERYTHING) - set(retrieval["model"]) if study else set()
    if not own:
        return ()
    return (
        retrieval_table(
            "study-trainings",
            "Other trainings of the study",
            "Location-sensitive retrieval, counted as in the table above: what claims 4, 6 and 7 compare. "
            "“Own training”: σ falls to this value and training ends there, after as many steps as every other.",
            retrieval,
            study,
            among=own | set(_COMPARED),
        ),
    )


def _parts(results: pl.DataFrame, study: pl.DataFrame | None) -> list[str]:
    found = set(results["slice"]) | (set() if study is None else set(study["slice"]))
    found = {part for part in found if part != EVERYTHING and not part.startswith(PREFIXES)}
    return [part for part in PARTS if part in found] + sorted(found - set(PARTS))


def _models(results: pl.DataFrame, part: str) -> set[str]:
    return set(results.filter(pl.col("slice") == part)["model"])


def staged_remarks(
    stages: dict[str, tuple[int, int]], tables: tuple[ComparisonTable, ...]
) -> dict[str, dict[str, str]]:
    """What must be known of rows: snapshots of one training, and figures of one training beside the study's.

    Args:
        stages: Model → steps after which its weights were kept, and steps of the whole training.
        tables: The tables.

    Returns:
        Key of the table → model → remark.
    """
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        with_study = any(row.is_of_study for row in table.rows)
        for row in table.rows:
            remark = ""
            if row.model in stages and row.seeds:
                done, steps = stages[row.model]
                share = f"{100 * done / steps:.0f} %" if row.is_of_study else f"{grouped(done)} of {grouped(steps)}"
                remark = (
                    f"after {share} steps of one training" if not row.is_of_study else f"after {share} of the steps"
                )
            if with_study and row.seeds and not row.is_of_study:
                remark = ", ".join(filter(None, (remark, ONE_TRAINING)))
            if remark:
                found.setdefault(table.key, {})[row.model] = remark
    return found
