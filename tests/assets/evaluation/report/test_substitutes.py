import polars as pl
import pytest

from assets.evaluation.report import paper
from assets.evaluation.report.substitutes import UsedPlace, cities_of, nearest_hashtag, nearest_place


def tags(*names: str, places: tuple[str, ...] = ()) -> pl.DataFrame:
    """Hashtags, the first the most frequent."""
    return pl.DataFrame(
        {
            "tag_id": range(len(names)),
            "tag": names,
            "photos": [100 - index for index in range(len(names))],
            "is_place": [name in places for name in names],
        },
        schema={"tag_id": pl.Int32, "tag": pl.String, "photos": pl.Int64, "is_place": pl.Boolean},
    )


@pytest.mark.parametrize(
    ("asked", "known", "expected", "why"),
    [
        ("temple", tags("sky", "temple", "shrine"), "temple", ""),
        ("temple", tags("sky", "church", "shrine"), "shrine", "nearest in meaning"),
        ("bridge", tags("sky", "harbourbridge"), "harbourbridge", "contains it"),
        ("car", tags("oscar", "sky"), "oscar", "most frequent hashtag"),  # too short to be looked for inside
        ("harbour", tags("sky", "harbor"), "harbor", "alike in spelling"),
        ("winter", tags("sydney", "sky", places=("sydney",)), "sky", "none is near"),
        ("winter", tags("sydney", places=("sydney",)), "sydney", "none is near"),
    ],
)
def test_nearest_hashtag(asked: str, known: pl.DataFrame, expected: str, why: str) -> None:
    used = nearest_hashtag(asked, known)
    assert used is not None
    assert used.tag == expected
    assert known.row(used.tag_id, named=True)["tag"] == expected
    if why:
        assert f"No test photo carries “{asked}”; “{expected}” stands in" in used.note
        assert why in used.note
    else:
        assert used.note == ""


def test_a_place_name_is_replaced_by_a_place_name() -> None:
    used = nearest_hashtag("london", tags("sky", "manly", "katoomba", places=("manly", "katoomba")), place=True)
    assert used is not None
    assert used.tag == "manly"


def test_what_is_taken_does_not_stand_in() -> None:
    used = nearest_hashtag("temple", tags("sky", "shrine", "church"), taken={"shrine"})
    assert used is not None
    assert used.tag == "church"
    assert nearest_hashtag("temple", tags("sky"), taken={"sky"}) is None
    assert nearest_hashtag("temple", tags()) is None


def photos(*places: tuple[str | None, float, float, int]) -> pl.DataFrame:
    rows = [
        {"city": city, "country": "XX", "latitude": latitude, "longitude": longitude}
        for city, latitude, longitude, count in places
        for _ in range(count)
    ]
    kinds = {"city": pl.String, "country": pl.String, "latitude": pl.Float64, "longitude": pl.Float64}
    return pl.DataFrame(rows, schema=kinds)


def test_a_place_with_photos_is_used_as_it_is() -> None:
    known = photos(("Islington", 51.55, -0.1, 1))
    used = nearest_place(paper.LONDON, known, cities_of(known), 25.0)
    assert used == UsedPlace("London", 51.509, -0.126)


def test_the_nearest_city_stands_in_and_says_so() -> None:
    known = photos(("Sydney", -33.9, 151.2, 5), ("Lyon", 45.76, 4.84, 3), ("Dijon", 47.3, 5.0, 1))
    cities = cities_of(known)
    used = nearest_place(paper.PARIS, known, cities, 25.0)
    assert used is not None
    assert used.name == "Lyon"  # Dijon is nearer, with too few photos to stand in
    assert used.note == (
        "No test photo lies within 25 km of Paris; Lyon stands in, the nearest city with photos, 392 km away."
    )
    other = nearest_place(paper.PARIS, known, cities, 25.0, taken={"Lyon"})
    assert other is not None
    assert (other.name, "not shown already" in other.note) == ("Sydney", True)
    assert nearest_place(paper.PARIS, known, cities, 25.0, taken={"Lyon", "Sydney"}) is None


def test_a_city_lies_in_the_middle_of_its_photos_also_across_the_date_line() -> None:
    known = photos(("Suva", -18.0, 179.0, 2), ("Suva", -18.0, -179.0, 2), (None, 0.0, 0.0, 9))
    cities = cities_of(known)
    assert cities["city"].to_list() == ["Suva"]
    assert abs(cities["longitude"][0]) == pytest.approx(180.0)
    assert cities["latitude"][0] == pytest.approx(-18.0, abs=0.01)


def test_no_photos_no_place() -> None:
    known = photos()
    assert nearest_place(paper.PARIS, known, cities_of(known), 25.0) is None
