"""Where: a place that a person names, by its coordinates or by a city's name, as latitude and longitude.

Cities and their names are in `assets.base.places`.
"""

import difflib
import math
import re
from dataclasses import dataclass

from assets.base.places import City, cities, cities_called
from assets.base.sentences import shorten
from assets.search.errors import SearchError

Asked = str | tuple[float, float]
"""Latitude and longitude in degrees, as numbers or as `LAT,LON`, or a city's name."""

_NUMBERS = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(\s*,\s*[+-]?(\d+\.?\d*|\.\d+))*")
_ALIKE = 3


@dataclass(frozen=True)
class Place:
    """A place on Earth.

    Attributes:
        name: A city's, or the coordinates.
        latitude: Degrees, -90 to 90.
        longitude: Degrees, -180 to 180.
        note: Which city was taken where several have the name, empty otherwise.
    """

    name: str
    latitude: float
    longitude: float
    note: str = ""


def find_place(asked: Asked) -> Place:
    """The place that is meant; of several cities of a name the most populous, which its note says.

    Raises:
        SearchError: The coordinates are out of range or not two, or no city is called so.
    """
    if not isinstance(asked, str):
        return _at(asked, str(asked))
    text = asked.strip()
    if _NUMBERS.fullmatch(text):
        return _at(tuple(float(number) for number in text.split(",")), repr(text))
    found = cities_called(text)
    if not found:
        raise SearchError(f"place {text!r}: expected latitude and longitude, as 48.86,2.35, or a city; {_alike(text)}")
    first = found[0]
    others = [f"{_called(city)} of {city.population:,} people" for city in found[1:]]
    note = f"{_called(first)} is taken, the most populous of that name; others: {shorten(others)}" if others else ""
    return Place(_called(first), first.latitude, first.longitude, note)


def _at(numbers: tuple[float, ...], shown: str) -> Place:
    if len(numbers) != 2:
        raise SearchError(f"place {shown}: expected two numbers, latitude and longitude, found {len(numbers)}")
    for name, number, most in zip(("latitude", "longitude"), numbers, (90, 180), strict=True):
        if not (math.isfinite(number) and abs(number) <= most):
            raise SearchError(f"place {shown}: expected a {name} of -{most} to {most} degrees, found {number:g}")
    latitude, longitude = (float(number) for number in numbers)
    return Place(f"{latitude:.4f}, {longitude:.4f}", latitude, longitude)


def _called(city: City) -> str:
    return f"{city.name}, {city.country}"


def _alike(text: str) -> str:
    name = text.partition(",")[0].strip()
    people = {city.name: city.population for city in sorted(cities(), key=lambda city: city.population)}
    alike = difflib.get_close_matches(name.title(), people, n=_ALIKE)
    if not alike:
        return "none of GeoNames' cities of 15,000 people and more is called so"
    return f"none is called so, the nearest names are {', '.join(alike)}"
