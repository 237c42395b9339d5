"""What Dagster's UI shows of the report: the four tables in Markdown and the sigma figure."""

from assets.base.rounding import two_digits
from assets.base.show import Markdown, Picture, markdown_table
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.figures import sigma_both, sigma_series
from assets.evaluation.report.table import Cell, ComparisonTable
from assets.evaluation.report.tables import four_tables
from assets.evaluation.report.theme import to_png


def notes_of(data: ReportData) -> dict[str, Markdown | Picture]:
    """The tables by title, ours with the paper's in brackets, and the figure with both panels."""
    notes: dict[str, Markdown | Picture] = {
        table.title: markdown_table(*summary(table)) for table in four_tables(data.retrieval, data.tagging, data.study)
    }
    notes["sigma figure"] = Picture(
        to_png(sigma_both(sigma_series(data.retrieval, data.study.retrieval if data.study else None))),
        "P@10 over the noise of the location, and its change against sigma = 1",
    )
    return notes


def summary(table: ComparisonTable) -> tuple[list[str], list[list[object]]]:
    """Header and rows of one table."""
    header = ["model", *(column.heading for column in table.columns), "note"]
    return header, [[row.label, *(_with_paper(cell) for cell in row.cells), row.note] for row in table.rows]


def _with_paper(cell: Cell) -> str:
    ours = two_digits(cell.ours)
    shown = f"**{ours}**" if cell.is_best else ours
    if cell.spread is not None:
        shown = f"{shown} ± {two_digits(cell.spread)}"
    return shown if cell.paper is None else f"{shown} ({two_digits(cell.paper)})"
