"""Precision of photo queries by continent, by hashtag frequency and by what counts: slices of `retrieval_results`."""

from collections.abc import Sequence

import polars as pl

_SCHEMA = {
    "model": pl.String,
    "granularity": pl.String,
    "group": pl.String,
    "precision_at_10": pl.Float64,
    "queries": pl.Int64,
}
CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "N. America",
    "OC": "Oceania",
    "SA": "S. America",
}
_COUNTED = {"all": "all", "no_self": "own photo left out", "no_places": "no place names"}
_FREQUENCIES = {"3": "rarest third", "2": "middle third", "1": "most frequent third"}


def by_continent(retrieval: pl.DataFrame, models: Sequence[str], granularities: Sequence[str]) -> pl.DataFrame:
    """P@10 by the continent of the query's place.

    Args:
        retrieval: Rows of `retrieval_results`.
        models: Models to show.
        granularities: Granularities to show.

    Returns:
        `model`, `granularity`, `group`, `precision_at_10`, `queries`, by granularity and group.
    """
    return _by_group(retrieval, "continent:", CONTINENTS, models, granularities)


def by_frequency(retrieval: pl.DataFrame, models: Sequence[str], granularities: Sequence[str]) -> pl.DataFrame:
    """The same by frequency of the hashtag asked for: thirds of the distinct hashtags, rarest first."""
    return _by_group(retrieval, "frequency:", _FREQUENCIES, models, granularities)


def by_what_counts(retrieval: pl.DataFrame, models: Sequence[str], granularities: Sequence[str]) -> pl.DataFrame:
    """The same for all queries, without the query's own photo, and for hashtags that are no names of places."""
    wanted = retrieval.filter(pl.col("slice").is_in(list(_COUNTED)))
    return _by_group(wanted, "", _COUNTED, models, granularities)


def _by_group(
    retrieval: pl.DataFrame,
    prefix: str,
    names: dict[str, str],
    models: Sequence[str],
    granularities: Sequence[str],
) -> pl.DataFrame:
    order = {name: place for place, name in enumerate(names.values())}
    chosen = retrieval.filter(
        pl.col("average") == "query",
        pl.col("slice").str.starts_with(prefix),
        pl.col("model").is_in(list(models)),
        pl.col("granularity").is_in(list(granularities)),
    ).with_columns(group=pl.col("slice").str.strip_prefix(prefix).replace(names))
    means = chosen.group_by("model", "granularity", "group").agg(
        pl.col("precision_at_10").mean(), pl.col("queries").max()
    )
    return (
        means.with_columns(
            place=pl.col("group").replace_strict(order, default=len(order), return_dtype=pl.Int64),
            width=pl.col("granularity").replace_strict(
                {name: place for place, name in enumerate(granularities)}, return_dtype=pl.Int64
            ),
        )
        .sort("width", "place", "group", "model")
        .select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
    )
