"""The map shows the region of a regional collection, and the world otherwise."""

import numpy as np
import pytest

from assets.base.show import picture
from assets.ingestion.figures import location_map


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "west_to_east"),
    [
        ([-33.9, -33.0], [150.0, 151.0], (149.95, 151.05)),
        ([10.0, 40.0], [-100.0, 100.0], (-180.0, 180.0)),
        ([90.0], [180.0], (179.95, 180.0)),
        ([], [], (-180.0, 180.0)),
    ],
)
def test_extent(latitudes: list[float], longitudes: list[float], west_to_east: tuple[float, float]) -> None:
    figure = location_map(np.array(latitudes), np.array(longitudes))
    axes = figure.axes[0]
    assert axes.get_xlim() == pytest.approx(west_to_east)
    assert axes.get_title() == f"{len(latitudes)} photos"
    counts = axes.images[0].get_array()
    assert counts.sum() == len(latitudes) or (len(latitudes) == 0 and counts.count() == 0)
    assert picture(figure, "map").data.startswith(b"\x89PNG")
