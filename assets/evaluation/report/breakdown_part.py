"""The report's part on figures by group: for each measure a plot, a table, and the query of each row."""

from dataclasses import dataclass
from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from assets.evaluation.report import figures, paper
from assets.evaluation.report.breakdown import Kind
from assets.evaluation.report.comparison import in_order, label
from assets.evaluation.report.measured import ONE_TRAINING, STUDY_VIEWS, TAGGING_COLUMNS
from assets.evaluation.report.sql import Query, at, one_row
from assets.evaluation.report.sql import figures as figure_columns
from assets.evaluation.report.theme import to_svg


@dataclass(frozen=True)
class _Measure:
    """How one column is shown, and where it is read from.

    Attributes:
        words: The column in words.
        unit: What is on the axis and in the cells.
        counts: What it is an average over.
        value: The view's column.
        where: Which rows of the view, beside model and slice.
    """

    words: str
    unit: str
    counts: str
    value: str
    where: dict[str, str | int]


def _measure(kind: Kind, column: str) -> _Measure:
    if kind == "tagging":
        return _Measure(TAGGING_COLUMNS[column], TAGGING_COLUMNS[column], "photos", column, {})
    where: dict[str, str | int] = {"average": "query", "granularity": column}
    return _Measure(within(column), "P@10", "queries", "precision_at_10", where)


def broken_down(
    templates: Environment,
    rows: pl.DataFrame,
    title: str,
    key: str,
    xlabel: str,
    *,
    with_study: bool,
    kind: Kind = "retrieval",
) -> dict[str, Any]:
    """What the page shows of one way to group queries or photos.

    Args:
        templates: The report's templates.
        rows: As `breakdown` makes them.
        title: What they are grouped by.
        key: The same, for anchors.
        xlabel: What the groups are.
        with_study: Whether the page shows a study: figures that are not its are then of one training.
        kind: Queries or photos.
    """
    if rows.height == 0:
        return {"title": title, "panels": [], "table": ""}
    macro = templates.get_template("parts.html.j2").module.breakdown_table  # type: ignore[attr-defined]  # a macro
    # Where a group has figures of study and collection, the number beside it is the study's.
    named = rows.sort(pl.col("view").is_in(STUDY_VIEWS.values()), descending=True, maintain_order=True)
    counts = dict(named.unique("slice", keep="first", maintain_order=True).select("slice", "count").iter_rows())
    groups = [
        (part, name, counts[part]) for part, name in rows.select("slice", "group").unique(maintain_order=True).rows()
    ]
    panels, parts = [], []
    for column in rows["column"].unique(maintain_order=True):
        measure = _measure(kind, column)
        chosen = rows.filter(pl.col("column") == column)
        figure = figures.breakdown(chosen, [name for _, name, _ in groups], measure.words, xlabel, measure.unit)
        alt = f"{title}, {measure.words}; the table below has the figures"
        panels.append(Markup(to_svg(figure, f"{key}-{column}", alt)))  # noqa: S704 - escaped there
        lines = [
            _line(chosen.filter(pl.col("model") == model), model, column, key, measure, with_study=with_study)
            for model in in_order(set(chosen["model"]))
        ]
        parts.append(macro(f"{title}, {measure.words}", measure, groups, lines, f"{key}-{column}"))
    return {"title": title, "panels": panels, "table": Markup("").join(parts)}


def _line(
    rows: pl.DataFrame, model: str, column: str, key: str, measure: _Measure, *, with_study: bool
) -> dict[str, Any]:
    found = {part: (mean, spread) for part, mean, spread in rows.select("slice", "mean", "spread").iter_rows()}
    spread = any(deviation is not None for _, deviation in found.values())
    columns = figure_columns({part: at(part, measure.value, by="slice") for part in found}, spread=spread)
    about = f"{label(model)}, {measure.words}, by {key}"
    query = Query(
        f"{key}-{column}-{model}", about, one_row(columns, rows["view"][0], {"model": model, **measure.where})
    )
    remark = ONE_TRAINING if with_study and rows["view"][0] not in STUDY_VIEWS.values() else ""
    return {"label": label(model), "found": found, "query": query, "remark": remark}


def within(granularity: str) -> str:
    """A granularity in words."""
    km = paper.GRANULARITIES[granularity]
    return "anywhere" if km is None else f"within {km:g} km ({granularity})"
