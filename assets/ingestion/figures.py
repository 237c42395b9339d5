"""Figures of the stage."""

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

_CELLS = (180, 90)
_WORLD_SPAN = 90.0
"""Degrees of longitude beyond which photos are shown on the whole world."""


def location_map(latitudes: npt.NDArray[np.float64], longitudes: npt.NDArray[np.float64]) -> Figure:
    """Map of where photos were taken: photos per cell, on a logarithmic scale.

    A collection of one region is shown on that region, any other on the whole world.

    Args:
        latitudes: Degrees, shape (photos,).
        longitudes: Degrees, shape (photos,).
    """
    west, east = _extent(longitudes, 180.0)
    south, north = _extent(latitudes, 90.0)
    if len(longitudes) == 0 or east - west > _WORLD_SPAN:
        west, east, south, north = -180.0, 180.0, -90.0, 90.0
    counts, _, _ = np.histogram2d(longitudes, latitudes, bins=_CELLS, range=((west, east), (south, north)))
    figure = Figure(figsize=(8.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(
        np.ma.masked_equal(counts.T, 0),
        origin="lower",
        extent=(west, east, south, north),
        aspect="auto",
        interpolation="nearest",
        norm=LogNorm(vmin=1, vmax=max(2.0, float(counts.max(initial=0)))),
        cmap="viridis",
    )
    axes.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)", title=f"{len(longitudes):,} photos")
    figure.colorbar(image, ax=axes, label="photos per cell")
    return figure


def _extent(degrees: npt.NDArray[np.float64], limit: float) -> tuple[float, float]:
    low, high = float(degrees.min(initial=limit)), float(degrees.max(initial=-limit))
    margin = max(0.05, 0.05 * (high - low))
    return max(-limit, low - margin), min(limit, high + margin)
