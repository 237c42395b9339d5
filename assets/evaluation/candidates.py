"""The test photos that have an image: what is ranked, what is asked for and what is tagged.

A photo without an `ok` image is neither a candidate nor a query. What a model makes of them is in `scorers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.storage import Storage
from assets.base.tables import TABLES

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TEST_FOLDER = "/split=test/"
_NEEDED = ("photo_id", "latitude", "longitude", "continent", "tag_ids")


class Published(Protocol):
    """What published files are read from: a step's `Run`, or anything else that knows which files exist."""

    @property
    def storage(self) -> Storage:
        """The storage that holds them."""

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        """Recorded files of an asset, or of one of its partitions, relative to the storage."""


@dataclass(frozen=True)
class TestPhotos:
    """Test photos with an image, ascending by id.

    Attributes:
        photo_ids: int64 [N].
        places: float64 [N, 2], latitude and longitude in degrees. For queries and for judging a ranking;
            only the oracle `upper_bound` ranks by them.
        continents: str [N], two letters, empty where unknown.
        offsets: int64 [N + 1], where each photo's hashtags begin in `tag_ids`.
        tag_ids: int64 [M], the photos' hashtags, ascending within a photo.
    """

    __test__ = False  # not a test, whatever pytest thinks of the name

    photo_ids: Ids
    places: Floats
    continents: npt.NDArray[np.str_]
    offsets: Ids
    tag_ids: Ids

    def __len__(self) -> int:
        return len(self.photo_ids)

    @property
    def owners(self) -> Ids:
        """int64 [M], position of the photo that carries each of `tag_ids`."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def positions(self, photo_ids: npt.ArrayLike) -> Ids:
        """Positions of photos, by their ids.

        Raises:
            ValueError: One of them is no test photo with an image.
        """
        wanted = np.asarray(photo_ids, dtype=np.int64)
        found = np.searchsorted(self.photo_ids, wanted)
        known = np.zeros(wanted.shape, dtype=bool)
        inside = found < len(self)
        known[inside] = self.photo_ids[found[inside]] == wanted[inside]
        if not known.all():
            raise ValueError(f"photo {wanted[~known][0]}: expected a test photo with an image, found none with that id")
        return found

    def carry(self, index: npt.ArrayLike, tag_ids: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether photos carry hashtags.

        Args:
            index: Positions of photos, of any shape.
            tag_ids: Hashtag ids of a shape that broadcasts with it.

        Returns:
            bool, of the broadcast shape.
        """
        width = int(self.tag_ids.max(initial=-1)) + 1
        photos, tags = np.broadcast_arrays(np.asarray(index, np.int64), np.asarray(tag_ids, np.int64))
        owned = self.owners * width + self.tag_ids  # ascending: photos in order, hashtags ascending in each
        pairs = photos * width + tags
        at = np.minimum(np.searchsorted(owned, pairs), max(len(owned) - 1, 0))
        carried: npt.NDArray[np.bool_] = (owned[at] == pairs) & (tags < width) if len(owned) else pairs < 0
        return carried

    def select(self, positions: Ids) -> "TestPhotos":
        """Some of the photos, in ascending order."""
        positions = np.unique(positions)
        keep = np.isin(self.owners, positions)
        counts = np.diff(self.offsets)[positions]
        return TestPhotos(
            self.photo_ids[positions],
            self.places[positions],
            self.continents[positions],
            np.concatenate([[0], np.cumsum(counts)]),
            self.tag_ids[keep],
        )

    def only(self, tag_ids: npt.ArrayLike) -> "TestPhotos":
        """The photos with none of their hashtags but these; photos that carry none of them are left out."""
        keep = np.isin(self.tag_ids, tag_ids)
        counts = np.bincount(self.owners[keep], minlength=len(self))
        some = counts > 0
        return TestPhotos(
            self.photo_ids[some],
            self.places[some],
            self.continents[some],
            np.concatenate([[0], np.cumsum(counts[some])]),
            self.tag_ids[keep],
        )


def read_table(published: Published, asset: str, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of all files of an asset; without files, a frame without rows and columns."""
    frames = [
        pl.DataFrame(pl.from_arrow(published.storage.read_table(path, columns))) for path in published.files(asset)
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def read_test_photos(published: Published) -> TestPhotos:
    """Read the test split's photos whose image is there, from `photos` and `image_status`."""
    return to_test_photos(read_photos(published, _NEEDED, _TEST_FOLDER))


def read_photos(published: Published, columns: Sequence[str], folder: str = "") -> pl.DataFrame:
    """Some columns of the photos whose image is there, in no order.

    Args:
        published: Where `photos` and `image_status` are read from.
        columns: Columns of `photos`, `photo_id` among them.
        folder: What the files' paths hold, such as `/split=test/`; empty for the photos of all splits.
    """
    photos = [
        pl.DataFrame(pl.from_arrow(published.storage.read_table(path, columns)))
        for path in published.files("photos")
        if folder in path
    ]
    with_image = [
        pl.DataFrame(pl.from_arrow(published.storage.read_table(path, ["photo_id", "status"])))
        .filter(pl.col("status") == "ok")
        .select("photo_id")
        for path in published.files("image_status")
    ]
    if not photos or not with_image:
        return pl.DataFrame(pl.from_arrow(TABLES["photos"].empty().select(list(columns))))
    return pl.concat(photos).join(pl.concat(with_image), on="photo_id", how="semi")


def to_test_photos(photos: pl.DataFrame) -> TestPhotos:
    """Arrange photos for ranking and judging.

    Args:
        photos: Columns photo_id, latitude, longitude, continent and tag_ids of `photos`.
    """
    ordered = photos.sort("photo_id")
    counts = ordered.get_column("tag_ids").list.len().to_numpy()
    flat = ordered.get_column("tag_ids").list.sort().explode(empty_as_null=False)
    return TestPhotos(
        photo_ids=ordered.get_column("photo_id").to_numpy().astype(np.int64),
        places=ordered.select("latitude", "longitude").to_numpy().astype(np.float64),
        continents=np.asarray(ordered.get_column("continent").fill_null("").to_list(), dtype=np.str_),
        offsets=np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64),
        tag_ids=flat.to_numpy().astype(np.int64),
    )


def tags_by_place(vocabulary: pl.DataFrame) -> tuple[Ids, Ids]:
    """Which hashtags are names of places, and which are not: ids, int64.

    Args:
        vocabulary: `tag_id` and `is_place`.
    """
    names = vocabulary.get_column("is_place")
    places, others = (
        vocabulary.filter(some).get_column("tag_id").to_numpy().astype(np.int64) for some in (names, ~names)
    )
    return places, others
