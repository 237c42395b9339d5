"""Where the photos lie: cells of the Earth and, for a collection of one region, finer cells close by."""

import polars as pl

from assets.evaluation.report.data import Density

_LOCAL_EXTENT_DEGREES = 30.0
"""A collection within this many degrees is shown close by as well as on the whole Earth."""

_CELLS_CLOSE_BY = 60


def densities(photos: pl.LazyFrame, cell_degrees: float) -> tuple[Density, Density | None]:
    """Photos per cell of the Earth, and in finer cells if nearly all lie in one region.

    Args:
        photos: `latitude`, `longitude`.
        cell_degrees: Side of a cell of the Earth.
    """
    edges = photos.select(
        pl.col(axis).quantile(share).alias(f"{axis}_{share}")
        for axis in ("latitude", "longitude")
        for share in (0.01, 0.99)
    ).collect()
    south, north, west, east = edges.row(0)
    world = Density(_cells(photos, cell_degrees), cell_degrees)
    if south is None or max(north - south, east - west) > _LOCAL_EXTENT_DEGREES:
        return world, None
    side = max(north - south, east - west, 0.01) / _CELLS_CLOSE_BY
    inside = photos.filter(pl.col("latitude").is_between(south, north), pl.col("longitude").is_between(west, east))
    return world, Density(_cells(inside, side), side, (south, north, west, east))


def _cells(photos: pl.LazyFrame, side: float) -> pl.DataFrame:
    return (
        photos.select(((pl.col(axis) / side).floor() + 0.5) * side for axis in ("latitude", "longitude"))
        .group_by("latitude", "longitude")
        .agg(photos=pl.len())
        .sort("latitude", "longitude")
        .collect()
    )
