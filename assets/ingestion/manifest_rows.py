"""Rows of a manifest, whatever it is written in: CSV, JSON lines or Parquet, a batch at a time.

What the columns mean is in `assets.ingestion.manifest`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.ingestion.csv_records import Fault, csv_records, fault_of, text_of
from assets.ingestion.errors import DamagedSourceError, WrongFormatError
from assets.ingestion.lines import (
    LineBlock,
    line_blocks,
    shown,
    unreadable_lines,
)
from assets.ingestion.recognise import MANIFEST_COLUMNS
from assets.ingestion.shards import rejections

OPTIONAL_COLUMNS = ("user_id", "taken_at", "title", "license")

_BATCH_ROWS = 20_000
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class RowBatch:
    """Some consecutive rows of one shard.

    Attributes:
        shard: Index of the shard that they belong to.
        rows: How many they are, counted before any is parsed.
        fields: Row number, and the manifest's known columns as text, numbers or lists of text, null where
            missing.
        rejected: Rows that could not be read: number, reason, text.
    """

    shard: int
    rows: int
    fields: pl.DataFrame
    rejected: pl.DataFrame


def known_columns(url: str, names: Sequence[str]) -> list[str]:
    """Those of a manifest's columns that are used.

    Raises:
        WrongFormatError: One is missing, or there twice.
    """
    wanted = (*MANIFEST_COLUMNS, *OPTIONAL_COLUMNS)
    twice = sorted({name for name in names if name in wanted and names.count(name) > 1})
    if twice:
        raise WrongFormatError(
            f"manifest {url}: the column {twice[0]} is there {names.count(twice[0])} times, expected once"
        )
    missing = [name for name in MANIFEST_COLUMNS if name not in names]
    if missing:
        raise WrongFormatError(
            f"manifest {url}: expected the columns {', '.join(MANIFEST_COLUMNS)}; found {', '.join(names)}, "
            f"which lacks {', '.join(missing)}"
        )
    return [name for name in wanted if name in names]


def csv_batches(url: str, blocks: Iterable[bytes], delimiter: str, shard_rows: int) -> Iterator[RowBatch]:
    """Rows of a CSV file, numbered from 1 after the header; a quoted field may hold newlines.

    Raises:
        WrongFormatError: The header lacks a column, or has it twice.
    """
    records = csv_records(blocks, delimiter)
    first = next(records, [])
    header = [name.strip() for name in ([] if isinstance(first, Fault) else first)]
    columns = known_columns(url, header)
    places = [header.index(name) for name in columns]
    row = 0
    # A batch never crosses a shard's border.
    while batch := list(islice(records, min(_BATCH_ROWS, shard_rows - row % shard_rows))):
        reasons = {
            index: reason for index, record in enumerate(batch) if (reason := fault_of(record, len(header))) is not None
        }
        good = [record for index, record in enumerate(batch) if index not in reasons]
        numbers = [row + index + 1 for index in range(len(batch)) if index not in reasons]
        values = list(zip(*good, strict=True)) if good else [()] * len(header)
        fields = pl.DataFrame(
            {"row": numbers} | {name: values[place] for name, place in zip(columns, places, strict=True)},
            schema={"row": pl.Int64} | dict.fromkeys(columns, pl.String),
        ).with_columns(pl.col(columns).replace("", None))
        texts = [text_of(batch[index], delimiter) for index in reasons]
        rejected = rejections([row + index + 1 for index in reasons], list(reasons.values()), texts)
        yield RowBatch(row // shard_rows, len(batch), fields, rejected)
        row += len(batch)


def json_batches(blocks: Iterable[bytes], shard_rows: int) -> Iterator[RowBatch]:
    """Objects of a file of JSON lines, numbered by line from 1."""
    for block in line_blocks(blocks, shard_rows):
        reasons = unreadable_lines(block)
        rows: list[dict[str, Any]] = []
        for index in range(len(block.ends)):
            if index in reasons:
                continue
            values = _json_row(block.line(index))
            if isinstance(values, str):
                reasons[index] = values
            else:
                rows.append({"row": int(block.numbers[index])} | values)
        yield RowBatch(block.shard, len(block.ends), _json_frame(rows), _rejected_lines(block, reasons))


def parquet_batches(url: str, stored: BinaryIO, shard_rows: int) -> Iterator[RowBatch]:
    """Rows of a Parquet file, numbered from 1; read by row groups, never whole.

    Raises:
        WrongFormatError: A column is missing, there twice, or of a type that it cannot have.
        DamagedSourceError: The file is cut off or damaged.
    """
    try:
        file = pq.ParquetFile(stored)
        names = file.schema_arrow.names
        columns = known_columns(url, names)
        row = 0
        for batch in file.iter_batches(min(_BATCH_ROWS, shard_rows), columns=columns):
            batch.validate(full=True)
            whole = pa.Table.from_batches([batch])
            while whole.num_rows:
                part = whole.slice(0, shard_rows - row % shard_rows)
                fields = _parquet_frame(url, part, row)
                yield RowBatch(row // shard_rows, part.num_rows, fields, rejections([], [], []))
                row += part.num_rows
                whole = whole.slice(part.num_rows)
    except WrongFormatError:
        raise
    except (pa.ArrowException, OSError) as error:
        message = str(error).split("\n", 1)[0]
        raise DamagedSourceError(f"manifest {url} is cut off or damaged: {message}") from error


def first_rows(batches: Iterable[RowBatch], limit: int) -> Iterator[RowBatch]:
    """The first rows of a manifest, and no batch asked for beyond them.

    Args:
        batches: The manifest's rows from its beginning.
        limit: At most so many rows, 0 for all.
    """
    left = limit
    for batch in batches:
        if not limit or batch.rows < left:
            yield batch
            left -= batch.rows
            continue
        fields = batch.fields.filter(pl.col("row") <= limit)
        yield RowBatch(batch.shard, left, fields, batch.rejected.filter(pl.col("line_number") <= limit))
        return


def _json_row(line: bytes) -> dict[str, Any] | str:
    """The known values of one object as text and lists of text, or why there are none."""
    if not line.strip():
        return "empty line"
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(values, dict):
        return "no JSON object"
    missing = [name for name in MANIFEST_COLUMNS if name not in values]
    if missing:
        return f"lacks {', '.join(missing)}"
    row: dict[str, Any] = {}
    for name in (*MANIFEST_COLUMNS, *OPTIONAL_COLUMNS):
        value = values.get(name)
        if name == "tags" and isinstance(value, list):
            if not all(isinstance(tag, str | int | float) for tag in value):
                return "tags is not a list of text"
            row[name] = [_clean(str(tag)) for tag in value]
        elif value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            text = None if value in (None, "") else _clean(str(value))
            row[name] = text.split(",") if name == "tags" and text is not None else text
        else:
            return f"{name} is neither text nor a number"
    return row


def _clean(text: str) -> str:
    # JSON can escape half a character, which no text can hold.
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _json_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    texts = dict.fromkeys((*MANIFEST_COLUMNS, *OPTIONAL_COLUMNS), pl.String)
    return pl.DataFrame(rows, schema={"row": pl.Int64} | texts | {"tags": pl.List(pl.String)})


def _rejected_lines(block: LineBlock, reasons: dict[int, str]) -> pl.DataFrame:
    return rejections(
        block.numbers[list(reasons)].tolist(),
        list(reasons.values()),
        [shown(block.line(index)) for index in reasons],
    )


def _parquet_frame(url: str, part: pa.Table, rows_before: int) -> pl.DataFrame:
    fields = pl.from_arrow(part)
    assert isinstance(fields, pl.DataFrame)
    for name, kind in fields.schema.items():
        inner = kind.inner if isinstance(kind, pl.List | pl.Array) and name == "tags" else kind
        wrong = inner.is_nested() or inner in (pl.Binary, pl.Boolean, pl.Object)
        if wrong or (inner.is_temporal() and name != "taken_at"):
            expected = "text or a list of text" if name == "tags" else "text or numbers"
            raise WrongFormatError(f"manifest {url}: column {name}: expected {expected}, found {kind}")
        if isinstance(kind, pl.List | pl.Array):
            fields = fields.with_columns(pl.col(name).cast(pl.List(pl.String)))
        elif not (inner.is_numeric() or inner.is_temporal()):
            fields = fields.with_columns(pl.col(name).cast(pl.String).replace("", None))
    numbers = pl.int_range(rows_before + 1, rows_before + part.num_rows + 1, dtype=pl.Int64)
    return fields.with_columns(row=numbers)
