"""The report's part on which images are still there: a figure and a table for each dimension."""

from typing import Any

import polars as pl
from jinja2 import Environment
from markupsafe import Markup

from assets.evaluation.report.breakdown import CONTINENTS
from assets.evaluation.report.theme import PALETTE, styled, to_svg
from assets.images.figures import FATES, alive
from assets.images.survivorship import COUNTS, SHOWN_BY, to_show

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
        lines = [
            (row["value"], [row[name] for name in COUNTS], 100 * row["share_ok"]) for row in rows.iter_rows(named=True)
        ]
        parts.append(
            {
                "svg": Markup(to_svg(figure, f"alive-{dimension}", alt)),  # noqa: S704 - escaped there
                "table": macro(by.capitalize(), by.removeprefix("by "), list(FATES.values()), lines),
            }
        )
    return parts
