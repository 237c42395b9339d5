"""Retrieval and tagging by continent and by hashtag frequency: slices of `retrieval_results` and `tagging_results`."""

from collections.abc import Sequence
from typing import Literal

import polars as pl

from assets.evaluation.report.measured import RUN_VIEWS, STUDY_VIEWS, Figures, retrieval_figures, tagging_figures

Kind = Literal["retrieval", "tagging"]

CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "N. America",
    "OC": "Oceania",
    "SA": "S. America",
}
PREFIXES = ("continent:", "frequency:")
"""What the names of the slices begin with that are shown here; another slice has a table of its own."""

_FREQUENCIES = {"3": "rarest third", "2": "middle third", "1": "most frequent third"}
_SCHEMA = {
    "model": pl.String,
    "column": pl.String,
    "slice": pl.String,
    "group": pl.String,
    "mean": pl.Float64,
    "spread": pl.Float64,
    "count": pl.Int64,
    "view": pl.String,
}


def by_continent(
    results: pl.DataFrame,
    study: pl.DataFrame | None,
    models: Sequence[str],
    columns: Sequence[str],
    kind: Kind = "retrieval",
) -> pl.DataFrame:
    """P@10 by the continent of the query's place, or accuracy by that of the photo's.

    Args:
        results: Rows of `retrieval_results` or of `tagging_results`.
        study: The study's, if one was run.
        models: Models to show.
        columns: Granularities, or measures of tagging, to show.
        kind: Which of the two.

    Returns:
        `model`, `column`, `slice`, `group` (its name), `mean`, `spread` (standard deviation over seeds, null for one),
        `count` (of queries or photos) and `view` (of the catalog), by column and group.
    """
    return _by_group(results, study, "continent:", CONTINENTS, models, columns, kind)


def by_frequency(
    results: pl.DataFrame,
    study: pl.DataFrame | None,
    models: Sequence[str],
    columns: Sequence[str],
    kind: Kind = "retrieval",
) -> pl.DataFrame:
    """The same by frequency of the hashtag, asked for or counted: thirds of the distinct hashtags, rarest first."""
    return _by_group(results, study, "frequency:", _FREQUENCIES, models, columns, kind)


def _by_group(
    results: pl.DataFrame,
    study: pl.DataFrame | None,
    prefix: str,
    names: dict[str, str],
    models: Sequence[str],
    columns: Sequence[str],
    kind: Kind,
) -> pl.DataFrame:
    counts = _counts(kind, RUN_VIEWS[kind], results, prefix)
    if study is not None:
        counts |= _counts(kind, STUDY_VIEWS[kind], study, prefix)
    found = {part for _, part in counts}
    known = [prefix + key for key in names]
    slices = [part for part in known if part in found] + sorted(found - set(known))
    rows = []
    for part in slices:
        key = part.removeprefix(prefix)
        for (model, column), measured in _figures(kind, results, study, part).items():
            if model in models and column in columns:
                count = counts[measured.view, part]
                rows.append(
                    (model, column, part, names.get(key, key), measured.mean, measured.spread, count, measured.view)
                )
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    # A group that the study never asked for: its models have no figure there, the collection's model is another one.
    of_study = pl.col("view") == STUDY_VIEWS[kind]
    table = table.filter(of_study | ~of_study.any().over("model"))
    place = {part: index for index, part in enumerate(slices)}
    return table.sort(
        pl.col("column").replace_strict({one: at for at, one in enumerate(columns)}, return_dtype=pl.Int64),
        pl.col("slice").replace_strict(place, return_dtype=pl.Int64),
        "model",
    )


def _figures(kind: Kind, results: pl.DataFrame, study: pl.DataFrame | None, part: str) -> Figures:
    if kind == "tagging":
        return tagging_figures(results, study, part)
    return retrieval_figures(results, study, "query", part)


def _counts(kind: Kind, view: str, results: pl.DataFrame, prefix: str) -> dict[tuple[str, str], int]:
    """View and slice → queries or photos that its figures are averages over."""
    rows = results.filter(pl.col("slice").str.starts_with(prefix))
    counter = "photos" if kind == "tagging" else "queries"
    if kind == "retrieval":
        rows = rows.filter(pl.col("average") == "query")
    return {(view, part): count for part, count in rows.group_by("slice").agg(pl.col(counter).max()).iter_rows()}
