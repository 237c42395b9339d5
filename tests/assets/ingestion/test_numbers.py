"""Numbers and dates: the fast ways read what the careful ones read."""

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_series_equal
from simple_fields import simple_stamp

from assets.ingestion.numbers import number, number_is_bad, read_numbers, read_stamps

LIKE_NUMBERS = (
    st.none() | st.text("+-.0123456789eE_ x", max_size=7) | st.sampled_from(["nan", "-inf", "1e999", "Infinity"])
)


@given(st.lists(LIKE_NUMBERS, max_size=4))
def test_numbers_are_read_by_the_rules(texts: list[str | None]) -> None:
    column = pl.Series("x", texts, dtype=pl.String)
    values, bad = read_numbers(column)
    careful = column.to_frame().select(value=number("x"), bad=number_is_bad("x"))
    assert_series_equal(values, careful["value"], check_names=False, check_exact=True)
    assert bad.to_list() == careful["bad"].to_list()


def test_ten_thousand_numbers_one_by_one() -> None:
    draw = random.Random(6)
    texts = ["".join(draw.choices("+-.0123456789eE", k=draw.randrange(6))) for _ in range(10_000)]
    for text in texts:
        values, bad = read_numbers(pl.Series([text]))
        try:
            expected = float(text)
        except ValueError:
            expected = None
        assert (values[0], bad[0]) == (expected, expected is None and text != ""), text


def test_dates_are_those_of_the_careful_reader() -> None:
    draw = random.Random(7)
    texts = []
    for _ in range(20_000):
        letters = list(draw.choice(["2012-02-16 09:56:37.0", "0007-12-31 23:59:59.5", "1969-01-01 00:00:00.0"]))
        for _ in range(draw.randrange(3)):
            letters[draw.randrange(len(letters))] = draw.choice("0123456789-: .+")
        texts.append("".join(letters))
    column = pl.Series([*texts, None, ""])
    expected = pl.Series([simple_stamp(text) for text in column], dtype=pl.Datetime("us"))
    assert expected.null_count() < len(expected) * 0.9
    assert_series_equal(read_stamps(column), expected, check_names=False)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2012-02-29 23:59:59.0", "2012-02-29T23:59:59"),
        ("2011-02-29 00:00:00.0", None),
        ("2012-02-16 09:56:37.25", "2012-02-16T09:56:37.250000"),
        ("2012-02-16 09:56:37", "2012-02-16T09:56:37"),
        ("0012-02-16 09:56:37.0", "0012-02-16T09:56:37"),
        ("--12-02-16 09:56:37.0", None),
        ("-012-02-16 09:56:37.0", None),
        ("+12012-02-16 09:56:37.0", None),
        ("2012-2-16 09:56:37.0", None),
        (" 2012-02-16 09:56:37.0", None),
        ("null", None),
    ],
)
def test_dates_by_hand(text: str, stamp: str | None) -> None:
    (found,) = read_stamps(pl.Series([text])).to_list()
    assert (found and found.isoformat()) == stamp
