"""From a stream of bytes to whole lines, cut into shards, with the lines that cannot be fields told apart.

Nothing here knows what a line means beyond its separator and its number of fields.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_LINE_BYTES = 1_000_000
"""Longer lines are rejected: the longest of YFCC100M has some 100 kB, and memory must stay bounded."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_NEWLINE = 10
_SHOWN_BYTES = 200
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {9: "\\t", 13: "\\r"}


@dataclass(frozen=True)
class LineBlock:
    """Some consecutive whole lines of one shard.

    Attributes:
        data: The lines, each ended by a newline.
        ends: Position of each line's newline in `data`, int64 of shape (lines,).
        numbers: Number of each line in the file, int64 of shape (lines,).
        shard: Index of the shard that they belong to.
    """

    data: bytes
    ends: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    shard: int

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Position of each line's first byte, int64 of shape (lines,)."""
        return np.concatenate(([0], self.ends[:-1] + 1))

    def line(self, index: int) -> bytes:
        """One line without its newline."""
        start = 0 if index == 0 else int(self.ends[index - 1]) + 1
        return self.data[start : int(self.ends[index])]


def line_blocks(blocks: Iterable[bytes], shard_rows: int) -> Iterator[LineBlock]:
    """Cut a stream into blocks of whole lines, numbered from 1, that never cross a shard's border.

    A last line without newline counts. Of a line that is far too long only the beginning is kept, still long
    enough to be recognised as too long, so that a file without newlines does not fill the memory.

    Args:
        blocks: Bytes of the file in order.
        shard_rows: Lines in a shard.
    """
    lines = 0
    rest = b""
    at_start = True
    for block in blocks:
        data = rest + block
        if at_start and len(data) >= len(BYTE_ORDER_MARK):
            data = data.removeprefix(BYTE_ORDER_MARK)
            at_start = False
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _NEWLINE)
        whole = int(ends[-1]) + 1 if len(ends) else 0
        rest = data[whole : whole + MAX_LINE_BYTES + 1]
        yield from _in_shards(data, ends, lines, shard_rows)
        lines += len(ends)
    if rest:
        yield from _in_shards(rest + b"\n", np.array([len(rest)]), lines, shard_rows)


def first_lines(blocks: Iterable[LineBlock], limit: int) -> Iterator[LineBlock]:
    """The first lines of a file, and no block asked for beyond them.

    Args:
        blocks: The file's lines from its beginning.
        limit: At most so many lines, 0 for all.
    """
    left = limit
    for block in blocks:
        if not limit or len(block.ends) < left:
            yield block
            left -= len(block.ends)
            continue
        ends = block.ends[:left]
        yield LineBlock(block.data[: int(ends[-1]) + 1], ends, block.numbers[:left], block.shard)
        return


def field_counts(block: LineBlock, separator: bytes) -> npt.NDArray[np.int64]:
    """Fields of each line, int64 of shape (lines,)."""
    is_separator = (np.frombuffer(block.data, dtype=np.uint8) == separator[0]).view(np.uint8)
    # Counting in bytes is many times as fast; only if a line has more than they can hold is a sum too small.
    counts = np.add.reduceat(is_separator, block.starts, dtype=np.uint8)
    if counts.sum(dtype=np.int64) != np.count_nonzero(is_separator):
        counts = np.add.reduceat(is_separator, block.starts, dtype=np.int64)
    return counts.astype(np.int64) + 1


def unreadable_lines(block: LineBlock) -> dict[int, str]:
    """Lines that are no text, as their index in the block and why: too long, not UTF-8, or holding a NUL."""
    reasons: dict[int, str] = {}
    if not block.data.isascii():
        reasons |= dict.fromkeys(_not_utf8(block), "not UTF-8")
    if b"\0" in block.data:
        zeros = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == 0)
        reasons |= dict.fromkeys(_lines_of(block, zeros), "holds a NUL character")
    lengths = block.ends - block.starts
    if int(lengths.max(initial=0)) > MAX_LINE_BYTES:
        too_long = np.flatnonzero(lengths > MAX_LINE_BYTES).tolist()
        reasons |= dict.fromkeys(too_long, f"longer than {MAX_LINE_BYTES:,} bytes")
    return reasons


def only_lines(block: LineBlock, wanted: npt.NDArray[np.bool_]) -> bytes:
    """The bytes of the wanted lines, newlines included."""
    if wanted.all():
        return block.data
    lengths = block.ends - block.starts + 1
    return np.frombuffer(block.data, dtype=np.uint8)[np.repeat(wanted, lengths)].tobytes()


def shown(line: bytes) -> str:
    """The beginning of a line as harmless text: bad bytes and control characters escaped."""
    text = line[:_SHOWN_BYTES].decode("utf-8", "backslashreplace").translate(_ESCAPES)
    return text if len(line) <= _SHOWN_BYTES else f"{text}…"


def _in_shards(data: bytes, ends: npt.NDArray[np.int64], lines_before: int, shard_rows: int) -> Iterator[LineBlock]:
    index = 0
    start = 0
    while index < len(ends):
        shard = (lines_before + index) // shard_rows
        stop = min(len(ends), (shard + 1) * shard_rows - lines_before)
        end = int(ends[stop - 1]) + 1
        numbers = np.arange(lines_before + index + 1, lines_before + stop + 1)
        yield LineBlock(data[start:end], ends[index:stop] - start, numbers, shard)
        index, start = stop, end


def _lines_of(block: LineBlock, positions: npt.NDArray[np.int64]) -> list[int]:
    lines: list[int] = np.unique(np.searchsorted(block.ends, positions)).tolist()
    return lines


def _not_utf8(block: LineBlock) -> list[int]:
    if _is_utf8(block.data):
        return []
    beyond_ascii = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) > 127)
    return [index for index in _lines_of(block, beyond_ascii) if not _is_utf8(block.line(index))]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
