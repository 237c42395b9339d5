"""Which hashtags are typical of a place: several times more frequent on training photos near it than on all."""

import numpy as np
import polars as pl

from assets.evaluation.candidates import Ids
from models.geography import distance_km

_FEWEST = 3
"""A hashtag on fewer photos near a place says nothing about it."""

_KM_PER_DEGREE = 110.0
"""A degree of latitude at least, so that a band of latitudes misses no photo near by."""


class LocalTags:
    """The training photos, asked place by place."""

    def __init__(self, training: pl.DataFrame, vocabulary: int, local_km: float, lift: float) -> None:
        """Counts the hashtags.

        Args:
            training: `latitude`, `longitude` and `tag_ids` of the training photos.
            vocabulary: Hashtags, V.
            local_km: Photos this near count as near by, in km.
            lift: How many times more frequent a local hashtag is near by than everywhere.
        """
        ordered = training.sort("latitude")
        self._places = ordered.select("latitude", "longitude").to_numpy()
        lengths = ordered.get_column("tag_ids").list.len().to_numpy()
        self._offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self._tags: Ids = ordered.get_column("tag_ids").explode(empty_as_null=False).to_numpy().astype(np.int64)
        self._share = np.bincount(self._tags, minlength=vocabulary) / max(len(ordered), 1)
        self._km, self._lift = local_km, lift

    def at(self, latitude: float, longitude: float) -> frozenset[int]:
        """The hashtags that are local at a place, by id; none where no training photo is near."""
        # A box in longitude would cut at the date line and near the poles.
        reach = self._km / _KM_PER_DEGREE
        first, last = np.searchsorted(self._places[:, 0], [latitude - reach, latitude + reach])
        band = self._places[first:last]
        near = np.flatnonzero(distance_km(latitude, longitude, band[:, 0], band[:, 1]) <= self._km) + first
        if not len(near):
            return frozenset()
        tags = np.concatenate([self._tags[self._offsets[one] : self._offsets[one + 1]] for one in near])
        counts = np.bincount(tags, minlength=len(self._share))
        local = (counts >= _FEWEST) & (counts / len(near) >= self._lift * self._share)
        return frozenset(int(tag) for tag in np.flatnonzero(local))
