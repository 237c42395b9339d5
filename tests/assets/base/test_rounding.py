"""A figure reads the same in a table and in the answer of a query."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.base.rounding import grouped, rounded, two_digits

IN_DUCKDB = duckdb.connect()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(50.925, "50.93"), (50.915, "50.92"), (-0.125, "-0.13"), (-0.001, "0.00"), (100.0, "100.00"), (None, "–")],
)
def test_halves_go_away_from_zero(value: float | None, shown: str) -> None:
    assert two_digits(value) == shown


def test_thousands_are_apart() -> None:
    assert [grouped(value) for value in (0, 999, 16_826.4, -1_000, 25_000_000)] == [
        "0", "999", "16\u202f826", "-1\u202f000", "25\u202f000\u202f000",
    ]  # fmt: skip


# Means over queries: sums of hits over their number, where halves are frequent; and any figure.
@given(
    st.integers(0, 50_000).map(lambda hits: hits / 500)
    | st.builds(lambda hits, queries: 10 * hits / queries, st.integers(0, 9_999), st.integers(1, 999))
    | st.floats(-1e6, 1e6)
)
def test_rounded_as_duckdb_rounds(value: float) -> None:
    assert IN_DUCKDB.execute("SELECT round(?::DOUBLE, 2)", [value]).fetchall() == [(rounded(value),)]
