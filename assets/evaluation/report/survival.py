"""The report's part on which images are still there: a figure and a table for each dimension."""

from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from assets.base.sql import quote_text
from assets.evaluation.report.breakdown import CONTINENTS
from assets.evaluation.report.sql import Query, one_row
from assets.evaluation.report.theme import PALETTE, styled, to_svg
from assets.images.figures import FATES, alive
from assets.images.survivorship import COUNTS, OTHERS, SHOWN_BY, UNKNOWN, to_show

_MOST = 14  # values of a dimension
_WIDTH = 4.6  # inches: a panel of three beside each other
_COLOURS = tuple(PALETTE[name] for name in ("s1", "s2", "s4", "s8"))


def survival(templates: Environment, table: pl.DataFrame) -> list[dict[str, Any]]:
    """What the page shows for each dimension; nothing where no image was asked for.

    Args:
        templates: The report's templates.
        table: Rows of `image_survivorship`.
    """
    macro = templates.get_template("parts.html.j2").module.survivorship_table  # type: ignore[attr-defined]  # a macro
    parts = []
    for dimension, by in SHOWN_BY.items():
        rows = to_show(table, dimension, _MOST, CONTINENTS if dimension == "continent" else None)
        if not rows.height:
            continue
        with styled():
            figure = alive(rows, by.capitalize(), _COLOURS, _WIDTH)
        alt = f"What became of the wanted images, {by}; the table below has the figures"
        lines = [_line(dimension, row, rows["value"].to_list()) for row in rows.iter_rows(named=True)]
        parts.append(
            {
                "svg": Markup(to_svg(figure, f"alive-{dimension}", alt)),  # noqa: S704 - escaped there
                "table": macro(by.capitalize(), by.removeprefix("by "), FATES, lines, dimension),
            }
        )
    return parts


def _line(dimension: str, row: dict[str, Any], shown: list[str]) -> dict[str, Any]:
    """One row of the table: what is shown by column, and its query."""
    raw = {name: key for key, name in CONTINENTS.items()} if dimension == "continent" else {}
    named = [quote_text(raw.get(value, value)) for value in shown if value != OTHERS]
    values = (
        f"NOT IN ({', '.join(named)})"
        if row["value"] == OTHERS
        else f"= {quote_text(raw.get(row['value'], row['value']))}"
    )
    chosen = f"dimension = {quote_text(dimension)} AND coalesce(value, {quote_text(UNKNOWN)}) {values}"
    columns = {name: f"sum({name})" for name in COUNTS}
    columns["share_ok"] = "round(100 * (sum(ok) / sum(wanted)), 2)"
    source = f"(FROM image_survivorship WHERE {chosen})"
    key = f"alive-{dimension}-{shown.index(row['value'])}"
    return {
        "value": row["value"],
        "counts": {name: row[name] for name in COUNTS},
        "share": 100 * row["share_ok"],
        "query": Query(key, f"Images {SHOWN_BY[dimension]}: {row['value']}", one_row(columns, source)),
    }
