"""Rows of an SQLite database of YFCC100M's metadata, made into shards by the parser of the text files.

A shard is the next so many rows in the order of their rowids, not a range of rowids of fixed width: a table whose
photo id is its rowid has gaps that would leave such ranges all but empty. Once it is read, its first and last rowid
define it, so that what comes after it can be read without it.
"""

from collections.abc import Iterator

import numpy as np

from assets.ingestion.database import Database
from assets.ingestion.database_table import COLUMNS
from assets.ingestion.errors import EmptySourceError
from assets.ingestion.lines import MAX_LINE_BYTES, LineBlock, field_counts
from assets.ingestion.shards import Done, Shard, ShardCollector
from assets.ingestion.streams import BLOCK_BYTES
from assets.ingestion.yfcc100m import parse_block

_CUT = "holds a tab or a newline within a field"


def read_database(database: Database, shard_rows: int, limit_rows: int, done: Done) -> Iterator[Shard]:
    """Parse a database's rows into shards; every row is in exactly one, as raw or as rejected; line numbers are rowids.

    Args:
        database: The open database.
        shard_rows: Rows in a shard, rejected ones included.
        limit_rows: Rows to read of the whole file, those that are done included; 0 for all.
        done: What was read before, in whole shards.

    Raises:
        EmptySourceError: The table has no row.
        DamagedSourceError: The database is damaged.
        UnreachableSourceError: It cannot be read any more.
    """
    shards = ShardCollector(database.file.key)
    read = 0
    for block in _blocks(database, shard_rows, limit_rows, done):
        rows = len(block.ends)
        read += rows
        yield from shards.add(block.shard, rows, *parse_block(block, len(COLUMNS), _no_rows(block)))
    if not read and not done.rows:
        url, table = database.file.url, database.table.name
        raise EmptySourceError(f"source file {url} is empty: expected rows of metadata in table {table}, found none")
    yield from shards.finish()


def _blocks(database: Database, shard_rows: int, limit_rows: int, done: Done) -> Iterator[LineBlock]:
    """The rows as lines, in blocks that never cross a shard's border."""
    left = limit_rows - done.rows
    if limit_rows and left <= 0:
        return
    shard = done.shards
    numbers: list[int] = []
    lines: list[bytes] = []
    size = in_shard = 0
    for rowid, line in database.rows(done.last_line, left if limit_rows else 0):
        # As from a text file: of a line that is far too long as much is kept as shows that it is.
        kept = database.beginning(rowid).ljust(MAX_LINE_BYTES + 1) if line is None else line
        numbers.append(rowid)
        lines.append(kept)
        size += len(kept)
        in_shard += 1
        if size >= BLOCK_BYTES or in_shard == shard_rows:
            yield _block(numbers, lines, shard)
            numbers, lines, size = [], [], 0
        if in_shard == shard_rows:
            shard, in_shard = shard + 1, 0
    if lines:
        yield _block(numbers, lines, shard)


def _block(numbers: list[int], lines: list[bytes], shard: int) -> LineBlock:
    ends = np.cumsum([len(line) + 1 for line in lines], dtype=np.int64) - 1
    return LineBlock(b"\n".join((*lines, b"")), ends, np.array(numbers, dtype=np.int64), shard)


def _no_rows(block: LineBlock) -> dict[int, str]:
    """Lines whose fields hold what separates fields and rows, which no text file can."""
    lines = len(block.ends)
    cut: set[int] = set()
    if block.data.count(b"\t") != lines * (len(COLUMNS) - 1):
        cut.update(np.flatnonzero(field_counts(block, b"\t") != len(COLUMNS)).tolist())
    if block.data.count(b"\n") != lines:
        newlines = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == ord("\n"))
        cut.update(np.searchsorted(block.ends, np.setdiff1d(newlines, block.ends)).tolist())
    return dict.fromkeys(sorted(cut), _CUT)
