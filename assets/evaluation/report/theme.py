"""How figures become part of the page: one palette, SVG in the page's colours, PNG for Dagster's notes.

Figures are drawn in the light palette; in the SVG each of its colours is replaced by the CSS variable of the
same name, so that one drawing serves light, dark and print. The same figure gives the same bytes.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

PALETTE: Final[dict[str, str]] = {
    "ink": "#1d2733",
    "muted": "#5b6672",
    "rule": "#d8d6cd",
    "paper": "#fbfaf6",
    "s1": "#0b6e72",
    "s2": "#b4541a",
    "s3": "#5a4a9c",
    "s4": "#7a8b16",
    "s5": "#a3326b",
    "s6": "#2f6db3",
    "s7": "#7d5a3c",
    "s8": "#4a5560",
}
"""CSS variable → colour in light; `style.css` holds the same names for light and dark."""

SERIES: Final = tuple(PALETTE[f"s{number}"] for number in range(1, 9))
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: Final = ("-", "--", "-.", ":", "-", "--", "-.", ":")
"""Markers and dashes tell series apart where colour does not: in print, and for the colour-blind."""

_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": PALETTE["rule"],
    "axes.labelcolor": PALETTE["muted"],
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": PALETTE["rule"],
    "grid.linewidth": 0.6,
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "text.color": PALETTE["ink"],
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a city's or a model's name is a dollar sign
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw within this: matplotlib's own defaults, whatever the machine's configuration, and our style."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def to_svg(figure: Figure, name: str, alt: str) -> str:
    """A figure as an SVG element that follows the page's colours.

    Args:
        figure: Drawn within `styled`.
        name: Unique on the page: prefixes all ids.
        alt: What the figure shows, for those who do not see it; plain text.
    """
    buffer = io.StringIO()
    with styled():
        mpl.rcParams["svg.hashsalt"] = name
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return page_svg(buffer.getvalue(), name, alt)


def page_svg(text: str, name: str, alt: str) -> str:
    """An SVG document as an element of the page: no fixed size, own ids, the page's colours, a title."""
    body = text[text.index("<svg") :].strip()
    opening, rest = body.split(">", 1)
    box = re.search(r'viewBox="[^"]+"', opening)
    if box is None:
        raise ValueError(f"figure {name}: expected an SVG with a viewBox")
    rest = re.sub(r"<metadata>.*?</metadata>", "", rest, flags=re.DOTALL)
    rest = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', rest)
    rest = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{name}-\2"', rest)
    rest = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", rest)
    rest = re.sub(r"font: ((?:\w+ )*[\d.]+px) [^;\"]+", r"font: \1 var(--sans)", rest)
    for variable, colour in PALETTE.items():
        rest = rest.replace(colour, f"var(--{variable})")
    escaped = alt.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box[0]} role="img" aria-label="{escaped}">{rest}'


def to_png(figure: Figure) -> bytes:
    """A figure as PNG on the light palette's ground."""
    buffer = io.BytesIO()
    with styled():
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", facecolor=PALETTE["paper"], metadata={"Software": None})
    return buffer.getvalue()
