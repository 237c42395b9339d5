"""Precision of photo queries by continent, by hashtag frequency and by what counts: slices of `retrieval_results`."""

from collections.abc import Sequence

import polars as pl

from assets.evaluation.report.measured import retrieval_figures

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
    "granularity": pl.String,
    "slice": pl.String,
    "group": pl.String,
    "precision_at_10": pl.Float64,
    "spread": pl.Float64,
    "queries": pl.Int64,
    "view": pl.String,
}


def by_continent(
    retrieval: pl.DataFrame, study: pl.DataFrame | None, models: Sequence[str], granularities: Sequence[str]
) -> pl.DataFrame:
    """P@10 by the continent of the query's place.

    Args:
        retrieval: Rows of `retrieval_results`.
        study: The study's, if one was run.
        models: Models to show.
        granularities: Granularities to show.

    Returns:
        `model`, `granularity`, `slice`, `group` (its name), `precision_at_10`, `spread` (standard deviation over
        seeds, null for one), `queries` and `view` (of the catalog), by granularity and group.
    """
    return _by_group(retrieval, study, "continent:", CONTINENTS, models, granularities)


def by_frequency(
    retrieval: pl.DataFrame, study: pl.DataFrame | None, models: Sequence[str], granularities: Sequence[str]
) -> pl.DataFrame:
    """The same by frequency of the hashtag asked for: thirds of the distinct hashtags, rarest first."""
    return _by_group(retrieval, study, "frequency:", _FREQUENCIES, models, granularities)


def _by_group(
    retrieval: pl.DataFrame,
    study: pl.DataFrame | None,
    prefix: str,
    names: dict[str, str],
    models: Sequence[str],
    granularities: Sequence[str],
) -> pl.DataFrame:
    asked = retrieval.filter(pl.col("average") == "query", pl.col("slice").str.starts_with(prefix))
    queries = dict(asked.group_by("slice").agg(pl.col("queries").max()).iter_rows())
    known = [prefix + key for key in names]
    slices = [part for part in known if part in queries] + sorted(set(queries) - set(known))
    rows = []
    for part in slices:
        key = part.removeprefix(prefix)
        for (model, granularity), measured in retrieval_figures(retrieval, study, "query", part).items():
            if model in models and granularity in granularities:
                shown = (names.get(key, key), measured.mean, measured.spread, queries[part], measured.view)
                rows.append((model, granularity, part, *shown))
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    place = {part: index for index, part in enumerate(slices)}
    return table.sort(
        pl.col("granularity").replace_strict({one: at for at, one in enumerate(granularities)}, return_dtype=pl.Int64),
        pl.col("slice").replace_strict(place, return_dtype=pl.Int64),
        "model",
    )
