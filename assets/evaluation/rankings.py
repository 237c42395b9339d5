"""Rankings as tables: what a scorer puts first for every query or photo, and whether it is right.

Part by part, so that the paper's half a million queries never lie in memory at once.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from assets.evaluation.candidates import TestPhotos
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.tagging import TaggingScorer
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


def rank_hashtags(scorer: TaggingScorer, photos: TestPhotos, depth: int, *, part: int = PART) -> Iterator[pl.DataFrame]:
    """Rank the vocabulary for every photo, at the place where it was taken.

    Args:
        scorer: Loaded for these photos.
        photos: The photos to tag.
        depth: Ranks kept.
        part: Photos of one frame.

    Yields:
        Rows of `tagging_rankings`, by photo and rank.
    """
    for start in range(0, len(photos), part):
        positions = np.arange(start, min(start + part, len(photos)))
        scores, tags = scorer.rank(positions, photos.places[positions], depth)
        photo, rank = (axis.ravel() for axis in np.indices(tags.shape))
        yield pl.DataFrame(
            {
                "photo_id": photos.photo_ids[positions[photo]],
                "rank": (rank + 1).astype(np.int16),
                "tag_id": tags.ravel(),
                "score": scores.ravel(),
                "is_correct": photos.carry(positions[photo], tags.ravel()),
            }
        )
