"""What a benchmark yields and how it is shown: a row for each thing measured, its target beside the result."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 160
_COLOURS = {"ok": "green", "falls short": "bold red"}


@dataclass(frozen=True)
class Measured:
    """One row of the final table.

    Attributes:
        name: What the row is about, such as `bz2 to tag_counts`.
        measured: What was measured, in words, such as `wall time over decompression alone`.
        unit: Unit of the result and the target, such as `times`, `s`, `MB`, `photos/s`.
        result: What was found, the median where there were several rounds; None where it cannot be measured here.
        target: What is asked for; None for a figure that is only shown.
        better: Whether lower or higher figures are better.
        spread: Smallest and largest of the rounds, None if there was one.
        note: What else must be known to read the figure.
    """

    name: str
    measured: str
    unit: str
    result: float | None
    target: float | None = None
    better: Literal["lower", "higher"] = "lower"
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`ok` or `falls short`; empty without a target, `not measured` without a result."""
        if self.result is None:
            return "not measured"
        if self.target is None:
            return ""
        reached = self.result <= self.target if self.better == "lower" else self.result >= self.target
        return "ok" if reached else "falls short"


def say(sentence: str) -> None:
    """Tell what is being done."""
    Console(highlight=False).print(sentence, style="dim", markup=False)


def show(title: str, rows: Iterable[Measured]) -> None:
    """Print the rows of one benchmark as a table."""
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in ("name", "measured"):
        table.add_column(column, overflow="fold")
    for column in ("result", "min to max", "target"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("note", overflow="fold")
    for row in rows:
        target = "" if row.target is None else f"{'≤' if row.better == 'lower' else '≥'} {_figure(row.target)}"
        spread = "" if row.spread is None else f"{_figure(row.spread[0])} to {_figure(row.spread[1])}"
        result = "–" if row.result is None else f"{_figure(row.result)} {row.unit}"
        cells = (row.name, row.measured, result, spread, target, row.verdict, row.note)
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in cells))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)


def _figure(value: float) -> str:
    """Three significant digits, more only before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
