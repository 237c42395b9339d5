"""What Dagster's UI shows of the report: the four tables in Markdown and the sigma figure."""

from assets.base.show import Markdown, Picture, markdown_table
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.figures import sigma_both, sigma_series
from assets.evaluation.report.tables import Cell, ComparisonTable, four_tables
from assets.evaluation.report.theme import to_png


def notes_of(data: ReportData) -> dict[str, Markdown | Picture]:
    """The tables by title, ours with the paper's in brackets, and the figure with both panels."""
    notes: dict[str, Markdown | Picture] = {
        table.title: markdown_table(*summary(table)) for table in four_tables(data.retrieval, data.tagging)
    }
    notes["sigma figure"] = Picture(
        to_png(sigma_both(sigma_series(data.retrieval))),
        "P@10 over the noise of the location, and its change against sigma = 1",
    )
    return notes


def summary(table: ComparisonTable) -> tuple[list[str], list[list[object]]]:
    """Header and rows of one table."""
    header = ["model", *(column.heading for column in table.columns), "note"]
    return header, [[row.label, *(_with_paper(cell) for cell in row.cells), row.note] for row in table.rows]


def _with_paper(cell: Cell) -> str:
    ours = "–" if cell.ours is None else f"{cell.ours:.2f}"
    marked = f"**{ours}**" if cell.is_best else ours
    return marked if cell.paper is None else f"{marked} ({cell.paper:.2f})"
