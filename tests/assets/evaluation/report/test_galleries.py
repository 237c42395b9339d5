"""Galleries over eight photos: the oracle retrieves, a tagger that answers by place tags."""

import io
from collections.abc import Collection

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assets.base.profiles.sections.report import ReportConfig
from assets.evaluation.candidates import Floats, Ids, to_test_photos
from assets.evaluation.report.data import Gallery
from assets.evaluation.report.galleries import all_galleries
from assets.evaluation.report.viewing import Viewing
from assets.evaluation.retrieval import UpperBound
from assets.evaluation.tagging import TaggingRanking

TAGS = ("bridge", "london", "beach", "boat", "road", "sand", "sky", "lion", "scotland")
IDS = {tag: index for index, tag in enumerate(TAGS)}
PHOTOS = (
    (10, ("bridge", "london"), 51.51, -0.12, "Islington"),
    (11, ("bridge", "sky"), 37.77, -122.42, "San Francisco"),
    (12, ("beach", "sand"), -36.85, 174.76, "Auckland"),
    (13, ("beach", "sky"), -33.87, 151.21, "Sydney"),
    (14, ("boat", "sky"), 43.70, -79.40, "Toronto"),
    (15, ("road", "lion"), -1.29, 36.82, "Nairobi"),
    (16, ("london", "sky"), 51.50, -0.10, "Islington"),
    (17, ("road", "scotland"), 55.95, -3.19, "Edinburgh"),
)


class ByPlace:
    """Says scotland north of 55 degrees, lion elsewhere; then road."""

    uses_place = True

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        assert places is not None
        first = np.where(places[:, 0] > 55, IDS["scotland"], IDS["lion"])
        tags = np.stack([first, np.full(len(index), IDS["road"])], axis=1).astype(np.int32)[:, :k]
        return TaggingRanking(np.zeros(tags.shape, dtype=np.float32), tags)


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "photo_id": [one[0] for one in PHOTOS],
            "tag_ids": [sorted(IDS[tag] for tag in one[1]) for one in PHOTOS],
            "latitude": [one[2] for one in PHOTOS],
            "longitude": [one[3] for one in PHOTOS],
            "city": [one[4] for one in PHOTOS],
            "country": ["XX"] * len(PHOTOS),
            "continent": ["EU"] * len(PHOTOS),
        },
        schema_overrides={"tag_ids": pl.List(pl.Int32)},
    )


def tagging_rankings(**right: tuple[str, ...]) -> pl.DataFrame:
    """For each photo the hashtags given under its id, then sky."""
    rows = []
    for photo_id, own, *_ in PHOTOS:
        guesses = (*right.get(f"p{photo_id}", ()), "sky")
        rows += [
            {"photo_id": photo_id, "rank": rank, "tag_id": IDS[tag], "is_correct": tag in own}
            for rank, tag in enumerate(guesses, start=1)
        ]
    return pl.DataFrame(rows, schema_overrides={"tag_id": pl.Int32})


def jpegs(photo_ids: Collection[int]) -> dict[int, bytes]:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6)).save(buffer, "JPEG")
    return dict.fromkeys(photo_ids, buffer.getvalue())


def by_place(photo_ids: Ids) -> ByPlace:
    assert (np.diff(photo_ids) > 0).all()  # as scorers are loaded
    return ByPlace()


def viewing(**changes: object) -> Viewing:
    photos = frame()
    test_photos = to_test_photos(photos)
    values: dict[str, object] = {
        "config": ReportConfig(pictures_per_query=2, tags_per_picture=2, random_tagging_examples=1),
        "photos": test_photos,
        "details": photos.select("photo_id", "city", "country", "latitude", "longitude"),
        "vocabulary": pl.DataFrame(
            {
                "tag_id": range(len(TAGS)),
                "tag": TAGS,
                "photos": 9,
                "is_place": [tag == "london" for tag in TAGS],
            },
            schema_overrides={"tag_id": pl.Int32},
        ),
        "training": pl.concat([photos] * 3).lazy(),
        "rankings": {
            "mcc": tagging_rankings(p17=("road",)),
            "locsens_raw": tagging_rankings(p10=("bridge", "london"), p17=("scotland", "road"), p16=("london",)),
        },
        "retrieval": UpperBound(test_photos),
        "reference": None,
        "tagging": by_place,
        "jpegs": jpegs,
    }
    return Viewing(**{**values, **changes})  # type: ignore[arg-type]  # a test's own values


def galleries(**changes: object) -> dict[str, Gallery]:
    return {gallery.key: gallery for gallery in all_galleries(viewing(**changes))}


def test_the_same_hashtag_at_several_places() -> None:
    strips = galleries()["same-hashtag"].strips
    bridges = [strip for strip in strips if strip.tag == "bridge"]
    assert [strip.place for strip in bridges] == ["near London", "near San Francisco", "near Sydney"]
    london = bridges[0].pictures
    assert [picture.photo_id for picture in london] == [10, 11]
    assert [picture.match for picture in london] == ["here", "elsewhere"]
    assert london[1].distance_km == pytest.approx(8639, abs=15)
    assert (london[0].city, london[0].tags) == ("Islington", ("bridge", "london"))
    assert bridges[0].told == "Of the first 2, 2 carry the hashtag: 1 within 25 km, 1 within 2500 km."
    assert [strip.told.partition(". ")[2] for strip in bridges[1:]] == [
        "2 of them are among the first 2 of London."
    ] * 2


