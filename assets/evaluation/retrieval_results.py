"""Rankings of photos summed up: precision at 10 per granularity, in both averages and every slice.

The formulas are in `models.metrics`; here is which rankings go into which row, and what stands for a model
that did not run. Slices are explained in `assets.evaluation.slices`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.slices import EVERYTHING, NO_SELF
from models.metrics import Bools, Floats, precision_at_k, within

AGNOSTIC = "agnostic"


def query_precision(
    rankings: pl.DataFrame, queries: pl.DataFrame, config: EvaluationConfig, *, without_own: bool = False
) -> dict[str, Floats]:
    """Precision at k of each query, to be averaged or compared query by query.

    Args:
        rankings: `query_id`, `rank`, `photo_id`, `distance_km` and `has_tag` of `retrieval_rankings`, deeper than k.
        queries: Rows of `retrieval_queries`.
        config: Granularities and k.
        without_own: Take the query's own photo out of its ranking; those below it move up.

    Returns:
        Granularity (agnostic first) to float64 [queries], 0 to 100: 0 for a query without a ranking, NaN where a
        granularity has a distance and the query has no place.
    """
    has_tag, distance = _dense(rankings, queries, config.k, without_own=without_own)
    placeless = queries.get_column("photo_id").is_null().to_numpy()
    found = {}
    for granularity, limit in {AGNOSTIC: None, **config.granularities}.items():
        precision = precision_at_k(within(has_tag, distance, limit), config.k)
        found[granularity] = precision if limit is None else np.where(placeless, np.nan, precision)
    return found


def retrieval_rows(
    model: str,
    rankings: pl.DataFrame,
    queries: pl.DataFrame,
    slices: Mapping[str, Bools],
    config: EvaluationConfig,
    seed: int,
) -> pl.DataFrame:
    """Results of one model that ran.

    A query without a ranking, since the model does not know its hashtag, counts as one without a hit: every
    model is judged by the same queries.

    Args:
        model: Model key.
        rankings: `query_id`, `rank`, `photo_id`, `distance_km` and `has_tag` of `retrieval_rankings`.
        queries: Rows of `retrieval_queries`; a kind that the model ranked none of has no rows.
        slices: From `query_slices`.
        config: Granularities and k.
        seed: Seed to publish under.

    Returns:
        Rows of `retrieval_results`: every granularity for queries with a place, agnostic for those without.
    """
    with_own = query_precision(rankings, queries, config)
    no_self = query_precision(rankings, queries, config, without_own=True)
    ranked = np.isin(queries.get_column("query_id").to_numpy(), rankings.get_column("query_id").to_numpy())
    kind = queries.get_column("kind").to_numpy()
    rows = []
    for average, of_kind, limits in (
        ("query", "photo", {AGNOSTIC: None, **config.granularities}),
        ("tag", "tag", {AGNOSTIC: None}),
    ):
        asked = kind == of_kind
        if not (asked & ranked).any():
            continue
        judged = [(name, members & asked, with_own) for name, members in slices.items()]
        if of_kind == "photo":
            judged.append((NO_SELF, asked, no_self))
        for granularity, limit in limits.items():
            for name, chosen, precision in judged:
                if chosen.any():
                    rows.append(
                        {
                            "model": model,
                            "average": average,
                            "granularity": granularity,
                            "distance_km": limit,
                            "precision_at_10": float(precision[granularity][chosen].mean()),
                            "queries": int(chosen.sum()),
                            "slice": name,
                            "seed": seed,
                            "note": _unknown(int((chosen & ~ranked).sum()), int(chosen.sum())),
                        }
                    )
    return pl.DataFrame(rows, schema=_RETRIEVAL)


def _unknown(without: int, queries: int) -> str | None:
    if not without:
        return None
    return f"{without} of {queries} queries ask for a hashtag that the model does not know: no hit"


def _dense(
    rankings: pl.DataFrame, queries: pl.DataFrame, k: int, *, without_own: bool
) -> tuple[Bools, npt.NDArray[np.float64]]:
    """has_tag and distance_km as [queries, k]; False and NaN where nothing is ranked."""
    top = rankings.filter(pl.col("rank") <= k + without_own)
    row = np.searchsorted(queries.get_column("query_id").to_numpy(), top.get_column("query_id").to_numpy())
    rank = top.get_column("rank").to_numpy().astype(np.int64)
    kept = np.ones(len(top), dtype=bool)
    if without_own:
        own = queries.get_column("photo_id").fill_null(-1).to_numpy()[row] == top.get_column("photo_id").to_numpy()
        own_rank = np.full(len(queries), k + 1)
        own_rank[row[own]] = rank[own]
        rank = rank - (rank > own_rank[row])
        kept = ~own & (rank <= k)
    row, column = row[kept], rank[kept] - 1
    has_tag = np.zeros((len(queries), k), dtype=bool)
    has_tag[row, column] = top.get_column("has_tag").to_numpy()[kept]
    distance = np.full((len(queries), k), np.nan)
    distance[row, column] = top.get_column("distance_km").to_numpy()[kept]
    return has_tag, distance


def retrieval_not_run(model: str, note: str, seed: int) -> pl.DataFrame:
    """The one row of a retrieval model that did not run."""
    row = {
        "model": model,
        "average": "query",
        "granularity": AGNOSTIC,
        "queries": 0,
        "slice": EVERYTHING,
        "seed": seed,
        "note": note,
    }
    return pl.DataFrame([row], schema=_RETRIEVAL)


_RETRIEVAL = pl.Schema(
    {
        "model": pl.String(),
        "average": pl.String(),
        "granularity": pl.String(),
        "distance_km": pl.Float64(),
        "precision_at_10": pl.Float64(),
        "queries": pl.Int64(),
        "slice": pl.String(),
        "seed": pl.Int64(),
        "note": pl.String(),
    }
)
