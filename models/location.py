"""Where a photo was taken, as a network sees it: normalised coordinates, their noise, Fourier features."""

import math

import torch
from torch import Tensor

from models.randomness import generator_for


def normalise_coordinates(latitude: Tensor, longitude: Tensor) -> Tensor:
    """((lat + 90) / 180, (lon + 180) / 360), each 0 to 1 (paper, LocSens).

    Args:
        latitude: Degrees, -90 to 90, [N].
        longitude: Degrees, -180 to 180, [N].

    Returns:
        [N, 2], float32.

    Raises:
        ValueError: If a coordinate is missing or out of range.
    """
    for name, degrees, limit in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0)):
        wrong = ~(degrees.abs() <= limit)  # also true of NaN
        if bool(wrong.any()):
            found = degrees[wrong][0].item()
            raise ValueError(f"expected every {name} within ±{limit:g} degrees, found {found}")
    return torch.stack(((latitude.double() + 90) / 180, (longitude.double() + 180) / 360), dim=-1).float()


def wrapped(locations: Tensor) -> Tensor:
    """Locations modulo 1, within [0, 1): past one edge of the map is inside the other."""
    inside = torch.remainder(locations, 1.0)
    return torch.where(inside >= 1.0, torch.zeros_like(inside), inside)  # rounding takes -1e-9 to 1


def noisy_locations(locations: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Locations drawn from a normal around the true ones, wrapped modulo 1 (paper, location sampling).

    Args:
        locations: Normalised coordinates, [..., 2].
        sigma: Standard deviation in normalised units: 0.01 is 1.8 degrees of latitude; 0 draws nothing.
        generator: Where the draws come from, on the locations' device.
    """
    if sigma == 0:
        return locations
    noise = torch.randn(locations.shape, generator=generator, device=locations.device, dtype=locations.dtype)
    return wrapped(locations + sigma * noise)


def sphere(locations: Tensor) -> Tensor:
    """Points on the unit sphere of normalised coordinates: [N, 2] to [N, 3], without a seam."""
    latitude = (locations[..., 0] - 0.5) * math.pi
    longitude = (locations[..., 1] - 0.5) * (2 * math.pi)
    return torch.stack((latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()), dim=-1)


def fourier_frequencies(scales: tuple[float, ...], features: int) -> Tensor:
    """Random frequencies for `fourier_features`: always the same for the same arguments.

    Args:
        scales: Standard deviations of the frequencies, in radians per Earth radius.
        features: Frequencies per scale.

    Returns:
        [3, len(scales) * features], float32.
    """
    drawn = torch.randn(len(scales), 3, features, generator=generator_for(0, "fourier location encoder"))
    return torch.cat([scale * part for scale, part in zip(scales, drawn, strict=True)], dim=1)


def fourier_features(locations: Tensor, frequencies: Tensor) -> Tensor:
    """Cosines and sines of random projections of the point on the sphere (after GeoCLIP, Sphere2Vec).

    Args:
        locations: Normalised coordinates, [N, 2].
        frequencies: [3, F].

    Returns:
        [N, 2 F].
    """
    angles = sphere(locations) @ frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=-1)
