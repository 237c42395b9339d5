import random
from collections import Counter

import pytest

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.concepts import BY_WORD, CONCEPTS
from assets.ingestion.world.people import draw_albums, draw_users
from assets.ingestion.world.places import cities, countries, draw_concept, points_of_interest, scatter

CITY = {city.tag: city for city in cities()}


def test_cities_per_continent_follow_the_paper() -> None:
    photos = {"NA": 9_730_619, "EU": 9_627_860, "AS": 2_601_501, "OC": 770_204, "SA": 749_160, "AF": 367_584}
    powers = {continent: count**0.6 for continent, count in photos.items()}
    found = Counter(city.continent for city in cities())
    for continent, power in powers.items():
        assert found[continent] == pytest.approx(100 * power / sum(powers.values()), abs=1)


def test_weights_are_shares() -> None:
    assert sum(city.weight for city in cities()) == pytest.approx(1)
    assert all(city.weight > 0 for city in cities())


@pytest.mark.parametrize(
    "tag",
    [
        *("london", "paris", "berlin", "madrid", "moscow", "cairo", "sydney", "auckland", "newyork"),
        *("havana", "toronto", "edinburgh", "chicago", "kyoto", "tokyo", "bangkok"),
    ],
)
def test_cities_of_the_papers_examples_exist(tag: str) -> None:
    assert tag in {tag.replace(" ", "") for tag in CITY}


def test_costa_rica_has_a_road() -> None:
    (city,) = [city for city in cities() if city.country == "CR"]
    assert BY_WORD["road"] in city.known_for


def test_every_country_has_words() -> None:
    assert {city.country for city in cities()} <= set(countries())
    assert countries()["GB"] == (("unitedkingdom", "uk", "greatbritain"), "")
    assert countries()["DE"] == (("germany", "deutschland"), "de")
    assert CITY["montreal"].language == "fr"


def test_hard_geography() -> None:
    beach, ski, bridge = BY_WORD["beach"], BY_WORD["ski"], BY_WORD["bridge"]
    assert not CITY["madrid"].has(beach)
    assert not CITY["moscow"].has(beach)
    assert CITY["auckland"].has(beach)
    assert not CITY["cairo"].has(ski)
    assert not CITY["sydney"].has(ski)
    assert all(city.has(bridge) for city in cities())
    assert all(city.has(concept) for city in cities() for concept in city.known_for)


def test_concepts_are_drawn_where_they_can_be() -> None:
    rng = random.Random(1)
    for city in cities():
        assert all(city.has(draw_concept(rng, city)) for _ in range(30))


def test_spots_lie_near_their_city() -> None:
    for city in cities():
        spots = points_of_interest(random.Random(city.index), city)
        assert [spot.concept for spot in spots] == list(city.known_for)
        assert all(abs(spot.latitude - city.latitude) < 0.3 for spot in spots)


def test_scatter_wraps_at_the_date_line() -> None:
    rng = random.Random(2)
    longitudes = [scatter(rng, -17.0, 179.99, 20.0)[1] for _ in range(50)]
    assert all(-180 <= longitude <= 180 for longitude in longitudes)
    assert min(longitudes) < -179


def test_words_of_a_place_need_the_thing_too() -> None:
    london = CITY["london"]
    assert london.feature_word(BY_WORD["boat"]) == "thames"
    assert london.feature_word(BY_WORD["castle"]) == "westminster"
    assert london.feature_word(BY_WORD["cat"]) == ""
    assert CITY["paris"].feature_word(BY_WORD["bridge"]) == "seine"


def test_snow_falls_in_winter_and_fireworks_at_night() -> None:
    rng = random.Random(4)
    albums = draw_albums(rng, draw_users(rng, WorldConfig.tiny()))
    seen = [next(albums) for _ in range(4_000)]
    snow = [album for album in seen if album.concept.word == "snow"]
    assert {album.taken_at.month for album in snow if album.city.latitude > 0} == {12, 1, 2}
    assert {album.taken_at.month for album in snow if album.city.latitude < 0} <= {6, 7, 8}
    assert all(album.taken_at.hour >= 20 for album in seen if album.concept.word == "fireworks")
    assert {album.size for album in seen} == set(range(1, 9))
    assert {album.concept.word for album in seen} == {concept.word for concept in CONCEPTS}
