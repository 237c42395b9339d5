"""Which images are still there: their share by the year a photo was taken, by continent and by licence.

Counted shard by shard, so that memory does not grow with the collection. Drawing is in `assets.images.figures`.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from assets.images.outcome import MISSING, OK, TRANSIENT

SHOWN_BY = {"year": "by year taken", "continent": "by continent", "license": "by licence"}
DIMENSIONS = ("all", *SHOWN_BY)
PHOTO_COLUMNS = ("photo_id", "taken_at", "continent", "license")
OTHERS = "all others"
UNKNOWN = "unknown"

COUNTS = ("wanted", "ok", "missing", "transient", "other")
_KEYS = ("dimension", "value")


def count_shard(photos: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """Count one shard's photos that have a status.

    Args:
        photos: `PHOTO_COLUMNS`.
        statuses: `photo_id` and `status`; those of other photos count for nothing.

    Returns:
        `dimension`, `value` (null where the photo does not say), `wanted`, `ok`, `missing`, `transient`, `other`.
    """
    status = pl.col("status")
    marked = photos.join(statuses, on="photo_id").select(
        pl.lit("all").alias("all"),
        pl.col("taken_at").dt.year().cast(pl.String).alias("year"),
        "continent",
        "license",
        (status == OK).alias("ok"),
        (status == MISSING).alias("missing"),
        (status == TRANSIENT).alias("transient"),
        (~status.is_in([OK, MISSING, TRANSIENT])).alias("other"),
    )
    counts = [pl.len().alias("wanted"), *(pl.col(name).sum() for name in COUNTS[1:])]
    return pl.concat(
        marked.group_by(pl.col(dimension).alias("value"))
        .agg(counts)
        .select(pl.lit(dimension).alias("dimension"), "value", *(pl.col(name).cast(pl.Int64) for name in COUNTS))
        for dimension in DIMENSIONS
    )


def survivorship(shards: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add up what `count_shard` counted.

    Returns:
        Table `image_survivorship`: dimensions in order, years ascending, other values most photos first, null last.
    """
    total: pl.DataFrame | None = None
    for shard in shards:
        both = shard if total is None else pl.concat([total, shard])
        total = both.group_by(_KEYS).agg(pl.col(name).sum() for name in COUNTS)
    if total is None:
        return pl.DataFrame(schema=_SCHEMA)
    by_time = pl.when(pl.col("dimension") == "year").then(pl.col("value").cast(pl.Int64, strict=False)).otherwise(0)
    place = pl.col("dimension").replace_strict({name: place for place, name in enumerate(DIMENSIONS)})
    ordered = total.sort(place, by_time, "wanted", "value", descending=[False, False, True, False], nulls_last=True)
    return ordered.select(*_KEYS, *COUNTS, share_ok=pl.col("ok") / pl.col("wanted"))


_SCHEMA = {"dimension": pl.String, "value": pl.String, **dict.fromkeys(COUNTS, pl.Int64), "share_ok": pl.Float64}


def to_show(table: pl.DataFrame, dimension: str, most: int, names: Mapping[str, str] | None = None) -> pl.DataFrame:
    """One dimension for a table or figure of bounded size: rare values are added up, values get their names.

    Args:
        table: Table `image_survivorship`.
        dimension: One of `DIMENSIONS`.
        most: Most values; of more, the rarest become one.
        names: Value -> what to call it.
    """
    rows = table.filter(pl.col("dimension") == dimension).with_columns(
        pl.col("value").replace(dict(names or {})).fill_null(UNKNOWN)
    )
    if rows.height > most:
        kept = rows["wanted"].rank("ordinal", descending=True) < most
        rare = rows.filter(~kept).select(
            pl.lit(dimension).alias("dimension"), pl.lit(OTHERS).alias("value"), *(pl.col(one).sum() for one in COUNTS)
        )
        rows = pl.concat([rows.filter(kept).drop("share_ok"), rare])
    return rows.with_columns(share_ok=pl.col("ok") / pl.col("wanted"))
