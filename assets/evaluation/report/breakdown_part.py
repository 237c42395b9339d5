"""The report's part on precision by group: for each granularity a figure, a table, and the query of each row."""

from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from assets.evaluation.report import figures, paper
from assets.evaluation.report.comparison import in_order, label
from assets.evaluation.report.measured import ONE_TRAINING, STUDY_VIEWS
from assets.evaluation.report.sql import Query, at, one_row
from assets.evaluation.report.sql import figures as figure_columns
from assets.evaluation.report.theme import to_svg


def broken_down(
    templates: Environment, rows: pl.DataFrame, title: str, key: str, xlabel: str, *, with_study: bool
) -> dict[str, Any]:
    """What the page shows of one way to group the queries.

    Args:
        templates: The report's templates.
        rows: As `breakdown` makes them.
        title: What the queries are grouped by.
        key: The same, for anchors.
        xlabel: What the groups are.
        with_study: Whether the page shows a study: figures that are not its are then of one training.
    """
    if rows.height == 0:
        return {"title": title, "panels": [], "table": ""}
    macro = templates.get_template("parts.html.j2").module.breakdown_table  # type: ignore[attr-defined]  # a macro
    # Where a group has figures of study and collection, the number beside it is the study's.
    named = rows.sort(pl.col("view").is_in(STUDY_VIEWS.values()), descending=True, maintain_order=True)
    asked = dict(named.unique("slice", keep="first", maintain_order=True).select("slice", "queries").iter_rows())
    groups = [
        (part, name, asked[part]) for part, name in rows.select("slice", "group").unique(maintain_order=True).rows()
    ]
    panels, parts = [], []
    for granularity in rows["granularity"].unique(maintain_order=True):
        where = within(granularity)
        figure = figures.breakdown(rows, [name for _, name, _ in groups], granularity, where, xlabel)
        alt = f"{title}, {where}; the table below has the figures"
        panels.append(Markup(to_svg(figure, f"{key}-{granularity}", alt)))  # noqa: S704 - escaped there
        chosen = rows.filter(pl.col("granularity") == granularity)
        lines = [
            _line(chosen.filter(pl.col("model") == model), model, granularity, key, with_study=with_study)
            for model in in_order(set(chosen["model"]))
        ]
        parts.append(macro(f"{title}, {where}", where, groups, lines, f"{key}-{granularity}"))
    return {"title": title, "panels": panels, "table": Markup("").join(parts)}


def _line(rows: pl.DataFrame, model: str, granularity: str, key: str, *, with_study: bool) -> dict[str, Any]:
    found = {
        part: (mean, spread) for part, mean, spread in rows.select("slice", "precision_at_10", "spread").iter_rows()
    }
    spread = any(deviation is not None for _, deviation in found.values())
    columns = figure_columns({part: at(part, by="slice") for part in found}, spread=spread)
    where: dict[str, str | int] = {"model": model, "average": "query", "granularity": granularity}
    about = f"{label(model)}, {within(granularity)}, by {key}"
    query = Query(f"{key}-{granularity}-{model}", about, one_row(columns, rows["view"][0], where))
    remark = ONE_TRAINING if with_study and rows["view"][0] not in STUDY_VIEWS.values() else ""
    return {"label": label(model), "found": found, "query": query, "remark": remark}


def within(granularity: str) -> str:
    """A granularity in words."""
    km = paper.GRANULARITIES[granularity]
    return "anywhere" if km is None else f"within {km:g} km ({granularity})"
