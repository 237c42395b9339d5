"""Rankings summed up: precision at 10 per granularity in both averages, accuracy and diversity of tagging.

The formulas are in `models.metrics`; here is which rankings go into which row, and what stands for a model
that did not run. Rows have a `slice`:

- `all`.
- `continent:<two letters>`, by the place of the photo asked with, or tagged.
- `frequency:1` (the most frequent third of the distinct hashtags) to `frequency:3`. Retrieval: queries for a hashtag of
  that third. Tagging: photos that carry one, and only hashtags of that third count as right or as predicted.
- `no_places`. Retrieval: queries for hashtags that are no names of places. Tagging: rankings of such hashtags alone, of
  the photos that carry one.
- `no_self`, of retrieval: the query's own photo is taken out of its ranking, those below it move up.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Ids, TestPhotos
from models.metrics import Bools, Floats, precision_at_k, tagging_figures, within

AGNOSTIC = "agnostic"
NO_PLACES = "no_places"
NO_SELF = "no_self"
FREQUENCY_BANDS = 3


def frequency_bands(tag_ids: Ids) -> Sequence[Ids]:
    """Distinct hashtags in thirds, the most frequent first: that is the order of their ids.

    Args:
        tag_ids: Hashtags, with repeats.
    """
    return np.array_split(np.unique(tag_ids), FREQUENCY_BANDS)


def query_slices(queries: pl.DataFrame, photos: TestPhotos, place_tags: Ids) -> dict[str, Bools]:
    """Which queries belong to which slice.

    Args:
        queries: Rows of `retrieval_queries`.
        photos: Test photos with an image.
        place_tags: Hashtags that are names of places.

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
    for band, members in enumerate(frequency_bands(tags), start=1):
        if len(members):
            slices[f"frequency:{band}"] = np.isin(tags, members)
    slices[NO_PLACES] = ~np.isin(tags, place_tags)
    return slices


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
        "slice": "all",
        "seed": seed,
        "note": note,
    }
    return pl.DataFrame([row], schema=_RETRIEVAL)


class PhotoHits(NamedTuple):
    """What was ranked first for each photo, to be averaged or compared photo by photo.

    Attributes:
        tag_ids: int32 [P, k], best first; -1 where nothing is ranked, or nothing that counts.
        correct: bool [P, k], whether the photo carries them; A@1 is over column 0, A@k over `any` of them.
    """

    tag_ids: npt.NDArray[np.int32]
    correct: Bools


def photo_hits(rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig) -> PhotoHits:
    """What a model ranked first for each photo.

    Args:
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings`, or of those without places.
        photos: The photos that were tagged.
        config: k.
    """
    top = rankings.filter(pl.col("rank") <= config.k)
    row = photos.positions(top.get_column("photo_id").to_numpy())
    column = top.get_column("rank").to_numpy() - 1
    hits = PhotoHits(
        np.full((len(photos), config.k), -1, dtype=np.int32), np.zeros((len(photos), config.k), dtype=bool)
    )
    hits.tag_ids[row, column] = top.get_column("tag_id").to_numpy()
    hits.correct[row, column] = top.get_column("is_correct").to_numpy()
    return hits


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
        Rows of `tagging_results`: all photos, those of each continent, and hashtags by frequency.
    """
    hits = photo_hits(rankings, photos, config)
    everyone = np.ones(len(photos), dtype=bool)
    slices = {"all": (everyone, photos)}
    for continent in np.unique(photos.continents[photos.continents != ""]):
        members = photos.continents == continent
        slices[f"continent:{continent}"] = members, photos.select(np.flatnonzero(members))
    rows = [
        _tagging_row(model, name, PhotoHits(hits.tag_ids[members], hits.correct[members]), some, config, seed)
        for name, (members, some) in slices.items()
    ]
    for band, tags in enumerate(frequency_bands(photos.tag_ids), start=1):
        if len(tags):
            some = photos.only(tags)
            members = np.isin(photos.photo_ids, some.photo_ids)
            ranked = hits.tag_ids[members]
            counts = np.isin(ranked, tags)
            own = PhotoHits(np.where(counts, ranked, -1), counts & hits.correct[members])
            rows.append(_tagging_row(model, f"frequency:{band}", own, some, config, seed))
    return pl.DataFrame(rows, schema=_TAGGING)


def no_places_row(
    model: str, rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> pl.DataFrame:
    """Result of one tagging model that ran, of its rankings without names of places.

    Args:
        model: Model key.
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings_no_places`.
        photos: The photos that were tagged, with their other hashtags alone (`TestPhotos.only`).
        config: k.
        seed: Seed to publish under.

    Returns:
        One row of `tagging_results`; none if no photo carries such a hashtag.
    """
    if not len(photos):
        return pl.DataFrame(schema=_TAGGING)
    return pl.DataFrame(
        [_tagging_row(model, NO_PLACES, photo_hits(rankings, photos, config), photos, config, seed)], schema=_TAGGING
    )


def _tagging_row(
    model: str, name: str, hits: PhotoHits, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> dict[str, object]:
    figures = tagging_figures(hits.tag_ids, hits.correct, photos.tag_ids, config.k)
    return {
        "model": model,
        "accuracy_at_1": figures.accuracy_at_1,
        "accuracy_at_10": figures.accuracy_at_k,
        "predicted_tags_pct": figures.predicted_tags_pct,
        "correctly_predicted_tags_pct": figures.correctly_predicted_tags_pct,
        "photos": len(photos),
        "slice": name,
        "seed": seed,
        "note": None,
    }


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
