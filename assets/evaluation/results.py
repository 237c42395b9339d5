"""Rankings summed up: precision at 10 per granularity in both averages, accuracy and diversity of tagging.

The formulas are in `models.metrics`; here is which rankings go into which row, and what stands for a model
that did not run. Rows have a `slice`: `all`, `continent:<two letters>` by the place of the photo asked with,
and `frequency:1` (the most frequent third of the hashtags asked for) to `frequency:3`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import TestPhotos
from models.metrics import Bools, Floats, precision_at_k, tagging_figures, within

AGNOSTIC = "agnostic"
FREQUENCY_BANDS = 3


def query_slices(queries: pl.DataFrame, photos: TestPhotos) -> dict[str, Bools]:
    """Which queries belong to which slice.

    Args:
        queries: Rows of `retrieval_queries`.
        photos: Test photos with an image.

    Returns:
        Name of the slice to bool [queries].
    """
    slices: dict[str, Bools] = {"all": np.ones(len(queries), dtype=bool)}
    asked_with = queries.get_column("photo_id")
    continents = np.full(len(queries), "", dtype=photos.continents.dtype)
    has_photo = asked_with.is_not_null().to_numpy()
    continents[has_photo] = photos.continents[photos.positions(asked_with.drop_nulls().to_numpy())]
    for continent in np.unique(continents[continents != ""]):
        slices[f"continent:{continent}"] = continents == continent
    tags = queries.get_column("tag_id").to_numpy()
    for band, members in enumerate(np.array_split(np.unique(tags), FREQUENCY_BANDS), start=1):
        if len(members):
            slices[f"frequency:{band}"] = np.isin(tags, members)
    return slices


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
        rankings: `query_id`, `rank`, `distance_km` and `has_tag` of `retrieval_rankings`.
        queries: Rows of `retrieval_queries`; a kind that the model ranked none of has no rows.
        slices: From `query_slices`.
        config: Granularities and k.
        seed: Seed to publish under.

    Returns:
        Rows of `retrieval_results`: every granularity for queries with a place, agnostic for those without.
    """
    has_tag, distance = _dense(rankings, queries, config.k)
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
        for granularity, limit in limits.items():
            precision = precision_at_k(within(has_tag, distance, limit), config.k)
            for name, members in slices.items():
                chosen = members & asked
                if chosen.any():
                    rows.append(
                        {
                            "model": model,
                            "average": average,
                            "granularity": granularity,
                            "distance_km": limit,
                            "precision_at_10": float(precision[chosen].mean()),
                            "queries": int(chosen.sum()),
                            "slice": name,
                            "seed": seed,
                            "note": _unknown(int((chosen & ~ranked).sum()), int(chosen.sum())),
                        }
                    )
    return pl.DataFrame(rows, schema=_RETRIEVAL)


def query_precision(rankings: pl.DataFrame, queries: pl.DataFrame, config: EvaluationConfig) -> dict[str, Floats]:
    """Precision at 10 of every query, per granularity.

    Args:
        rankings: `query_id`, `rank`, `distance_km` and `has_tag` of `retrieval_rankings`.
        queries: Rows of `retrieval_queries`.
        config: Granularities and k.

    Returns:
        Granularity to float64 [queries], 0 to 100; of queries without a place only agnostic means anything.
    """
    has_tag, distance = _dense(rankings, queries, config.k)
    limits = {AGNOSTIC: None, **config.granularities}
    return {name: precision_at_k(within(has_tag, distance, limit), config.k) for name, limit in limits.items()}


def _unknown(without: int, queries: int) -> str | None:
    if not without:
        return None
    return f"{without} of {queries} queries ask for a hashtag that the model does not know: no hit"


def _dense(rankings: pl.DataFrame, queries: pl.DataFrame, k: int) -> tuple[Bools, npt.NDArray[np.float64]]:
    """has_tag and distance_km as [queries, k]; False and NaN where nothing is ranked."""
    top = rankings.filter(pl.col("rank") <= k)
    row = np.searchsorted(queries.get_column("query_id").to_numpy(), top.get_column("query_id").to_numpy())
    column = top.get_column("rank").to_numpy() - 1
    has_tag = np.zeros((len(queries), k), dtype=bool)
    has_tag[row, column] = top.get_column("has_tag").to_numpy()
    distance = np.full((len(queries), k), np.nan)
    distance[row, column] = top.get_column("distance_km").to_numpy()
    return has_tag, distance


def retrieval_not_run(model: str, note: str, seed: int) -> pl.DataFrame:
    """The one row of a retrieval model that did not run."""
    row = {
        "model": model,
        "average": "query",
        "granularity": AGNOSTIC,
        "queries": 0,
        "slice": "all",
        "seed": seed,
        "note": note,
    }
    return pl.DataFrame([row], schema=_RETRIEVAL)


def tagging_rows(
    model: str, rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> pl.DataFrame:
    """Results of one tagging model that ran.

    Args:
        model: Model key.
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings`.
        photos: The photos that were tagged.
        config: k.
        seed: Seed to publish under.

    Returns:
        Rows of `tagging_results`: all photos, and those of each continent.
    """
    top = rankings.filter(pl.col("rank") <= config.k)
    row = photos.positions(top.get_column("photo_id").to_numpy())
    column = top.get_column("rank").to_numpy() - 1
    shape = (len(photos), int(column.max()) + 1)
    tags = np.full(shape, -1, dtype=np.int32)
    tags[row, column] = top.get_column("tag_id").to_numpy()
    correct = np.zeros(shape, dtype=bool)
    correct[row, column] = top.get_column("is_correct").to_numpy()
    slices = {"all": np.ones(len(photos), dtype=bool)}
    for continent in np.unique(photos.continents[photos.continents != ""]):
        slices[f"continent:{continent}"] = photos.continents == continent
    rows = []
    for name, members in slices.items():
        true_tags = photos.tag_ids[members[photos.owners]]
        figures = tagging_figures(tags[members], correct[members], true_tags, config.k)
        rows.append(
            {
                "model": model,
                "accuracy_at_1": figures.accuracy_at_1,
                "accuracy_at_10": figures.accuracy_at_k,
                "predicted_tags_pct": figures.predicted_tags_pct,
                "correctly_predicted_tags_pct": figures.correctly_predicted_tags_pct,
                "photos": int(members.sum()),
                "slice": name,
                "seed": seed,
                "note": None,
            }
        )
    return pl.DataFrame(rows, schema=_TAGGING)


def tagging_not_run(model: str, note: str, seed: int) -> pl.DataFrame:
    """The one row of a tagging model that did not run."""
    row = {"model": model, "photos": 0, "slice": "all", "seed": seed, "note": note}
    return pl.DataFrame([row], schema=_TAGGING)


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
_TAGGING = pl.Schema(
    {
        "model": pl.String(),
        "accuracy_at_1": pl.Float64(),
        "accuracy_at_10": pl.Float64(),
        "predicted_tags_pct": pl.Float64(),
        "correctly_predicted_tags_pct": pl.Float64(),
        "photos": pl.Int64(),
        "slice": pl.String(),
        "seed": pl.Int64(),
        "note": pl.String(),
    }
)
