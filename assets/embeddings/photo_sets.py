"""From the tables `photos` and `images` to what is learnt from: which image is which photo's, with its tags.

A photo without an image is in no set. Where the pixels are kept is in `assets.embeddings.pixels`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch

from assets.base.storage import Storage
from models.photo_sets import PhotoTags

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Located:
    """Photos that have an image, in the order of the stored images.

    Attributes:
        photo_ids: Their ids, int64 [N].
        files: Files of the table `images`, relative to the storage, in order.
        file_of: Index into `files` of each photo, int64 [N], ascending.
        row_of: Row of each photo in its file, int64 [N].
        tags: Their tags, in the same order.
    """

    photo_ids: Int64s
    files: tuple[str, ...]
    file_of: Int64s
    row_of: Int64s
    tags: PhotoTags

    def __len__(self) -> int:
        return len(self.photo_ids)

    def parts(self) -> tuple[int, ...]:
        """Photos in each file that holds any, in order."""
        counts = np.bincount(self.file_of, minlength=len(self.files))
        return tuple(int(count) for count in counts if count)

    def select(self, positions: Int64s) -> "Located":
        """Some of the photos, `positions` ascending."""
        return Located(
            self.photo_ids[positions],
            self.files,
            self.file_of[positions],
            self.row_of[positions],
            self.tags.select(torch.from_numpy(positions)),
        )

    def learnable(self, kept: torch.Tensor) -> "Located":
        """Only the tags for which `kept`, bool [V], is true, and only the photos that have such a tag."""
        tags = self.tags.only(kept)
        some = np.flatnonzero((tags.counts() > 0).numpy()).astype(np.int64)
        return Located(self.photo_ids, self.files, self.file_of, self.row_of, tags).select(some)

    def spread(self, count: int) -> "Located":
        """At most `count` of the photos, evenly spread."""
        if len(self) <= count:
            return self
        return self.select(np.linspace(0, len(self) - 1, count).round().astype(np.int64))


def tags_of(table: pa.Table) -> PhotoTags:
    """The column `tag_ids` of the table `photos` as one list after the other."""
    lists = table.column("tag_ids").combine_chunks()
    lengths = np.asarray(pc.list_value_length(lists), dtype=np.int64)
    values = np.asarray(pc.list_flatten(lists), dtype=np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    return PhotoTags(torch.from_numpy(offsets), torch.from_numpy(values.copy()))


def locate_images(storage: Storage, image_files: Sequence[str], photos: pa.Table) -> Located:
    """Find the images of photos.

    Args:
        storage: Where the images are.
        image_files: Files of the table `images`, relative, in any order.
        photos: `photo_id` and `tag_ids` of the photos wanted.

    Returns:
        The photos that have an image. Reads no pixel.
    """
    files = tuple(sorted(image_files))
    wanted = photos.column("photo_id").to_numpy()
    order = np.argsort(wanted, kind="stable")
    ordered = wanted[order]
    found: list[tuple[Int64s, Int64s, Int64s, Int64s]] = []
    for index, file in enumerate(files):
        ids = storage.read_table(file, ["photo_id"]).column("photo_id").to_numpy()
        places = np.searchsorted(ordered, ids).clip(max=max(len(ordered) - 1, 0))
        rows = np.flatnonzero(ordered[places] == ids) if len(ordered) else np.zeros(0, np.int64)
        found.append((ids[rows], np.full(len(rows), index, np.int64), rows, order[places[rows]]))
    columns = [
        np.concatenate([piece[column] for piece in found]).astype(np.int64) if found else np.zeros(0, np.int64)
        for column in range(4)
    ]
    photo_ids, file_of, row_of, photo_rows = columns
    return Located(photo_ids, files, file_of, row_of, tags_of(photos).select(torch.from_numpy(photo_rows)))
