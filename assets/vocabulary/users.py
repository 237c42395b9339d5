"""Distinct users of each vocabulary hashtag, and which hashtags are places: the last two columns."""

import polars as pl
import pyarrow as pa

from assets.base.places import place_names
from assets.base.tables import VOCABULARY


def count_users(photos: pl.LazyFrame, tags: pl.DataFrame) -> pl.DataFrame:
    """Distinct users of each hashtag, by one streaming pass over the photos.

    Only the distinct (hashtag, user) pairs of the vocabulary are ever in memory. Photos without a user count
    for no one.

    Args:
        photos: Rows of `geotagged_photos`, of all shards.
        tags: Frame of `tag_id`, `tag`.

    Returns:
        `tag_id`, `users` int64; hashtags without a known user have no row.
    """
    pairs = (
        photos.select("user_id", "tags")
        .filter(pl.col("user_id").is_not_null())
        .explode("tags")
        .join(tags.lazy().select("tag_id", "tag"), left_on="tags", right_on="tag", how="inner")
        .select("tag_id", "user_id")
        .unique()
    )
    return (
        pairs.group_by("tag_id").agg(pl.len().cast(pl.Int64).alias("users")).collect(engine="streaming").sort("tag_id")
    )


def complete_vocabulary(tags: pl.DataFrame, photos: pl.LazyFrame) -> pa.Table:
    """The table `vocabulary`: users and places added.

    A hashtag is a place if it equals the name of a city, country or continent of GeoNames, written as a
    hashtag; the same rule for every source.

    Args:
        tags: Frame of `tag_id`, `tag`, `photos`, ordered by `tag_id`.
        photos: Rows of `geotagged_photos`, of all shards.
    """
    names = pl.Series("names", sorted(place_names()), dtype=pl.String)
    complete = (
        tags.join(count_users(photos, tags), on="tag_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("users").fill_null(0),
            pl.col("tag").is_in(names.implode()).alias("is_place"),
        )
        .select(VOCABULARY.schema().names)
    )
    return VOCABULARY.conform(complete.to_arrow())
