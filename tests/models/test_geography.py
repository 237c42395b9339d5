import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from models.geography import EQUATOR_RADIUS_KM, distance_km, unit_vectors

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)

# Geodesics on WGS84 in km, as geographiclib has them.
PAIRS = [
    ("Sydney - Melbourne", -33.8688, 151.2093, -37.8136, 144.9631, 713.857665),
    ("JFK - London Heathrow", 40.6413, -73.7781, 51.4700, -0.4543, 5554.908791),
    (
        "Flinders Peak - Buninyong (Vincenty)",
        -37.95103342,
        144.42486789,
        -37.65282114,
        143.92649553,
        54.972271,
    ),
    ("pole to equator along a meridian", 90.0, 0.0, 0.0, 0.0, 10001.965729),
    ("one degree of the equator", 0.0, 0.0, 0.0, 1.0, 111.319491),
    ("one degree of latitude at the equator", 0.0, 0.0, 1.0, 0.0, 110.574389),
]


@pytest.mark.parametrize(("lat1", "lon1", "lat2", "lon2", "geodesic"), [pair[1:] for pair in PAIRS])
def test_known_geodesics(lat1, lon1, lat2, lon2, geodesic):
    assert distance_km(lat1, lon1, lat2, lon2) == pytest.approx(geodesic, rel=1.5e-6)


@given(latitudes, longitudes, st.floats(0, 360), st.floats(0.001, 10_000))
def test_within_the_documented_deviation_of_the_geodesic(lat, lon, azimuth, km):
    there = Geodesic.WGS84.Direct(lat, lon, azimuth, km * 1000)
    assert distance_km(lat, lon, there["lat2"], there["lon2"]) == pytest.approx(km, rel=1.5e-6, abs=1e-8)


def test_antipodes_and_poles():
    assert distance_km(-90, 17, 90, -5) == pytest.approx(20003.931459, rel=1.5e-6)
    assert distance_km(0, 0, 0, 180) == pytest.approx(np.pi * EQUATOR_RADIUS_KM, rel=1e-12)
    assert distance_km(12, 34, 12, 34) == 0


def test_the_date_line_is_no_border():
    assert distance_km(10, 179.999, 10, -179.999) == pytest.approx(distance_km(10, 0, 10, 0.002), rel=1e-9)
    assert distance_km(10, 180, 10, -180) == pytest.approx(0, abs=1e-9)


def test_metres_keep_their_digits():
    # One metre north: a formula by the arc cosine loses this in float64.
    there = Geodesic.WGS84.Direct(60, 20, 0, 1)
    assert distance_km(60, 20, there["lat2"], 20) == pytest.approx(0.001, rel=2e-6)


def test_broadcasts_and_keeps_nan():
    table = distance_km(np.zeros((3, 1)), 0, 0, np.array([0.0, 1.0, np.nan, 2.0]))
    assert table.shape == (3, 4)
    assert np.isnan(table[:, 2]).all()
    assert not np.isnan(table[:, [0, 1, 3]]).any()
    assert table.dtype == np.float64


@given(latitudes, longitudes, latitudes, longitudes)
def test_symmetric_and_bounded(lat1, lon1, lat2, lon2):
    distance = float(distance_km(lat1, lon1, lat2, lon2))
    assert 0 <= distance <= np.pi * EQUATOR_RADIUS_KM * (1 + 1e-12)
    assert distance == pytest.approx(float(distance_km(lat2, lon2, lat1, lon1)), rel=1e-9, abs=1e-9)


def test_unit_vectors_lie_on_the_sphere_along_their_axes():
    found = unit_vectors([0, 0, 90, -45], [0, 90, 5, 180])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(found, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-half, 0, -half]], atol=1e-15)
