"""What LocSens learns from: photos joined with their image embeddings, as tensors."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from models.members import LocSensPhotos
from models.tagged_photos import TaggedPhotos

PHOTO_COLUMNS = ("photo_id", "tag_ids", "latitude", "longitude")


class NothingToLearnFromError(ValueError):
    """There is no photo with an embedding in the training split."""


@dataclass(frozen=True)
class PhotoSet:
    """One split.

    Attributes:
        photos: The photos that have an embedding, ascending by id; None if there are none.
        without_embedding: How many have none; they are left out.
    """

    photos: LocSensPhotos | None
    without_embedding: int

    def __len__(self) -> int:
        return len(self.photos.images) if self.photos else 0


def join_embeddings(splits: Iterable[pa.Table], embeddings: Iterable[pa.Table], vocabulary: int) -> list[PhotoSet]:
    """Joins splits with embeddings, reading each part of the embeddings once.

    Args:
        splits: For each split a table with `PHOTO_COLUMNS`.
        embeddings: Parts with `photo_id` and `embedding`, in any order, of any photos.
        vocabulary: Hashtags, V.

    Raises:
        ValueError: If parts differ in width.
    """
    tables = [split.combine_chunks().sort_by("photo_id") for split in splits]
    ids = [table.column("photo_id").to_numpy() for table in tables]
    found = [np.zeros(len(one), dtype=bool) for one in ids]
    vectors: list[npt.NDArray[np.float16]] | None = None
    width = 0
    for part in embeddings:
        if part.num_rows == 0:
            continue
        rows = part.column("embedding").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        rows = rows.reshape(part.num_rows, -1)
        if vectors is None:
            width = rows.shape[1]
            vectors = [np.zeros((len(one), width), dtype=np.float16) for one in ids]
        if rows.shape[1] != width:
            raise ValueError(f"image embeddings: expected width {width}, found {rows.shape[1]}")
        part_ids = part.column("photo_id").to_numpy()
        for split_ids, split_vectors, split_found in zip(ids, vectors, found, strict=True):
            if len(split_ids) == 0:
                continue
            at = np.minimum(np.searchsorted(split_ids, part_ids), len(split_ids) - 1)
            ours = split_ids[at] == part_ids
            split_vectors[at[ours]] = rows[ours]
            split_found[at[ours]] = True
    empty = [np.zeros((len(one), 0), dtype=np.float16) for one in ids]
    return [
        # No copy where all have one: for YFCC100M it would be another 15 GB.
        PhotoSet(_photos(table, one if has.all() else one[has], has, vocabulary), int((~has).sum()))
        for table, one, has in zip(tables, vectors or empty, found, strict=True)
    ]


def _photos(
    table: pa.Table, vectors: npt.NDArray[np.float16], has: npt.NDArray[np.bool_], vocabulary: int
) -> LocSensPhotos | None:
    if not has.any():
        return None
    kept = table.filter(pa.array(has)).combine_chunks()
    tags = kept.column("tag_ids").combine_chunks()
    offsets = np.concatenate(([0], np.cumsum(tags.value_lengths().to_numpy())))
    places = np.stack([kept.column(name).to_numpy() for name in ("latitude", "longitude")], axis=1)
    return LocSensPhotos(
        torch.from_numpy(vectors),
        TaggedPhotos(
            torch.from_numpy(offsets.astype(np.int64)),
            torch.from_numpy(tags.flatten().to_numpy().astype(np.int64)),
            vocabulary,
        ),
        torch.from_numpy(places),
    )


def tag_matrix(table: pa.Table, vocabulary: int) -> Tensor:
    """Tag embeddings as a matrix, row = hashtag id, float32 [V, D].

    Args:
        table: `tag_id` and `embedding`.
        vocabulary: Hashtags, V.

    Raises:
        ValueError: If a hashtag has none, or one that is not in the vocabulary has.
    """
    ordered = table.sort_by("tag_id")
    ids = ordered.column("tag_id").to_numpy()
    if not np.array_equal(ids, np.arange(vocabulary)):
        raise ValueError(
            f"tag embeddings: expected one for each of {vocabulary} hashtags, "
            f"found {len(ids)} of {len(np.unique(ids))} hashtags"
        )
    flat = ordered.column("embedding").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return torch.from_numpy(flat.reshape(vocabulary, -1).astype(np.float32))
