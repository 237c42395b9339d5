"""Rows of YFCC100M's metadata files, in both layouts, parsed by whole columns.

Fields and their order: YFCC100M's readme. The layout of 25 columns puts a line number before the photo id and
a hash after it. What decompresses and what decides that a file is of this kind lies elsewhere
(`assets.ingestion.streams`, `assets.ingestion.recognise`).
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from assets.ingestion.decode import download_hashes, split_tags, url_decoded
from assets.ingestion.lines import (
    BYTE_ORDER_MARK,
    LineBlock,
    field_counts,
    first_lines,
    line_blocks,
    only_lines,
    shown,
    unreadable_lines,
)
from assets.ingestion.numbers import is_whole_number, read_numbers, read_stamps
from assets.ingestion.shards import Shard, ShardCollector, rejections

_FIELDS_23 = (
    "photo_id",
    "user_id",
    "nickname",
    "taken_at",
    "uploaded_at",
    "device",
    "title",
    "description",
    "tags",
    "machine_tags",
    "longitude",
    "latitude",
    "accuracy",
    "page_url",
    "download_url",
    "license",
    "license_url",
    "server",
    "farm",
    "secret",
    "secret_original",
    "extension",
    "marker",
)
LAYOUTS: dict[int, tuple[str, ...]] = {
    23: _FIELDS_23,
    25: ("line", "photo_id", "hash", *_FIELDS_23[1:]),
}
"""Names of the fields by their number."""

_UNUSED = {
    "line", "nickname", "uploaded_at", "device", "license_url", "server", "farm", "secret", "secret_original",
}  # fmt: skip
_NO_PLACE = "-1.0"
_IS_HASH = "^[0-9a-f]{16,32}$"
_NO_ID = "photo id is not a whole number"


def read_yfcc100m(
    source_file: str, blocks: Iterable[bytes], columns: int, shard_rows: int, limit_rows: int = 0
) -> Iterator[Shard]:
    """Parse a stream of metadata rows into shards; every line is in exactly one, as raw or as rejected.

    Args:
        source_file: Key of the file.
        blocks: Its plain bytes in order.
        columns: 23 or 25.
        shard_rows: Lines in a shard, rejected ones included.
        limit_rows: Lines to read, 0 for all.
    """
    shards = ShardCollector(source_file)
    for block in first_lines(line_blocks(blocks, shard_rows), limit_rows):
        yield from shards.add(block.shard, len(block.ends), *parse_block(block, columns))
    yield from shards.finish()


def parse_block(
    block: LineBlock, columns: int, no_rows: Mapping[int, str] | None = None
) -> tuple[pa.Table, pl.DataFrame]:
    """Parse whole lines.

    Args:
        block: The lines.
        columns: 23 or 25.
        no_rows: Lines known to be no rows, as their index in the block and why.

    Returns:
        The readable rows as `RAW_PHOTOS` without `source_file`, and the rejected ones (line number, reason,
        text).
    """
    unreadable = _lines_that_are_no_rows(block, columns) | dict(no_rows or {})
    is_row = np.ones(len(block.ends), dtype=bool)
    is_row[list(unreadable)] = False
    fields = _fields(only_lines(block, is_row), columns).with_columns(
        index=pl.Series(np.flatnonzero(is_row), dtype=pl.Int64), line_number=pl.Series(block.numbers[is_row])
    )
    values = _typed(fields)
    bad = values.filter(pl.col("reason").is_not_null())
    unreadable |= dict(zip(bad["index"].to_list(), bad["reason"].to_list(), strict=True))
    good = values if bad.is_empty() else values.filter(pl.col("reason").is_null())
    raw = _decoded(good)
    rejected = rejections(
        block.numbers[list(unreadable)].tolist(),
        list(unreadable.values()),
        [shown(block.line(index)) for index in unreadable],
    )
    return raw, rejected


def _lines_that_are_no_rows(block: LineBlock, columns: int) -> dict[int, str]:
    counts = field_counts(block, b"\t")
    wrong = np.flatnonzero(counts != columns).tolist()
    reasons = {index: f"{counts[index]} columns instead of {columns}" for index in wrong}
    if LAYOUTS[columns][0] == "photo_id" and BYTE_ORDER_MARK in block.data:
        # The reader of fields would skip the mark in what happens to be the first line that it gets.
        first_bytes = np.frombuffer(block.data, dtype=np.uint8)[block.starts]
        for index in np.flatnonzero(first_bytes == BYTE_ORDER_MARK[0]).tolist():
            if block.line(index).startswith(BYTE_ORDER_MARK):
                reasons.setdefault(index, _NO_ID)
    return reasons | unreadable_lines(block)


def _fields(lines: bytes, columns: int) -> pl.DataFrame:
    names = LAYOUTS[columns]
    wanted = [name for name in names if name not in _UNUSED]
    if not lines:
        return pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    fields = pl.read_csv(
        lines,
        has_header=False,
        separator="\t",
        quote_char=None,
        schema=dict.fromkeys(names, pl.String),
        columns=[names.index(name) for name in wanted],
    )
    return fields.select(wanted)


def _typed(fields: pl.DataFrame) -> pl.DataFrame:
    """Numbers, place and marker, and in `reason` what is wrong with the row."""
    marker = pl.col("marker").str.strip_chars_end("\r")
    no_place = (pl.col("longitude") == _NO_PLACE) & (pl.col("latitude") == _NO_PLACE)
    placed = fields.with_columns(
        pl.when(no_place).then(None).otherwise(pl.col(name)).alias(name) for name in ("longitude", "latitude")
    )
    longitude, longitude_is_bad = read_numbers(placed["longitude"])
    latitude, latitude_is_bad = read_numbers(placed["latitude"])
    return placed.with_columns(
        photo_id=pl.col("photo_id").cast(pl.Int64, strict=False),
        source_id=pl.col("photo_id"),
        longitude=longitude,
        latitude=latitude,
        is_video=marker == "1",
        reason=pl.coalesce(
            pl.when(~is_whole_number("photo_id").fill_null(value=False)).then(pl.lit(_NO_ID)),
            pl.when(longitude_is_bad).then(pl.lit("longitude is not a number")),
            pl.when(latitude_is_bad).then(pl.lit("latitude is not a number")),
            pl.when(~marker.is_in(["0", "1"]).fill_null(value=False)).then(
                pl.lit("marker is neither 0 (photo) nor 1 (video)")
            ),
        ),
    )


def _decoded(rows: pl.DataFrame) -> pa.Table:
    rows = rows.with_columns(
        hash=_hashes(rows),
        taken_at=read_stamps(rows["taken_at"]),
        accuracy=pl.col("accuracy").cast(pl.Int16, strict=False),
        # An empty extension passes no filter; null would mean that the source has none to give.
        extension=pl.col("extension").fill_null("").str.to_lowercase(),
    )
    table = rows.drop("reason", "index", "marker").to_arrow(compat_level=pl.CompatLevel.oldest())
    for name in ("title", "description"):
        table = _with_column(table, name, url_decoded(_one_chunk(table[name])))
    for name in ("tags", "machine_tags"):
        table = _with_column(table, name, split_tags(_one_chunk(table[name])))
    return table


def _hashes(rows: pl.DataFrame) -> pl.Series:
    # The file's own hash names the image in the bucket; one that is no hash could name anything.
    if "hash" not in rows.columns:
        return download_hashes(rows["download_url"])
    given = rows["hash"]
    good = given.str.contains(_IS_HASH).fill_null(value=False)
    if good.all():
        return given
    return given.zip_with(good, download_hashes(rows["download_url"]))


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)
