"""What galleries choose from: the test photos with their hashtags and cities, scorers, and pictures."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from assets.base.profiles.sections.report import ReportConfig
from assets.evaluation.candidates import Ids, TestPhotos
from assets.evaluation.local_tags import LocalTags
from assets.evaluation.report.data import Picture, match_of
from assets.evaluation.report.paper import AskedPlace
from assets.evaluation.report.pictures import size_of
from assets.evaluation.report.substitutes import (
    UsedPlace,
    UsedTag,
    cities_of,
    nearest_hashtag,
    nearest_place,
)
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.tagging import TaggingScorer
from models.geography import distance_km


@dataclass(frozen=True)
class Viewing:
    """The collection as a gallery sees it.

    Attributes:
        config: Numbers of pictures and hashtags.
        photos: Test photos with an image.
        details: `photo_id`, `city`, `country`, `latitude`, `longitude`, in the order of `photos`.
        vocabulary: `tag_id`, `tag`, `photos`, `is_place`.
        training: `latitude`, `longitude`, `tag_ids` of the training photos: what is local where.
        rankings: `photo_id`, `rank`, `tag_id`, `is_correct` by tagging model, those that were run on these photos.
        retrieval: The scorer whose answers are shown, None if its model was not run on these photos.
        reference: One that is told no place, None if its model was not run on these photos.
        tagging: Loads the tagging scorer for some photo ids, None if its model was not run on these photos.
        jpegs: Loads pictures by photo id.
    """

    config: ReportConfig
    photos: TestPhotos
    details: pl.DataFrame
    vocabulary: pl.DataFrame
    training: pl.LazyFrame
    rankings: dict[str, pl.DataFrame]
    retrieval: RetrievalScorer | None
    reference: RetrievalScorer | None
    tagging: Callable[[Ids], TaggingScorer] | None
    jpegs: Callable[[Collection[int]], dict[int, bytes]]

    @cached_property
    def names(self) -> dict[int, str]:
        """Hashtag by id."""
        return dict(self.vocabulary.select("tag_id", "tag").iter_rows())

    @cached_property
    def tags(self) -> pl.DataFrame:
        """The hashtags that test photos carry: `tag_id`, `tag`, `is_place`, `photos` (test photos)."""
        ids, counts = np.unique(self.photos.tag_ids, return_counts=True)
        carried = pl.DataFrame({"tag_id": ids, "photos": counts}).with_columns(pl.col("tag_id").cast(pl.Int32))
        return self.vocabulary.drop("photos").join(carried, on="tag_id", how="inner").sort("tag_id")

    @cached_property
    def cities(self) -> pl.DataFrame:
        """The cities of the test photos."""
        return cities_of(self.details)

    def hashtag(self, asked: str, taken: Collection[str] = (), *, place: bool = False) -> UsedTag | None:
        """The hashtag asked for, or what stands in."""
        return nearest_hashtag(asked, self.tags, taken, place=place)

    def place(self, asked: AskedPlace, taken: Collection[str] = ()) -> UsedPlace | None:
        """The place asked for, or what stands in."""
        return nearest_place(asked, self.details, self.cities, self.config.near_km, taken)

    def pictures(
        self, positions: Sequence[int], used: UsedPlace | None = None, tag_id: int | None = None
    ) -> tuple[Picture, ...]:
        """Pictures of photos, judged against a hashtag and a place if those are given."""
        jpegs = self.jpegs([int(self.photos.photo_ids[one]) for one in positions])
        return tuple(self._picture(int(one), jpegs, used, tag_id) for one in positions)

    def _picture(self, position: int, jpegs: dict[int, bytes], used: UsedPlace | None, tag_id: int | None) -> Picture:
        photo_id = int(self.photos.photo_ids[position])
        own = self.photos.tag_ids[self.photos.offsets[position] : self.photos.offsets[position + 1]]
        away = match = None
        if tag_id is not None:
            if used is not None:
                away = float(distance_km(used.latitude, used.longitude, *self.photos.places[position]))
            match = match_of(carries=tag_id in own, away=away, near_km=self.config.near_km)
        width, height = size_of(jpegs[photo_id])
        return Picture(
            photo_id=photo_id,
            jpeg=jpegs[photo_id],
            width=width,
            height=height,
            tags=tuple(self.names[int(tag)] for tag in own),
            city=self.details["city"][position],
            distance_km=away,
            match=match,
        )

    def right(self, positions: Sequence[int], tag_id: int, place: UsedPlace) -> tuple[int, int, int]:
        """Of some photos, how many carry a hashtag, and how many of those are near a place, and not far from it."""
        chosen = np.array(positions, dtype=np.int64)
        chosen = chosen[self.photos.carry(chosen, tag_id)]
        away = distance_km(place.latitude, place.longitude, *self.photos.places[chosen].T)
        return chosen.size, int((away <= self.config.near_km).sum()), int((away <= self.config.far_km).sum())

    def local_tags(self, latitude: float, longitude: float) -> frozenset[int]:
        """Hashtags typical of a place: several times more frequent on training photos near it than on all."""
        return self._local.at(latitude, longitude)

    @cached_property
    def _local(self) -> LocalTags:
        size = int(self.vocabulary["tag_id"].max() or -1) + 1  # type: ignore[arg-type]  # an integer column
        return LocalTags(self.training.collect(), size, self.config.local_km, self.config.local_lift)
