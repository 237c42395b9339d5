"""Rankings as tables: what a scorer puts first for every query or photo, and whether it is right.

Part by part, so that the paper's half a million queries never lie in memory at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.evaluation.candidates import Ids, TestPhotos
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.tagging import TaggingRanking, TaggingScorer
from models.geography import distance_km

PART = 8192
"""Queries, or photos, of one file."""


def rank_queries(
    scorer: RetrievalScorer,
    queries: pl.DataFrame,
    photos: TestPhotos,
    depth: int,
    *,
    placeless: bool,
    part: int = PART,
) -> Iterator[pl.DataFrame]:
    """Rank the test photos for every query.

    Args:
        scorer: Loaded for these photos.
        queries: Rows of `retrieval_queries`; those for hashtags that the model does not know are left out.
        photos: The candidates, the query's own photo among them.
        depth: Ranks kept.
        placeless: Whether queries of kind `tag` are ranked too.
        part: Queries of one frame.

    Yields:
        Rows of `retrieval_rankings`, by query and rank.
    """
    known = pl.Series(scorer.knows(queries.get_column("tag_id").to_numpy().astype(np.int64)))
    for kind in ("photo", "tag") if placeless else ("photo",):
        for some in queries.filter((pl.col("kind") == kind) & known).iter_slices(part):
            yield _rank_some(scorer, some, photos, depth, with_place=kind == "photo")


def _rank_some(
    scorer: RetrievalScorer, queries: pl.DataFrame, photos: TestPhotos, depth: int, *, with_place: bool
) -> pl.DataFrame:
    tags = queries.get_column("tag_id").to_numpy().astype(np.int64)
    places = queries.select("latitude", "longitude").to_numpy().astype(np.float64) if with_place else None
    scores, positions = scorer.rank(tags, places, depth)
    ranked = positions >= 0
    query, rank = np.nonzero(ranked)
    found = positions[ranked]
    away = pl.Series([None] * len(found), dtype=pl.Float64)
    if places is not None:
        here, there = places[query], photos.places[found]
        away = pl.Series(distance_km(here[:, 0], here[:, 1], there[:, 0], there[:, 1]))
    return pl.DataFrame(
        {
            "query_id": queries.get_column("query_id").to_numpy()[query],
            "rank": (rank + 1).astype(np.int16),
            "photo_id": photos.photo_ids[found],
            "score": scores[ranked],
            "distance_km": away,
            "has_tag": photos.carry(found, tags[query]),
        }
    )


def rank_hashtags(
    scorer: TaggingScorer, photos: TestPhotos, depth: int, place_tags: Ids, other_tags: Ids, *, part: int = PART
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Rank the vocabulary for every photo, at the place where it was taken: all of it, and without names of places.

    Names of places and the others are ranked apart and then merged. That is exact, and both rankings cost little more
    than one: no hashtag is scored twice.

    Args:
        scorer: Loaded for these photos.
        photos: The photos to tag.
        depth: Ranks kept.
        place_tags: Hashtags of the vocabulary that are names of places.
        other_tags: All others.
        part: Photos of one frame.

    Yields:
        Rows of `tagging_rankings`, by photo and rank; and of `tagging_rankings_no_places`, for photos that carry a
        hashtag that is no name of a place.
    """
    others = np.isin(photos.photo_ids, photos.only(other_tags).photo_ids)
    for start in range(0, len(photos), part):
        positions = np.arange(start, min(start + part, len(photos)))
        by_set = scorer.rank_apart(positions, photos.places[positions], depth, (place_tags, other_tags))
        yield (
            _as_rows(photos, positions, _merged(by_set, depth)),
            _as_rows(photos, positions, by_set[1], others[positions]),
        )


def _merged(rankings: Sequence[TaggingRanking], depth: int) -> TaggingRanking:
    """One ranking of what was ranked apart, in the order that each has: by score, then by hashtag id."""
    scores = np.concatenate([one.scores for one in rankings], axis=1)
    tag_ids = np.concatenate([one.tag_ids for one in rankings], axis=1)
    order = np.lexsort((tag_ids, -scores), axis=1)[:, :depth]
    return TaggingRanking(np.take_along_axis(scores, order, axis=1), np.take_along_axis(tag_ids, order, axis=1))


def _as_rows(
    photos: TestPhotos, positions: Ids, ranking: TaggingRanking, some: npt.NDArray[np.bool_] | None = None
) -> pl.DataFrame:
    """A ranking as rows, of some of the photos or of all."""
    if some is not None:
        positions, ranking = positions[some], TaggingRanking(ranking.scores[some], ranking.tag_ids[some])
    photo, rank = (axis.ravel() for axis in np.indices(ranking.tag_ids.shape))
    tags = ranking.tag_ids.ravel()
    return pl.DataFrame(
        {
            "photo_id": photos.photo_ids[positions[photo]],
            "rank": (rank + 1).astype(np.int16),
            "tag_id": tags,
            "score": ranking.scores.ravel(),
            "is_correct": photos.carry(positions[photo], tags),
        }
    )
