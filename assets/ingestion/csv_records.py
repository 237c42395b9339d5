"""Rows of a CSV file as lists of text, and the lines that begin none told apart.

What the columns mean is in `assets.ingestion.manifest_rows`.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from assets.ingestion.lines import BYTE_ORDER_MARK, MAX_LINE_BYTES, line_blocks, shown

_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_ERRORS = "surrogateescape"


class Fault(NamedTuple):
    """A line that begins no row: why, and the line."""

    reason: str
    text: str


def _text_lines(blocks: Iterable[bytes]) -> Iterator[str]:
    for block in line_blocks(blocks, 1 << 62):
        text = block.data.removeprefix(BYTE_ORDER_MARK if block.numbers[0] == 1 else b"")
        yield from (f"{line}\n" for line in text.decode("utf-8", _TEXT_ERRORS).split("\n")[:-1])


def csv_records(blocks: Iterable[bytes], delimiter: str) -> Iterator[list[str] | Fault]:
    """Rows of a CSV file; in place of a line that begins none, why.

    A quote that is not closed would take all that follows into its field, thousands of rows as one. It costs its own
    line: with a row that cannot be made out, or that spans lines and has too few or too many fields, reading goes on at
    its second line.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    lines = _text_lines(blocks)
    again: deque[str] = deque()
    taken: list[str] = []
    columns: int | None = None

    def feed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            yield line

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        try:
            record = next(reader, None)
            reason = ""
        except csv.Error as error:
            record, reason = [], f"no CSV: {error}"
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
        if record is None:
            return
        columns = columns or len(record)
        if not reason and len(taken) > 1 and len(record) != columns:
            reason = f"{len(record)} columns instead of {columns}, over {len(taken)} lines"
        if not reason:
            yield record
            continue
        again.extendleft(reversed(taken[1:]))
        yield Fault(reason, taken[0])


def fault_of(record: list[str] | Fault, columns: int) -> str | None:
    """Why a record is no row of so many columns; None if it is one."""
    if isinstance(record, Fault):
        return record.reason
    if len(record) != columns:
        return f"{len(record)} columns instead of {columns}" if record else "empty line"
    # One look at the whole row is quicker than one at each field; NUL and bytes that are no UTF-8 are rare.
    text = "".join(record)
    if "\0" in text:
        return "holds a NUL character"
    return "not UTF-8" if not text.isascii() and _SURROGATE.search(text) else None


def text_of(record: list[str] | Fault, delimiter: str) -> str:
    """The beginning of a record as harmless text."""
    text = record.text.removesuffix("\n") if isinstance(record, Fault) else delimiter.join(record)
    return shown(text.encode("utf-8", _TEXT_ERRORS))
