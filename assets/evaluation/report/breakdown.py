"""Precision of photo queries by continent, by hashtag frequency and by what counts: slices of `retrieval_results`."""

from collections.abc import Sequence

import polars as pl

from assets.evaluation.report.measured import RUN_VIEWS, STUDY_VIEWS, retrieval_figures

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
    queries = _queries(RUN_VIEWS["retrieval"], retrieval, prefix)
    if study is not None:
        queries |= _queries(STUDY_VIEWS["retrieval"], study, prefix)
    found = {part for _, part in queries}
    known = [prefix + key for key in names]
    slices = [part for part in known if part in found] + sorted(found - set(known))
    rows = []
    for part in slices:
        key = part.removeprefix(prefix)
        for (model, granularity), measured in retrieval_figures(retrieval, study, "query", part).items():
            if model in models and granularity in granularities:
                asked = queries[measured.view, part]
                shown = (names.get(key, key), measured.mean, measured.spread, asked, measured.view)
                rows.append((model, granularity, part, *shown))
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    # A group that the study never asked for: its models have no figure there, the collection's model is another one.
    of_study = pl.col("view") == STUDY_VIEWS["retrieval"]
    table = table.filter(of_study | ~of_study.any().over("model"))
    place = {part: index for index, part in enumerate(slices)}
    return table.sort(
        pl.col("granularity").replace_strict({one: at for at, one in enumerate(granularities)}, return_dtype=pl.Int64),
        pl.col("slice").replace_strict(place, return_dtype=pl.Int64),
        "model",
    )


def _queries(view: str, results: pl.DataFrame, prefix: str) -> dict[tuple[str, str], int]:
    """View and slice → queries that its figures are averages over."""
    asked = results.filter(pl.col("average") == "query", pl.col("slice").str.starts_with(prefix))
    return {(view, part): count for part, count in asked.group_by("slice").agg(pl.col("queries").max()).iter_rows()}
