"""Which raw photos go on, and why the others do not. Every raw row is in exactly one of the two results."""

import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.tables import DROPPED_PHOTOS, GEOTAGGED_PHOTOS
from assets.ingestion.tags import normalise_tags

DROP_REASONS = ("video", "extension", "no_location", "bad_location", "no_tags", "duplicate")
"""Reasons to drop a photo, in the order in which they are tried."""

_RAW_COLUMNS = (
    "photo_id", "user_id", "taken_at", "title", "tags", "latitude", "longitude", "license", "download_url",
    "hash", "extension", "is_video", "line_number",
)  # fmt: skip


def filter_photos(raw: pa.Table, config: FilterConfig) -> tuple[pa.Table, pa.Table]:
    """Keep the photos with a place and a tag, tags normalised, and say of every other row why it is dropped.

    Args:
        raw: `RAW_PHOTOS` of one shard.
        config: The rules.

    Returns:
        `GEOTAGGED_PHOTOS` and `DROPPED_PHOTOS`, both in the order of the lines. Of an id found twice among
        the rows that pass everything else, the lowest line is kept.
    """
    photos = pl.from_arrow(raw.select(_RAW_COLUMNS))
    assert isinstance(photos, pl.DataFrame)
    photos = photos.with_columns(tags=normalise_tags(photos["tags"])).sort("line_number")
    judged = photos.with_columns(reason=_reason(config))
    passing = judged.filter(pl.col("reason").is_null())
    first = pl.col("photo_id").is_first_distinct()
    kept = passing.filter(first)
    repeated = passing.filter(~first).with_columns(reason=pl.lit("duplicate"))
    dropped = pl.concat([judged.filter(pl.col("reason").is_not_null()), repeated]).sort("line_number")
    return (
        GEOTAGGED_PHOTOS.conform(_arrow(kept.drop("reason", "extension", "is_video"))),
        DROPPED_PHOTOS.conform(_arrow(dropped.select("photo_id", "reason", "line_number"))),
    )


def _reason(config: FilterConfig) -> pl.Expr:
    latitude, longitude = pl.col("latitude"), pl.col("longitude")
    # NaN compares as larger than any number, so it is out of range as well; said once more to be seen.
    outside = (latitude.abs() > 90) | (longitude.abs() > 180) | latitude.is_nan() | longitude.is_nan()
    null_island = (latitude == 0) & (longitude == 0)
    failed = {
        "video": pl.col("is_video"),
        # A source that gives no extension (null) leaves it to the image's bytes.
        "extension": ~pl.col("extension").is_in(config.extensions).fill_null(value=True),
        "no_location": latitude.is_null() | longitude.is_null(),
        "bad_location": outside | null_island,
        "no_tags": pl.col("tags").list.len() == 0,
    }
    return pl.coalesce(pl.when(test).then(pl.lit(reason)) for reason, test in failed.items())


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
