"""Expressions that turn text into numbers and say where it is none: shared by all readers."""

import polars as pl

_WHOLE = "^[0-9]{1,19}$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_NOT_A_NUMBER = "^(?i)[+-]?(nan|inf|infinity)$"


def is_whole_number(name: str) -> pl.Expr:
    """Whether a text is a whole number from 0 that fits 63 bits; null where the text is."""
    column = pl.col(name)
    return column.str.contains(_WHOLE) & column.cast(pl.Int64, strict=False).is_not_null()


def number(name: str) -> pl.Expr:
    """A text's number: NaN for `nan` and infinities, which a filter drops; null if missing or no number."""
    column = pl.col(name).str.strip_chars()
    return (
        pl.when(column.str.contains(_NUMBER))
        .then(column.cast(pl.Float64, strict=False))
        .when(column.str.contains(_NOT_A_NUMBER))
        .then(float("nan"))
    )


def number_is_bad(name: str) -> pl.Expr:
    """Whether there is a text that is neither a number nor NaN; false where it is missing or blank."""
    column = pl.col(name).str.strip_chars()
    good = column.str.contains(_NUMBER) | column.str.contains(_NOT_A_NUMBER) | (column == "")
    return ~good.fill_null(value=True)
