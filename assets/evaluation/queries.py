"""Which hashtags and places are asked for, and which photos are tagged: drawn once, the same for every model.

Each draw depends on the seed and the photo alone, so new photos do not change another photo's hashtag, unless
they bring one to enough test images.
"""

import numpy as np
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Ids, TestPhotos
from models.seeds import mixed_seed


def eligible_tags(photos: TestPhotos, min_test_images: int) -> Ids:
    """Hashtags that enough test images carry, ascending by id."""
    tags, images = np.unique(photos.tag_ids, return_counts=True)
    eligible: Ids = tags[images >= min_test_images]
    return eligible


def draw_queries(photos: TestPhotos, config: EvaluationConfig) -> pl.DataFrame:
    """The queries of the paper's two averages.

    Kind `photo`: one of a test photo's hashtags at random, and its place (paper, location-sensitive).
    Kind `tag`: every hashtag once, without a place (paper, location-agnostic). Both ask only for
    hashtags that enough test images carry.

    Args:
        photos: Test photos with an image.
        config: Seed, fewest images, and how many photo queries at most.

    Returns:
        Rows of `retrieval_queries`, photo queries by photo id, then tag queries by hashtag id.
    """
    tags = eligible_tags(photos, config.min_test_images)
    eligible = np.isin(photos.tag_ids, tags)
    asking = _fewest(photos, np.unique(photos.owners[eligible]), config.max_photo_queries, config.seed, "query")
    drawn = []
    for position in asking:
        own = slice(photos.offsets[position], photos.offsets[position + 1])
        drawn.append(_draw_tag(config.seed, int(photos.photo_ids[position]), photos.tag_ids[own][eligible[own]]))
    by_photo = pl.DataFrame(
        {
            "kind": ["photo"] * len(asking),
            "tag_id": drawn,
            "latitude": photos.places[asking, 0],
            "longitude": photos.places[asking, 1],
            "photo_id": photos.photo_ids[asking],
        },
        schema=_SCHEMA,
    )
    by_tag = pl.DataFrame({"kind": ["tag"] * len(tags), "tag_id": tags}, schema=_SCHEMA_OF_TAGS)
    queries = pl.concat([by_photo, by_tag], how="diagonal")
    return queries.with_row_index("query_id").with_columns(pl.col("query_id").cast(pl.Int64))


_SCHEMA_OF_TAGS = pl.Schema({"kind": pl.String(), "tag_id": pl.Int32()})
_SCHEMA = pl.Schema({**_SCHEMA_OF_TAGS, "latitude": pl.Float64(), "longitude": pl.Float64(), "photo_id": pl.Int64()})


def photos_to_tag(photos: TestPhotos, config: EvaluationConfig) -> TestPhotos:
    """The test photos that are tagged: all, or as many as the profile says, drawn by seed."""
    return photos.select(_fewest(photos, np.arange(len(photos)), config.max_tagging_photos, config.seed, "tagging"))


def _draw_tag(seed: int, photo_id: int, tags: Ids) -> int:
    """One hashtag at random: that with the lowest draw, so that hashtags left out never change who wins."""
    return min((int(tag) for tag in tags), key=lambda tag: mixed_seed(seed, "query tag", photo_id, tag))


def _fewest(photos: TestPhotos, positions: Ids, most: int | None, seed: int, purpose: str) -> Ids:
    """At most so many of the photos, at random, ascending."""
    if most is None or len(positions) <= most:
        return positions
    draws = [mixed_seed(seed, purpose, int(photo_id)) for photo_id in photos.photo_ids[positions]]
    chosen: Ids = np.sort(positions[np.argsort(draws, kind="stable")[:most]])
    return chosen
