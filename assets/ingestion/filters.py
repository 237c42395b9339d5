"""Which raw photos go on, and why the others do not. Every raw row is in exactly one of the two results."""

import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.tables.photos import DROPPED_PHOTOS, GEOTAGGED_PHOTOS
from assets.ingestion.tags import normalise_tags

DROP_REASONS = ("video", "extension", "no_location", "bad_location", "no_tags", "duplicate")
"""Reasons to drop a photo, in the order in which they are tried."""

_KEPT_COLUMNS = (
    "photo_id", "user_id", "taken_at", "title", "tags", "latitude", "longitude", "license", "download_url",
    "hash", "line_number",
)  # fmt: skip
RAW_COLUMNS = (*_KEPT_COLUMNS, "extension", "is_video")
"""Columns of `RAW_PHOTOS` that matter here."""


def filter_photos(raw: pa.Table, config: FilterConfig) -> tuple[pa.Table, pa.Table]:
    """Keep the photos with a place and a tag, tags normalised, and say of every other row why it is dropped.

    Args:
        raw: `RAW_PHOTOS` of one shard, at least its `RAW_COLUMNS`.
        config: The rules.

    Returns:
        `GEOTAGGED_PHOTOS` and `DROPPED_PHOTOS`, both in the order of the lines. Of an id found twice among
        the rows that pass everything else, the lowest line is kept.
    """
    photos = pl.DataFrame(pl.from_arrow(raw.select(RAW_COLUMNS)))
    if not photos["line_number"].is_sorted():
        photos = photos.sort("line_number")
    photos = photos.with_columns(reason=_reason(config))
    # Tags are normalised last, since that costs more than all other rules and most rows have failed by then.
    tagged = photos.filter(pl.col("reason").is_null())
    tagged = tagged.with_columns(tags=normalise_tags(tagged["tags"]))
    tagged = tagged.with_columns(reason=pl.when(pl.col("tags").list.len() == 0).then(pl.lit("no_tags")))
    passing = tagged.filter(pl.col("reason").is_null())
    first = pl.col("photo_id").is_first_distinct()
    failed = (photos, tagged, passing.filter(~first).with_columns(reason=pl.lit("duplicate")))
    dropped = pl.concat(
        frame.filter(pl.col("reason").is_not_null()).select("photo_id", "reason", "line_number") for frame in failed
    )
    return (
        GEOTAGGED_PHOTOS.conform(_arrow(passing.filter(first).select(_KEPT_COLUMNS))),
        DROPPED_PHOTOS.conform(_arrow(dropped.sort("line_number"))),
    )


def _reason(config: FilterConfig) -> pl.Expr:
    """The first rule that a row fails, of those that do not look at its tags or at other rows."""
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
    }
    return pl.coalesce(pl.when(test).then(pl.lit(reason)) for reason, test in failed.items())


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
