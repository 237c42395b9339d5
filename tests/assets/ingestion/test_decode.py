"""Columns are decoded as one value at a time would be."""

import hashlib
from urllib.parse import unquote_to_bytes

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingestion.decode import download_hashes, split_tags, url_decoded, without_empty

ENCODED = st.text("+%,aF09cC3É\u200b ", max_size=12) | st.text(max_size=12).filter(
    lambda text: "\0" not in text and text.isprintable()
)


def one(text: str) -> str:
    raw = unquote_to_bytes(text.replace("+", " "))
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")


@given(st.lists(st.none() | ENCODED, max_size=8))
def test_url_decoding(texts: list[str | None]) -> None:
    decoded = url_decoded(pa.array(texts, pa.large_string()))
    decoded.validate(full=True)
    assert decoded.to_pylist() == [None if text is None else one(text) for text in texts]


@given(st.lists(ENCODED, min_size=1, max_size=6), st.integers(0, 3))
def test_url_decoding_of_a_slice(texts: list[str], start: int) -> None:
    decoded = url_decoded(pa.array(texts, pa.string())[start:])
    assert decoded.to_pylist() == [one(text) for text in texts[start:]]


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("%E5%85%83%E6%97%A5", "元日"),
        ("a+b%2Bc", "a b+c"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%%41", "%A"),
        ("%2541", "%41"),
        ("caf%C3", "caf\ufffd"),
        ("%ED%A0%80", "\ufffd\ufffd\ufffd"),
        ("a%00b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_url_decoding_by_hand(encoded: str, text: str) -> None:
    assert url_decoded(pa.array([encoded, "x"])).to_pylist() == [text, "x"]


def test_an_escape_never_reaches_into_the_next_value() -> None:
    assert url_decoded(pa.array(["%", "41", "%4", "1", "%C3", "%A9"])).to_pylist() == [
        "%", "41", "%4", "1", "\ufffd", "\ufffd",
    ]  # fmt: skip


@given(st.lists(st.none() | ENCODED, max_size=8))
def test_tags_are_split_before_they_are_decoded(texts: list[str | None]) -> None:
    expected = [[one(tag) for tag in (text or "").split(",") if tag] for text in texts]
    assert split_tags(pa.array(texts, pa.large_string())).to_pylist() == expected


def test_escaped_comma_stays_in_its_tag() -> None:
    assert split_tags(pa.array(["a%2Cb,c,,d,", None, ""])).to_pylist() == [["a,b", "c", "d"], [], []]


def test_without_empty() -> None:
    lists = without_empty(np.array([0, 2, 2, 4]), pa.array(["a", "", None, "b"]))
    assert lists.to_pylist() == [["a"], [], ["b"]]


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=20), max_size=20))
def test_download_hashes(urls: list[str | None]) -> None:
    def one_hash(url: str) -> str:
        return "".join(f"{byte:x}" for byte in hashlib.md5(url.encode()).digest())

    expected = [None if url is None else one_hash(url) for url in urls]
    assert download_hashes(pl.Series(urls, dtype=pl.String)).to_list() == expected
