"""Places as people name them: coordinates, cities, and the sentence for everything else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.search.errors import SearchError
from assets.search.where import find_place


@pytest.mark.parametrize("asked", ["48.8566,2.3522", " 48.8566 , 2.3522 ", (48.8566, 2.3522)])
def test_coordinates(asked) -> None:
    place = find_place(asked)
    assert (place.latitude, place.longitude, place.name, place.note) == (48.8566, 2.3522, "48.8566, 2.3522", "")


@pytest.mark.parametrize("asked", ["-33.87,-0.5", "+33,.5", "90,-180", "-90,180"])
def test_signs_and_the_ends_of_the_earth(asked: str) -> None:
    place = find_place(asked)
    assert (place.latitude, place.longitude) == tuple(float(number) for number in asked.split(","))


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_point_of_the_earth_is_a_place(latitude: float, longitude: float) -> None:
    for asked in ((latitude, longitude), f"{latitude:.6f},{longitude:.6f}"):
        place = find_place(asked)
        assert math.isclose(place.latitude, latitude, abs_tol=1e-6)
        assert math.isclose(place.longitude, longitude, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("95,10", "place '95,10': expected a latitude of -90 to 90 degrees, found 95"),
        ("10,-180.5", "place '10,-180.5': expected a longitude of -180 to 180 degrees, found -180.5"),
        ((math.nan, 0.0), "expected a latitude of -90 to 90 degrees, found nan"),
        ((0.0, math.inf), "expected a longitude of -180 to 180 degrees, found inf"),
        ("10", "place '10': expected two numbers, latitude and longitude, found 1"),
        ("10,20,30", "expected two numbers, latitude and longitude, found 3"),
        ((1.0, 2.0, 3.0), "expected two numbers, latitude and longitude, found 3"),
        ("Pariss", "none is called so, the nearest names are Paris"),
        ("qqqqxxqq", "none of GeoNames' cities of 15,000 people and more is called so"),
        ("Paris, Italy", "place 'Paris, Italy': expected latitude and longitude, as 48.86,2.35, or a city"),
        ("", "place '': expected latitude and longitude"),
        (",", "place ',': expected latitude and longitude"),
    ],
)
def test_what_is_no_place(asked, sentence: str) -> None:
    with pytest.raises(SearchError) as refused:
        find_place(asked)
    assert sentence in str(refused.value)


def test_of_several_cities_the_most_populous_and_that_is_said() -> None:
    place = find_place("paris")
    assert (place.name, round(place.latitude), round(place.longitude)) == ("Paris, FR", 49, 2)
    assert place.note.startswith("Paris, FR is taken, the most populous of that name; others: Paris, US of ")


@pytest.mark.parametrize("asked", ["Paris, US", "paris,us", "Paris, United States"])
def test_a_country_tells_them_apart(asked: str) -> None:
    place = find_place(asked)
    assert (place.name, place.note) == ("Paris, US", "")
    assert place.latitude == pytest.approx(33.66, abs=0.01)


@pytest.mark.parametrize(("asked", "name"), [("münchen", "Munich, DE"), ("Saint-Etienne", "Saint-Étienne, FR")])
def test_other_names_and_missing_accents(asked: str, name: str) -> None:
    assert find_place(asked).name == name
