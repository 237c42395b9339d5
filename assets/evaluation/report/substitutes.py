"""What stands in for a hashtag or a place that the collection lacks, and the sentence that says so.

A hashtag is there if a test photo carries it; a place if a test photo lies near it. A missing hashtag has no
embedding to compare by, so the nearest is, in this order: kin listed in `paper.KIN`, the most frequent that
contains it, the most alike in spelling, and at last the most frequent that is no place's name.
"""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.evaluation.report import paper
from assets.evaluation.report.paper import AskedPlace
from models.geography import distance_km, unit_vectors

_SHORTEST_STEM = 4
"""Shorter words are inside too many others: car in oscar, ski in whisky."""

_LIKENESS = 0.8
_ENOUGH_PHOTOS = 3


@dataclass(frozen=True)
class UsedTag:
    """The hashtag that is used; `note` says what it stands in for, empty if it is the one asked."""

    tag_id: int
    tag: str
    note: str = ""


@dataclass(frozen=True)
class UsedPlace:
    """The place that is used; `note` says what it stands in for, empty if it is the one asked."""

    name: str
    latitude: float
    longitude: float
    note: str = ""


def nearest_hashtag(
    asked: str, tags: pl.DataFrame, taken: Collection[str] = (), *, place: bool = False
) -> UsedTag | None:
    """The hashtag asked for, or the nearest that the collection has.

    Args:
        asked: Normalised hashtag.
        tags: `tag_id`, `tag`, `photos`, `is_place` of the hashtags that test photos carry.
        taken: Hashtags that shall not stand in, since they are shown already.
        place: The one asked for is a place's name: only the most frequent place's name can stand in.

    Returns:
        None if there is no hashtag at all.
    """
    found = _row(asked, tags)
    if found is not None:
        return UsedTag(found, asked)
    free = tags.filter(~pl.col("tag").is_in(list(taken))).sort("photos", "tag_id", descending=[True, False])
    names: list[str] = free["tag"].to_list()
    chosen, why = _stand_in(asked, names, free, place=place)
    if chosen is None:
        return None
    number = _row(chosen, free)
    assert number is not None
    return UsedTag(number, chosen, f"No test photo carries “{asked}”; “{chosen}” stands in, {why}.")


def _stand_in(asked: str, names: list[str], free: pl.DataFrame, *, place: bool) -> tuple[str | None, str]:
    if place:
        places = free.filter(pl.col("is_place"))["tag"].to_list()
        if places:
            return places[0], "the most frequent name of a place"
        return (names[0], "the most frequent hashtag") if names else (None, "")
    for kin in paper.KIN.get(asked, ()):
        if kin in names:
            return kin, "the nearest in meaning that the collection has"
    if len(asked) >= _SHORTEST_STEM:
        for name in names:
            if asked in name:
                return name, "the most frequent that contains it"
    alike = difflib.get_close_matches(asked, names, n=1, cutoff=_LIKENESS)
    if alike:
        return alike[0], "the most alike in spelling"
    others = free.filter(~pl.col("is_place"))["tag"].to_list() or names
    return (others[0], "the most frequent hashtag, since none is near it") if others else (None, "")


def _row(tag: str, tags: pl.DataFrame) -> int | None:
    found = tags.filter(pl.col("tag") == tag)["tag_id"]
    return int(found[0]) if found.len() else None


def cities_of(photos: pl.DataFrame) -> pl.DataFrame:
    """The cities that photos are in or nearest to: `city`, `latitude`, `longitude`, `photos`, most photos first.

    Args:
        photos: `city`, `country`, `latitude`, `longitude`. A city lies in the middle of its photos.
    """
    named = photos.filter(pl.col("city").is_not_null()).with_columns(pl.col("country").fill_null(""))
    points = unit_vectors(named["latitude"].to_numpy(), named["longitude"].to_numpy()).reshape(-1, 3)
    middle = (
        named.with_columns(pl.Series(axis, points[:, index]) for index, axis in enumerate("xyz"))
        .group_by("city", "country")
        .agg(*(pl.col(axis).mean() for axis in "xyz"), photos=pl.len())
        .sort("photos", "city", "country", descending=[True, False, False])
    )
    x, y, z = (middle[axis].to_numpy() for axis in "xyz")
    return middle.select("city", "photos").with_columns(
        pl.Series("latitude", np.degrees(np.arctan2(z, np.hypot(x, y)))),
        pl.Series("longitude", np.degrees(np.arctan2(y, x))),
    )


def nearest_place(
    asked: AskedPlace, photos: pl.DataFrame, cities: pl.DataFrame, near_km: float, taken: Collection[str] = ()
) -> UsedPlace | None:
    """The place asked for, or the nearest city that the collection has photos of.

    Args:
        asked: The place.
        photos: `latitude`, `longitude` of the test photos.
        cities: As `cities_of` gives them.
        near_km: A place is there if a test photo lies this near.
        taken: Cities that shall not stand in, since they are shown already.

    Returns:
        None if there is no city left.
    """
    away = distance_km(asked.latitude, asked.longitude, photos["latitude"], photos["longitude"])
    if away.size and float(away.min()) <= near_km:
        return UsedPlace(asked.name, asked.latitude, asked.longitude)
    enough = cities.filter(pl.col("photos") >= _ENOUGH_PHOTOS)
    known = (enough if enough.height else cities).with_row_index("place")
    distances = distance_km(asked.latitude, asked.longitude, known["latitude"], known["longitude"])
    free = known.filter(~pl.col("city").is_in(list(taken)))["place"].to_numpy()
    if not free.size:
        return None
    index = int(free[np.argmin(distances[free])])
    city = known.row(index, named=True)
    further = "" if index == int(np.argmin(distances)) else " that is not shown already"
    note = (
        f"No test photo lies within {near_km:g} km of {asked.name}; {city['city']} stands in, the nearest "
        f"city with photos{further}, {distances[index]:.0f} km away."
    )
    return UsedPlace(city["city"], float(city["latitude"]), float(city["longitude"]), note)
