"""What a source file is, judged by its content: never by its name.

A file that is not what it is said to be, or nothing that can be read, stops here with a sentence; single bad
rows do not.
"""

import csv
import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from assets.ingestion.errors import EmptySourceError, WrongFormatError
from assets.ingestion.lines import BYTE_ORDER_MARK, shown
from assets.ingestion.sources import SourceFile, SourceKind
from assets.ingestion.streams import Compression, compression_of, first_bytes, read_blocks
from assets.ingestion.yfcc100m import LAYOUTS

ManifestLayout = Literal["csv", "json lines", "parquet"]
Layout = int | Literal["sqlite"] | ManifestLayout

MANIFEST_COLUMNS = ("photo_id", "tags", "latitude", "longitude", "image")
"""Columns that a manifest must have."""

_HEAD_BYTES = 1 << 20
_SAMPLED_LINES = 1000
_SQLITE = b"SQLite format 3\0"
_PARQUET = b"PAR1"
_DELIMITERS = ",;\t"
_WHAT = {
    "yfcc100m": "YFCC100M metadata: tab-separated lines of 23 or 25 columns, or an SQLite database",
    "manifest": f"a manifest: CSV, JSON lines or Parquet with {', '.join(MANIFEST_COLUMNS)}",
}


@dataclass(frozen=True)
class SourceFormat:
    """How a file is to be read.

    Attributes:
        kind: Rows of YFCC100M's metadata, or a manifest.
        layout: Number of columns or `sqlite` (YFCC100M), or kind of text (manifest).
        compression: How it is compressed.
        delimiter: What separates the fields of a manifest in CSV, else empty.
    """

    kind: SourceKind
    layout: Layout
    compression: Compression
    delimiter: str = ""

    def describe(self) -> str:
        """In words, such as `yfcc100m, 25 columns, bzip2`."""
        layout = f"{self.layout} columns" if isinstance(self.layout, int) else self.layout
        return f"{self.kind}, {layout}, {self.compression}"


def recognise(file: SourceFile, said: SourceKind | None = None) -> SourceFormat:
    """Find out what a file is.

    Args:
        file: The file.
        said: What it is said to be; None leaves it to the content.

    Raises:
        WrongFormatError: It is not that, or nothing that can be read.
        EmptySourceError: There is nothing in it once it is decompressed.
        DamagedSourceError: Not even its beginning can be decompressed.
    """
    beginning = first_bytes(file)
    compression = compression_of(beginning)
    # Of a database nothing more is read here: its beginning may be far away, and says no more.
    head = beginning if beginning.startswith(_SQLITE) else _head(file, compression)
    if head.startswith(_SQLITE):
        return _sqlite(file, said, compression)
    if said != "yfcc100m" and (manifest := _manifest(file, head, compression)) is not None:
        return manifest
    if said != "manifest" and (columns := _yfcc100m_columns(head)) is not None:
        return SourceFormat("yfcc100m", columns, compression)
    raise WrongFormatError(
        f"source file {file.url}: expected {_WHAT[said] if said else _expected()}; found {_found(head)}"
    )


def _expected() -> str:
    return f"{_WHAT['yfcc100m']}, or {_WHAT['manifest']}"


def _head(file: SourceFile, compression: Compression) -> bytes:
    with closing(read_blocks(file, compression, _HEAD_BYTES)) as blocks:
        head = next(blocks, b"").removeprefix(BYTE_ORDER_MARK)
    if not head.strip():
        raise EmptySourceError(f"source file {file.url} is empty: expected rows of metadata, found none")
    return head


def _lines(head: bytes) -> list[bytes]:
    lines = head.split(b"\n", _SAMPLED_LINES)
    # The last piece is the rest, or a line that the head cuts off, unless it is all there is.
    return [line for line in lines[:-1] or lines if line]


def _sqlite(file: SourceFile, said: SourceKind | None, compression: Compression) -> SourceFormat:
    """A database by its header; `assets.ingestion.database` looks at its tables."""
    if said == "manifest":
        raise WrongFormatError(f"source file {file.url}: expected {_WHAT[said]}; found an SQLite database")
    if compression != "plain":
        raise WrongFormatError(
            f"source file {file.url} is an SQLite database inside {compression}: expected the database as it is"
        )
    return SourceFormat("yfcc100m", "sqlite", compression)


def _manifest(file: SourceFile, head: bytes, compression: Compression) -> SourceFormat | None:
    if head.startswith(_PARQUET):
        if compression != "plain":
            raise WrongFormatError(f"source file {file.url} is Parquet inside {compression}: expected Parquet as it is")
        return SourceFormat("manifest", "parquet", compression)
    if _is_json_object(head):
        return SourceFormat("manifest", "json lines", compression)
    delimiter = _csv_delimiter(head)
    return None if delimiter is None else SourceFormat("manifest", "csv", compression, delimiter)


def _is_json_object(head: bytes) -> bool:
    for line in _lines(head)[:20]:
        try:
            return isinstance(json.loads(line), dict)
        except (ValueError, RecursionError):
            continue
    return False


def _csv_delimiter(head: bytes) -> str | None:
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    for delimiter in _DELIMITERS:
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            continue
        known = {name.strip() for name in names}.intersection(MANIFEST_COLUMNS)
        if "photo_id" in known and len(known) > 1:
            return delimiter
    return None


def _column_counts(head: bytes) -> list[tuple[int, int]]:
    return Counter(line.count(b"\t") + 1 for line in _lines(head)).most_common()


def _yfcc100m_columns(head: bytes) -> int | None:
    counts = _column_counts(head)
    most = max((number for _, number in counts), default=0)
    for columns, number in counts:
        if number == most and columns in LAYOUTS and _has_photo_ids(head, columns):
            return columns
    return None


def _has_photo_ids(head: bytes, columns: int) -> bool:
    place = LAYOUTS[columns].index("photo_id")
    rows = (line.split(b"\t") for line in _lines(head))
    return any(len(row) == columns and row[place].isdigit() for row in rows)


def _found(head: bytes) -> str:
    lines = _lines(head)
    beginning = f"the beginning is {shown(lines[0][:60] if lines else head[:60])!r}"
    counts = _column_counts(head)
    if b"\0" in head or not counts:
        return f"binary data ({beginning})"
    columns = counts[0][0]
    if columns == 1:
        return f"lines without tabs and no header with the columns of a manifest ({beginning})"
    if columns in LAYOUTS:
        return f"lines of {columns} columns of which none has a photo id where it belongs ({beginning})"
    return f"lines of {columns} columns ({beginning})"
