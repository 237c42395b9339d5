"""Lines are cut the same way however the bytes arrive, and none is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingestion.lines import (
    MAX_LINE_BYTES,
    field_counts,
    line_blocks,
    only_lines,
    shown,
    unreadable_lines,
)

TEXTS = st.text("ab\t\n\r\0é", max_size=60).map(str.encode) | st.binary(max_size=60)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(TEXTS, st.integers(1, 20), st.integers(1, 5))
def test_lines_do_not_depend_on_blocks(data: bytes, size: int, shard_rows: int) -> None:
    data = data.removeprefix(b"\xef\xbb\xbf")
    expected = data.removesuffix(b"\n").split(b"\n") if data else []
    found: list[bytes] = []
    for block in line_blocks(cut(data, size), shard_rows):
        lines = [block.line(index) for index in range(len(block.ends))]
        assert block.numbers.tolist() == list(range(len(found) + 1, len(found) + len(lines) + 1))
        assert {(number - 1) // shard_rows for number in block.numbers.tolist()} == {block.shard}
        assert b"".join(line + b"\n" for line in lines) == block.data
        assert field_counts(block, b"\t").tolist() == [line.count(b"\t") + 1 for line in lines]
        found += lines
    assert found == expected


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_byte_order_mark_is_left_out_only_at_the_start(size: int) -> None:
    blocks = line_blocks(cut(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", size), 10)
    assert b"".join(block.data for block in blocks) == b"a\n\xef\xbb\xbfb\n"


def test_unreadable_lines() -> None:
    lines = [b"good", b"caf\xe9", "café".encode(), b"nul\0", b"", b"x" * (MAX_LINE_BYTES + 1), b"last"]
    (block,) = line_blocks([b"\n".join([*lines, b""])], 100)
    assert unreadable_lines(block) == {
        1: "not UTF-8",
        3: "holds a NUL character",
        5: "longer than 1,000,000 bytes",
    }
    assert only_lines(block, np.array([True, False, True, False, True, False, True])) == (
        "good\ncafé\n\nlast\n".encode()
    )


def test_endless_line_does_not_fill_the_memory() -> None:
    blocks = iter([b"a\n"] + [b"x" * 500_000] * 40 + [b"y\nb\n"])
    found = list(line_blocks(blocks, 100))
    assert [len(block.ends) for block in found] == [1, 2]
    assert max(len(block.data) for block in found) < 2 * MAX_LINE_BYTES
    assert unreadable_lines(found[1]) == {0: "longer than 1,000,000 bytes"}
    assert found[1].line(1) == b"b"


def test_shown_text_is_harmless() -> None:
    assert shown(b"a\tb\r\0\x1b[31m\xff\xc3\xa9") == "a\\tb\\r\\x00\\x1b[31m\\xffé"
    assert shown(b"x" * 300) == "x" * 200 + "…"
