"""What stands at the top of the page: the facts of the collection, and the comparison that the paper is about."""

from collections.abc import Collection
from dataclasses import dataclass

from assets.base.rounding import two_digits
from assets.evaluation.report.sql import Query, one_row
from assets.evaluation.report.table import Cell, ComparisonTable, Row

_COUNT = {"photos": "count(*)"}


@dataclass(frozen=True)
class Number:
    """A number of the headline; `column` of `query` gives it."""

    text: str
    column: str
    query: Query | None


@dataclass(frozen=True)
class Headline:
    """LocSens raw against MCC within a city and anywhere, in percent."""

    raw_city: Number
    mcc_city: Number
    raw_anywhere: Number
    mcc_anywhere: Number


def facts_queries(splits: Collection[str]) -> dict[str, Query]:
    """Queries of the facts: `photos`, `hashtags`, `taken` and each split."""
    years = {"first": "min(year(taken_at))", "last": "max(year(taken_at))"}
    return {
        "photos": Query("photos", "Photos", one_row(_COUNT, "photos")),
        **{
            split: Query(f"photos-{split}", f"Photos of the split {split}", one_row(_COUNT, "photos", {"split": split}))
            for split in splits
        },
        "hashtags": Query("hashtags", "Hashtags that models learn", one_row({"hashtags": "count(*)"}, "vocabulary")),
        "taken": Query("taken", "First and last year in which a photo was taken", one_row(years, "photos")),
    }


def compared(tables: tuple[ComparisonTable, ...]) -> Headline | None:
    """The numbers of the headline; None where they were not measured."""
    sensitive = next(table for table in tables if table.key == "sensitive-retrieval")
    found = {
        (row.model, cell.column): _number(row, cell)
        for row in sensitive.rows
        for cell in row.cells
        if cell.ours is not None
    }
    wanted = [(model, column) for column in ("city", "agnostic") for model in ("locsens_raw", "mcc")]
    return Headline(*(found[one] for one in wanted)) if all(one in found for one in wanted) else None


def _number(row: Row, cell: Cell) -> Number:
    spread = f" ± {two_digits(cell.spread)}" if cell.spread is not None else ""
    return Number(two_digits(cell.ours) + spread, cell.column, row.query)


def at_the_street(tables: tuple[ComparisonTable, ...]) -> Number | None:
    """What even the oracle reaches at the narrowest granularity; None where it was not run."""
    sensitive = next(table for table in tables if table.key == "sensitive-retrieval")
    cells = [(row, cell) for row in sensitive.rows for cell in row.cells if row.is_oracle and cell.column == "street"]
    return next((_number(row, cell) for row, cell in cells if cell.ours is not None), None)
