"""Distance on the Earth, and points on the unit sphere.

The one formula of the project: rankings, results and the catalog's `distance_km` macro agree to rounding.
Place names and nearest cities are in `assets.base.places`.
"""

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG), in km."""

Degrees = npt.ArrayLike
Floats = npt.NDArray[np.float64]


def distance_km(lat1: Degrees, lon1: Degrees, lat2: Degrees, lon2: Degrees) -> Floats:
    """Great-circle distance by the haversine formula, in float64.

    The Earth is taken as a sphere of the mean radius, so a distance is at most 0.562 % off the geodesic of
    the WGS84 ellipsoid (that much along a meridian at the equator): 5.6 m in 1 km, 14 km in 2500 km.

    Args:
        lat1: Latitudes of the first points in degrees, of any shape; the four broadcast against each other.
        lon1: Their longitudes in degrees; 180 and -180 are the same meridian.
        lat2: Latitudes of the second points in degrees.
        lon2: Their longitudes in degrees.

    Returns:
        Distances in km, of the broadcast shape (0-d for numbers); NaN where a coordinate is NaN.
    """
    phi1, phi2 = np.radians(np.asarray(lat1, np.float64)), np.radians(np.asarray(lat2, np.float64))
    half_dphi = (phi2 - phi1) / 2
    half_dlambda = np.radians(np.asarray(lon2, np.float64) - np.asarray(lon1, np.float64)) / 2
    haversine = np.sin(half_dphi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlambda) ** 2
    # Rounding puts antipodes a hair above 1, where the arc sine is NaN.
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(haversine, 1.0))))


def unit_vectors(lat: Degrees, lon: Degrees) -> Floats:
    """Points on the unit sphere: nearest by straight line is nearest along the sphere too.

    Args:
        lat: Latitudes in degrees, shape [N].
        lon: Longitudes in degrees, shape [N].

    Returns:
        x, y, z, shape [N, 3]; x points to latitude 0, longitude 0, z to the North Pole.
    """
    phi, lam = np.radians(np.asarray(lat, np.float64)), np.radians(np.asarray(lon, np.float64))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)
