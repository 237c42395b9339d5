"""How a figure is rounded, once for tables on the console, in the UI, in the report and in its SQL."""

import math


def rounded(value: float) -> float:
    """A figure as it is shown anywhere: two digits, halves away from zero.

    It is what `round(value, 2)` gives in DuckDB, to the last bit: a query never shows another figure than a table.
    Python's `%.2f` goes by the binary value, which may lie a hair below the half: 50.92 where the query says 50.93.
    """
    return math.copysign(math.floor(abs(value) * 100 + 0.5) / 100, value)


def two_digits(value: float | None) -> str:
    """`rounded` as text, None as a dash."""
    return "–" if value is None else f"{rounded(value) + 0.0:.2f}"  # + 0.0: no sign before a zero


def grouped(value: float) -> str:
    """A whole number on a page, its thousands apart by a narrow space that does not break."""
    return f"{value:,.0f}".replace(",", "\u202f")
