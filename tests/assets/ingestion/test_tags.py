"""The normal form of a hashtag, against the standard library one tag at a time."""

import re
import unicodedata

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_fields import simple_tag

from assets.ingestion.tags import count_tags, normalise_tags

# Letters whose case and form all versions of Unicode agree on, and the signs that make trouble.
LETTERS = st.text("aAzZ09_-%éÉßẞŞıİΣσςﬁＡ①½ññ한글ᄒ日本مرحبا \t\n\0\u200b\u200d\ufeff\u00a0\u3000ªℌ", max_size=8)


@given(st.lists(st.lists(LETTERS, max_size=5), max_size=5))
def test_agrees_with_the_standard_library(lists: list[list[str]]) -> None:
    expected = [list(dict.fromkeys(tag for tag in map(simple_tag, tags) if tag)) for tags in lists]
    found = normalise_tags(pl.Series("tags", lists, dtype=pl.List(pl.String)))
    assert found.to_list() == expected
    assert normalise_tags(found).to_list() == expected


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("New York", "newyork"),
        ("CAFÉ", "café"),
        ("cafe\u0301", "café"),
        ("Ｔｏｋｙｏ", "tokyo"),
        ("ﬁsh", "fish"),
        ("a\u200bb\u0007", "ab"),
        ("İstanbul", "i̇stanbul"),
        ("元日", "元日"),
        ("2012", "2012"),
    ],
)
def test_by_hand(tag: str, normal: str) -> None:
    assert normalise_tags(pl.Series([[tag]])).to_list() == [[normal]]


def test_order_and_repeats() -> None:
    tags = pl.Series([["b", "A", " B ", "a", "\u200b", ""], []], dtype=pl.List(pl.String))
    assert normalise_tags(tags).to_list() == [["b", "a"], []]


def test_part_of_a_column() -> None:
    tags = pl.Series([["X"], ["Y", "z"], []], dtype=pl.List(pl.String))
    assert normalise_tags(tags[1:]).to_list() == [["y", "z"], []]
    assert normalise_tags(tags[:0]).to_list() == []


def test_invisible_pattern_covers_the_categories() -> None:
    odd = [chr(code) for code in range(0x3100) if unicodedata.category(chr(code)) in ("Cc", "Zs", "Zl", "Zp")]
    assert normalise_tags(pl.Series([odd])).to_list() == [[]]
    assert re.fullmatch(r"\s", "\u2028")


def test_count_tags() -> None:
    photos = pl.DataFrame({"tags": [["b", "a"], ["a", "c"], [], ["b"]]}, schema={"tags": pl.List(pl.String)})
    counts = count_tags(photos)
    assert counts.to_pylist() == [
        {"tag": "a", "photos": 2},
        {"tag": "b", "photos": 2},
        {"tag": "c", "photos": 1},
    ]
    assert count_tags(photos.head(0)).num_rows == 0
    assert counts.schema.field("photos").type == pa.int64()
