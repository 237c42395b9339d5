"""Maps of the photos as matplotlib figures. No coastlines are at hand offline: the photos draw them."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from assets.evaluation.report.data import Density
from assets.evaluation.report.theme import PALETTE, SERIES, styled

WIDE = (6.4, 3.1)


def world_map(density: Density) -> Figure:
    """Photos per cell on a plain graticule of the whole Earth; the stronger, the more (logarithmic)."""
    with styled():
        figure = Figure(figsize=WIDE, layout="constrained")
        axes = figure.subplots()
        _cells(axes, density)
        for name, (longitude, latitude) in _CONTINENT_LABELS.items():
            axes.text(longitude, latitude, name, ha="center", color=PALETTE["muted"], fontsize=9, alpha=0.9)
        axes.set_xlim(-180, 180)
        # The inhabited Earth, and what lies beyond it only where there are photos.
        latitudes = density.cells["latitude"].to_numpy()
        axes.set_ylim(-90 if (latitudes < -60).any() else -60, 90 if (latitudes > 80).any() else 80)
        axes.xaxis.set_major_locator(FixedLocator(range(-180, 181, 60)))
        axes.yaxis.set_major_locator(FixedLocator(range(-80, 81, 20)))
        _degrees(axes)
        axes.set_aspect(1.15)
    return figure


def local_map(density: Density, cities: pl.DataFrame) -> Figure:
    """The same for a collection of one region, with its most photographed cities.

    Args:
        density: As for `world_map`.
        cities: `city`, `latitude`, `longitude`.
    """
    with styled():
        figure = Figure(figsize=WIDE, layout="constrained")
        axes = figure.subplots()
        _cells(axes, density)
        for city, latitude, longitude in cities.select("city", "latitude", "longitude").iter_rows():
            axes.annotate(
                city,
                (longitude, latitude),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=9,
                color=PALETTE["ink"],
            )
        middle = float(np.radians(density.cells["latitude"].mean() or 0.0))  # type: ignore[arg-type]  # a float column
        axes.set_aspect(1 / max(float(np.cos(middle)), 0.1))
        axes.margins(0.05)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        _degrees(axes)
    return figure


_CONTINENT_LABELS = {
    "North America": (-100, 60),
    "South America": (-58, -42),
    "Europe": (15, 70),
    "Africa": (20, 8),
    "Asia": (95, 62),
    "Oceania": (138, -45),
}


def _cells(axes: Axes, density: Density) -> None:
    if density.cells.height == 0:
        return
    side = density.degrees
    photos = density.cells["photos"].to_numpy()
    # Log scale: a street in London has thousands of times the photos of a village, and both should show.
    share = np.log1p(photos) / np.log1p(photos.max())
    squares = [
        Rectangle((longitude - side / 2, latitude - side / 2), side, side)
        for latitude, longitude in density.cells.select("latitude", "longitude").iter_rows()
    ]
    colours = [to_rgba(SERIES[0], 0.15 + 0.85 * float(value)) for value in share]
    axes.add_collection(PatchCollection(squares, facecolors=colours, edgecolors="none"))
    axes.autoscale_view()


def _degrees(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _hemisphere(value, "E", "W")))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _hemisphere(value, "N", "S")))


def _hemisphere(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}°{'' if value == 0 else positive if value > 0 else negative}"
