"""Which hashtags the training photos around a place carry: exact counts within a distance, at any number of photos.

Photos lie in cubes of a grid around the unit sphere, so that neither the date line nor the poles are special. Places to
be asked for come by cube, too: cubes that are surely within the distance of all of them are counted once, and only
photos between the surely near and the surely far are measured along the ellipsoid.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from assets.evaluation.candidates import Floats, Ids, Published, read_photos
from models.geography import EQUATOR_RADIUS_KM, FLATTENING, distance_km, unit_vectors

_TRAINING_FOLDER = "/split=train/"
_CUBES_PER_DISTANCE = 16
"""More make fewer photos to be measured one by one, and more cubes to look at."""
_SMALLEST_CUBE = 2e-6
"""Side on the unit sphere: three coordinates of a cube fit into an int64."""
_SURE = 1e-4
"""Relative margin of what is surely near or far: far above the errors of distances and of rounding."""
_FARTHEST_KM = 10_000.0
"""Up to there `distance_km` is as exact as the margin takes for granted."""

# A radian of latitude or longitude is as many km long as the Earth is curved there, between these two.
_LEAST_KM = EQUATOR_RADIUS_KM * (1 - FLATTENING) ** 2
_MOST_KM = EQUATOR_RADIUS_KM / (1 - FLATTENING)


@dataclass(frozen=True)
class TrainingPhotos:
    """The training photos that models learnt from, in no order.

    Attributes:
        places: float64 [N, 2], latitude and longitude in degrees.
        offsets: int64 [N + 1], where each photo's hashtags begin in `tag_ids`.
        tag_ids: int32 [M].
    """

    places: Floats
    offsets: Ids
    tag_ids: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.places)

    def frequencies(self, tags: int) -> Ids:
        """How many of the photos carry each hashtag.

        Args:
            tags: Size of the vocabulary, whose ids count from 0.

        Raises:
            ValueError: A photo carries a hashtag beyond it.
        """
        highest = int(self.tag_ids.max(initial=-1))
        if highest >= tags:
            raise ValueError(f"training photos: expected hashtag ids below {tags}, found {highest}")
        return np.bincount(self.tag_ids, minlength=tags)


def read_training_photos(published: Published) -> TrainingPhotos:
    """Read the training split's photos whose image is there."""
    return to_training_photos(
        read_photos(published, ("photo_id", "latitude", "longitude", "tag_ids"), _TRAINING_FOLDER)
    )


def to_training_photos(photos: pl.DataFrame) -> TrainingPhotos:
    """Photos with an image as what is counted; `latitude`, `longitude` and `tag_ids`."""
    counts = photos.get_column("tag_ids").list.len().to_numpy()
    return TrainingPhotos(
        photos.select("latitude", "longitude").to_numpy().astype(np.float64),
        np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64),
        photos.get_column("tag_ids").explode(empty_as_null=False).to_numpy().astype(np.int32),
    )


class NearbyTags:
    """Counts hashtags of training photos within a distance of places.

    Memory is some 100 bytes a photo and 4 bytes a hashtag of one, whatever is asked.
    """

    def __init__(self, photos: TrainingPhotos, tags: int, km: float) -> None:
        """Put the photos into cubes.

        Args:
            photos: What is counted.
            tags: Size of the vocabulary, whose ids count from 0.
            km: The distance, along the ellipsoid.

        Raises:
            ValueError: The distance is out of range.
        """
        if not 0 < km <= _FARTHEST_KM:
            raise ValueError(f"distance: expected more than 0 and at most {_FARTHEST_KM:g} km, found {km:g}")
        self._km, self._tags = km, tags
        self._near = _chord(km / _MOST_KM) * (1 - _SURE)
        self._far = _chord(km / _LEAST_KM) * (1 + _SURE)
        self._side = max(self._far / _CUBES_PER_DISTANCE, _SMALLEST_CUBE)
        vectors = unit_vectors(photos.places[:, 0], photos.places[:, 1])
        keys = self._cubes(vectors)
        order = np.argsort(keys, kind="stable")
        cubes, starts = np.unique(keys[order], return_index=True)
        self._vectors, self._places = vectors[order], photos.places[order]
        self._tag_ids = photos.tag_ids[_runs(photos.offsets[order], photos.offsets[order + 1])]
        self._offsets = np.concatenate([[0], np.cumsum(np.diff(photos.offsets)[order])])
        self._starts = np.append(starts, len(order))
        self._centres = self._centres_of(cubes)
        self._tree = cKDTree(self._centres)

    def counts(self, places: Floats) -> Iterator[tuple[int, Ids]]:
        """Count around places.

        Args:
            places: float64 [B, 2], latitude and longitude in degrees.

        Yields:
            Row of a place, and for each hashtag id how many photos within the distance carry it, int64 [tags]; places
            that are close to each other come after each other.
        """
        vectors = unit_vectors(places[:, 0], places[:, 1])
        keys = self._cubes(vectors)
        order = np.argsort(keys, kind="stable")
        cubes, starts = np.unique(keys[order], return_index=True)
        for centre, rows in zip(self._centres_of(cubes), np.split(order, starts[1:]), strict=True):
            yield from self._around(centre, rows, vectors, places)

    def _around(self, centre: Floats, rows: Ids, vectors: Floats, places: Floats) -> Iterator[tuple[int, Ids]]:
        """Counts for the places of one cube."""
        across = self._side * np.sqrt(3)  # how much farther from each other two points are than their cubes' centres
        found = np.asarray(self._tree.query_ball_point(centre, self._far + across), dtype=np.int64)
        sure = np.linalg.norm(self._centres[found] - centre, axis=1) + across <= self._near
        inner, outer = np.sort(found[sure]), np.sort(found[~sure])
        own = _runs(self._offsets[self._starts[inner]], self._offsets[self._starts[inner + 1]])
        shared = np.bincount(self._tag_ids[own], minlength=self._tags)
        photos = _runs(self._starts[outer], self._starts[outer + 1])
        tags = self._tag_ids[_runs(self._offsets[photos], self._offsets[photos + 1])]
        owners = np.repeat(np.arange(len(photos)), np.diff(self._offsets)[photos])
        for row in rows:
            inside = self._within(photos, vectors[row], places[row])
            yield int(row), shared + np.bincount(tags[inside[owners]], minlength=self._tags)

    def _within(self, photos: Ids, vector: Floats, place: Floats) -> npt.NDArray[np.bool_]:
        away = np.linalg.norm(self._vectors[photos] - vector, axis=1)
        inside: npt.NDArray[np.bool_] = away <= self._near
        doubtful = np.flatnonzero(~inside & (away <= self._far))
        there = self._places[photos[doubtful]]
        inside[doubtful] = distance_km(place[0], place[1], there[:, 0], there[:, 1]) <= self._km
        return inside

    def _cubes(self, vectors: Floats) -> Ids:
        """One number for the cube of each vector."""
        x, y, z = ((vectors + 1) / self._side).astype(np.int64).T
        cubes: Ids = (x << 42) | (y << 21) | z
        return cubes

    def _centres_of(self, cubes: Ids) -> Floats:
        low = (1 << 21) - 1
        corners = np.stack([cubes >> 42, (cubes >> 21) & low, cubes & low], axis=-1)
        return (corners + 0.5) * self._side - 1


def _chord(angle: float) -> float:
    """Straight distance of points of the unit sphere, by their angle in radians."""
    return 2 * float(np.sin(min(angle, np.pi) / 2))


def _runs(starts: Ids, ends: Ids) -> Ids:
    """The numbers from each start to before its end, run after run."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    numbers: Ids = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return numbers