def test_what_is_told_no_place_stands_first() -> None:
    both = galleries(reference=UpperBound(to_test_photos(frame())))["same-hashtag"]
    assert "which is told no place" in both.intro
    first, london, *_ = both.strips
    assert first.place == "told no place: LocSens, zeroed locations"
    assert [(picture.match, picture.distance_km) for picture in first.pictures] == [("here", None)] * 2
    assert london.told.endswith(" Ranked without a place, 2 carry the hashtag: 1 within 25 km, 1 within 2500 km.")


def test_what_stands_in_is_said_and_not_shown_twice() -> None:
    strips = galleries()["same-hashtag"].strips
    other = [strip for strip in strips if strip.tag != "bridge"]
    tags = list(dict.fromkeys(strip.tag for strip in other))
    assert tags == ["sky", "beach", "road"]  # temple and winter have no kin here, car has road
    assert all(strip.notes and "stands in" in strip.notes[0] for strip in other)
    assert "No test photo carries “car”; “road” stands in, the nearest in meaning" in other[-1].notes[0]
    berlin = next(strip for strip in other if "winter" in strip.notes[0])
    assert berlin.place == "near Edinburgh" or "stands in" in berlin.notes[1]


def test_incompatible_pairs() -> None:
    strips = galleries()["incompatible"].strips
    assert [strip.tag for strip in strips[:3]] == ["beach"] * 3
    assert strips[0].place == "near Auckland"
    assert strips[0].pictures[0].match == "here"
    assert strips[1].notes[0].startswith("No test photo lies within 25 km of Madrid")


def test_the_chosen_picture_is_where_locsens_gains_most() -> None:
    first, drawn = galleries()["tagging"].cases
    assert (first.title, first.picture.photo_id) == ("A picture tagged london", 10)
    mcc, locsens = first.lists
    assert [guess.tag for guess in mcc.guesses] == ["sky"]
    assert [(guess.tag, guess.is_correct, guess.is_local) for guess in locsens.guesses] == [
        ("bridge", True, False),  # on a quarter of all photos and half of these: not three times as many
        ("london", True, True),
    ]
    assert drawn.title == "Drawn at random"
    assert drawn.picture.photo_id != 10


def test_faked_locations_change_the_hashtags() -> None:
    sailing, road = galleries()["faked"].cases
    assert sailing.title == "A picture tagged boat"
    assert "No test photo carries “sailing”; “boat” stands in" in sailing.notes[0]
    assert road.picture.photo_id == 17  # the only one where the model ranks road
    assert road.lists[0].heading == "where it was taken"
    assert [guess.tag for guess in road.lists[0].guesses] == ["scotland", "road"]
    fake = road.lists[1]
    assert [guess.tag for guess in fake.guesses] == ["lion", "road"]
    assert [guess.is_new for guess in fake.guesses] == [True, False]


def test_of_several_pictures_the_one_that_gains_most_is_shown_and_the_average_told() -> None:
    ranked = tagging_rankings(p17=("road",), p15=("sand", "road"))
    rankings = {"mcc": ranked, "locsens_raw": ranked}
    config = viewing().config.model_copy(update={"local_km": 0.1})  # else the one at Edinburgh is too near
    road = galleries(rankings=rankings, config=config)["faked"].cases[-1]
    assert "Typical of this place: 0 of these 2 hashtags, 0 of the 2 where it was taken" in road.lists[1].below
    assert road.lists[1].below.endswith("; on average of 2 such pictures, 0.0 and 0.0")


def test_same_viewing_same_galleries() -> None:
    assert galleries() == galleries()


def test_says_what_was_not_run() -> None:
    empty = galleries(retrieval=None, tagging=None, rankings={})
    assert empty["same-hashtag"].unavailable == "LocSens, raw locations was not run on these photos."
    assert empty["incompatible"].unavailable == "LocSens, raw locations was not run on these photos."
    assert empty["tagging"].unavailable == "MCC and LocSens, raw locations was not run on these photos."
    assert empty["faked"].unavailable == "LocSens, raw locations was not run on these photos."


def test_no_test_photo_no_gallery() -> None:
    nothing = to_test_photos(frame().clear())
    empty = galleries(photos=nothing, retrieval=UpperBound(nothing), rankings={}, details=frame().clear())
    assert empty["same-hashtag"].unavailable == "no test photo has an image."


def test_local_needs_several_photos_and_a_lift() -> None:
    local = viewing().local_tags(55.95, -3.19)
    assert {TAGS[tag] for tag in local} == {"road", "scotland"}
    assert viewing().local_tags(0.0, 0.0) == frozenset()
