"""What an asset shows in the UI: figures and small tables, as Dagster metadata values.

Steps note plain numbers, text, `Picture` and `Markdown`; `pipelines.dagster_assets` makes metadata of them.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from assets.base.rounding import two_digits

_HARMLESS = str.maketrans({"\\": "\\\\", "|": "\\|", "<": "&lt;", "[": "\\["})


@dataclass(frozen=True)
class Markdown:
    """Text in Markdown."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A picture in PNG or JPEG; `alt` is our own text, never the collection's."""

    data: bytes
    alt: str
    kind: Literal["png", "jpeg"] = "png"

    def markdown(self) -> str:
        """The picture as Markdown, the image inside."""
        return f"![{self.alt}](data:image/{self.kind};base64,{base64.b64encode(self.data).decode()})"


def picture(figure: Figure, alt: str) -> Picture:
    """A matplotlib figure as a picture.

    Args:
        figure: A `matplotlib.figure.Figure` of its own (not pyplot's, which would keep it alive).
        alt: What it shows, for those who cannot see it.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return Picture(buffer.getvalue(), alt)


def thinned(points: pl.DataFrame, most: int = 400) -> pl.DataFrame:
    """At most so many rows, evenly spread on a logarithmic axis: 100,000 points draw the same curve in megabytes."""
    if points.height <= most:
        return points
    places = np.unique(np.geomspace(1, points.height, most).round().astype(int) - 1)
    return points[places]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """A table in Markdown; floats with two digits, None as a dash.

    Cells may hold text of the collection: neither tags nor images nor links of theirs come through.
    """

    def cell(value: object) -> str:
        if value is None:
            return "–"
        text = two_digits(value) if isinstance(value, float) else str(value)
        return " ".join(text.translate(_HARMLESS).split())

    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return Markdown("\n".join(lines))
