"""What a table of models consists of: columns, cells, rows, and what they are averages over; `comparison` fills it."""

from dataclasses import dataclass

from assets.evaluation.report.sql import Query


@dataclass(frozen=True)
class Column:
    """One column: key in the results, heading, and a line below it (a distance, say)."""

    key: str
    heading: str
    below: str = ""


@dataclass(frozen=True)
class Cell:
    """Our figure and the paper's, in percent; None where there is none. `spread`: standard deviation over seeds."""

    column: str
    ours: float | None
    paper: float | None
    is_best: bool = False
    is_paper_best: bool = False
    spread: float | None = None


@dataclass(frozen=True)
class Row:
    """One model; `note` says why its figures are missing or what they leave out, `query` what gives its cells."""

    model: str
    label: str
    cells: tuple[Cell, ...]
    note: str = ""
    is_oracle: bool = False
    seeds: int = 0
    is_of_study: bool = False
    query: Query | None = None


@dataclass(frozen=True)
class Count:
    """How many things the figures of one view are averages over, and the query that gives it."""

    number: int
    query: Query
    is_of_study: bool


@dataclass(frozen=True)
class ComparisonTable:
    """A table of models; `counted`, the study's first, is how many `counts` (hashtags, queries, photos) it averages."""

    key: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    counted: tuple[Count, ...]
    counts: str

    @property
    def has_paper(self) -> bool:
        """Whether the paper has any of it."""
        return any(cell.paper is not None for row in self.rows for cell in row.cells)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that give its numbers."""
        counting = (count.query for count in self.counted)
        return (*counting, *(row.query for row in self.rows if row.query))
