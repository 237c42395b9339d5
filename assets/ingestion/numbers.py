"""Text becomes numbers and dates, and what is none is told apart: shared by all readers."""

import polars as pl

_WHOLE = "^[0-9]{1,19}$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_STAMP = "%Y-%m-%d %H:%M:%S%.f"
_STAMP_FORM = r"^\d{4}-\d\d-\d\d \d\d:\d\d:[0-5]\d(\.\d+)?$"
_WHOLE_SECONDS = "%Y-%m-%d %H:%M:%S.0"
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


def read_numbers(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """As `number` and `number_is_bad`, several times as fast where every text is a number.

    Args:
        column: Text, nulls allowed.

    Returns:
        The numbers, and where there is a text that is none.
    """
    values = column.str.strip_chars().cast(pl.Float64, strict=False)
    # A finite number is one by the rules, too; the rules are only needed for what else there may be.
    if values.is_finite().sum() == len(column) - column.null_count():
        return values, pl.repeat(value=False, n=len(column), eager=True)
    name = column.name
    both = column.to_frame().select(value=number(name), bad=number_is_bad(name))
    return both["value"], both["bad"]


def read_stamps(column: pl.Series) -> pl.Series:
    """Dates as YFCC100M writes them, `2012-02-16 09:56:37.0`, in microseconds; null where there is none.

    A year that Python cannot hold is none.

    Args:
        column: Text, nulls allowed.
    """
    # The readers below would take blanks, signs and single digits as well.
    column = column.set(~column.str.contains(_STAMP_FORM), None)
    # The reader of this one form is four times as fast; in the first thousand years it takes a sign for a digit.
    stamps = column.str.to_datetime(_WHOLE_SECONDS, time_unit="us", strict=False)
    stamps = stamps.set(~stamps.dt.year().is_between(1000, 9999), None)
    odd = (stamps.is_null() & column.is_not_null()).arg_true()
    if len(odd) == 0:
        return stamps
    read = column.gather(odd).str.to_datetime(_STAMP, time_unit="us", strict=False)
    return stamps.scatter(odd, read.set(~read.dt.year().is_between(1, 9999), None))
