"""What every reader yields: shards of readable and rejected rows, in the contract's columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from assets.base.tables.photos import RAW_PHOTOS, REJECTED_ROWS

_REJECTED_SCHEMA = {"line_number": pl.Int64, "reason": pl.String, "text": pl.String}


@dataclass(frozen=True)
class Shard:
    """A fixed number of consecutive rows of one source file, the last shard shorter.

    Attributes:
        index: Number of the shard within its file, from 0.
        rows: Rows of the file that went into it, counted before they were parsed: none may be lost on the way.
        raw: Readable rows, as `RAW_PHOTOS`, in the file's order.
        rejected: Rows that could not be read, as `REJECTED_ROWS`, in the file's order.
    """

    index: int
    rows: int
    raw: pa.Table
    rejected: pa.Table

    @property
    def last_line(self) -> int:
        """Line number of the last row."""
        numbers = (table["line_number"] for table in (self.raw, self.rejected) if table.num_rows)
        return max(int(pc.max(column).as_py()) for column in numbers)


@dataclass(frozen=True)
class Done:
    """How much of a source file is read, in whole shards.

    Attributes:
        shards: Shards.
        rows: Rows, rejected ones included.
        rejected_rows: Rejected rows.
        taken_down: Rows left out, for their photos were taken down.
        last_line: Line number of the last row, None if there is none.
    """

    shards: int = 0
    rows: int = 0
    rejected_rows: int = 0
    taken_down: int = 0
    last_line: int | None = None

    def plus(self, *, rows: int, rejected_rows: int, taken_down: int, last_line: int) -> "Done":
        """With one more shard."""
        return Done(
            self.shards + 1,
            self.rows + rows,
            self.rejected_rows + rejected_rows,
            self.taken_down + taken_down,
            last_line,
        )


@dataclass
class ShardCollector:
    """Gathers parsed blocks of one source file into shards.

    Attributes:
        source_file: Key of the file.
    """

    source_file: str
    _index: int | None = None
    _rows: int = 0
    _raw: list[pa.Table] = field(default_factory=list)
    _rejected: list[pl.DataFrame] = field(default_factory=list)

    def add(self, index: int, rows: int, raw: pa.Table, rejected: pl.DataFrame) -> Iterator[Shard]:
        """Take a block of shard `index`; yields the shard before it once that is complete.

        Args:
            index: The shard that the block belongs to; never falls.
            rows: Rows of the block.
            raw: `RAW_PHOTOS` but for the column `source_file`.
            rejected: Line number, reason and text.
        """
        if self._index is not None and index != self._index:
            yield from self.finish()
        self._index = index
        self._rows += rows
        self._raw.append(raw)
        self._rejected.append(rejected)

    def finish(self) -> Iterator[Shard]:
        """Yield the last shard, if there is one."""
        if self._index is None:
            return
        raw = pa.concat_tables(self._raw)
        rejected = pl.concat(self._rejected).sort("line_number").to_arrow()
        yield Shard(
            self._index,
            self._rows,
            RAW_PHOTOS.conform(self._with_source(raw)),
            REJECTED_ROWS.conform(self._with_source(rejected)),
        )
        self._index, self._rows, self._raw, self._rejected = None, 0, [], []

    def _with_source(self, table: pa.Table) -> pa.Table:
        return table.append_column("source_file", pa.repeat(pa.scalar(self.source_file), table.num_rows))


def rejections(lines: list[int], reasons: list[str], texts: list[str]) -> pl.DataFrame:
    """Rejected rows as a typed frame."""
    return pl.DataFrame({"line_number": lines, "reason": reasons, "text": texts}, schema=_REJECTED_SCHEMA)
