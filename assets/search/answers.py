"""What is answered to somebody who searches or tags: plain values.

How they look in a terminal, on a page and in Dagster is in `pipelines.answers`, `page` and `pipelines.ask`.
"""

from dataclasses import dataclass

import polars as pl

from assets.search.where import Place


@dataclass(frozen=True)
class FoundPhoto:
    """One photo that was found.

    Attributes:
        rank: From 1.
        photo_id: Which photo.
        score: Of the model; higher is better, and comparable within one answer only.
        distance_km: From the place that was asked for, None if none was.
        has_tag: Whether the photo carries the hashtag.
        tags: Its hashtags that models know.
        city: City that it is in or nearest to, None where unknown.
        country: That city's country, two letters, None where unknown.
        latitude: Degrees.
        longitude: Degrees.
    """

    rank: int
    photo_id: int
    score: float
    distance_km: float | None
    has_tag: bool
    tags: tuple[str, ...]
    city: str | None
    country: str | None
    latitude: float
    longitude: float

    @property
    def where(self) -> str:
        """City and country in words."""
        return ", ".join(filter(None, (self.city, self.country))) or "unknown place"


@dataclass(frozen=True)
class FoundPhotos:
    """What was found for a hashtag and a place.

    Attributes:
        tag: The hashtag, normalised.
        place: The place, None if none was asked for.
        variant: Key of the model that ranked.
        photos: The best, best first.
        candidates: Photos that were ranked.
        notes: Sentences that one should read with it.
        loading_s: Seconds that loading models and embeddings took; next to none if they were loaded before.
        query_s: Seconds that the answer itself took.
    """

    tag: str
    place: Place | None
    variant: str
    photos: tuple[FoundPhoto, ...]
    candidates: int
    notes: tuple[str, ...]
    loading_s: float
    query_s: float

    @property
    def title(self) -> str:
        """What was asked for, in words."""
        return f"#{self.tag}" if self.place is None else f"#{self.tag} near {self.place.name}"

    def frame(self) -> pl.DataFrame:
        """The photos as a table, one column for each attribute of `FoundPhoto`."""
        return pl.DataFrame(self.photos)


@dataclass(frozen=True)
class FoundTag:
    """One hashtag for a photo.

    Attributes:
        rank: From 1.
        tag: The hashtag.
        score: Of the model; higher is better, and comparable within one answer only.
        photos: Photos of the collection that carry it.
        is_place: Whether it is a place's name.
    """

    rank: int
    tag: str
    score: float
    photos: int
    is_place: bool


@dataclass(frozen=True)
class FoundTags:
    """The hashtags for a photo taken at a place.

    Attributes:
        photo: What the photo is called.
        jpeg: The photo as models see it: upright, in RGB, made smaller.
        place: Where it was taken, None if that was not said.
        variant: Key of the model that ranked.
        tags: The best, best first.
        candidates: Hashtags that were ranked.
        notes: Sentences that one should read with it.
        loading_s: Seconds that loading models and embeddings took; next to none if they were loaded before.
        query_s: Seconds that the answer itself took, decoding and embedding the photo among them.
    """

    photo: str
    jpeg: bytes
    place: Place | None
    variant: str
    tags: tuple[FoundTag, ...]
    candidates: int
    notes: tuple[str, ...]
    loading_s: float
    query_s: float

    @property
    def title(self) -> str:
        """What was asked for, in words."""
        return self.photo if self.place is None else f"{self.photo} at {self.place.name}"

    def frame(self) -> pl.DataFrame:
        """The hashtags as a table, one column for each attribute of `FoundTag`."""
        return pl.DataFrame(self.tags)
