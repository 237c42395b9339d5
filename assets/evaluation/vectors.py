"""Embeddings and networks as scorers need them, read from published files one at a time."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

from assets.evaluation.candidates import Floats, Ids, Published
from models.locsens import LocSens, load_locsens


@dataclass(frozen=True)
class TagVectors:
    """Embeddings of hashtags.

    Attributes:
        tag_ids: int32 [V], ascending.
        vectors: float32 [V, D].
        bias: float32 [V], None where the score has none.
    """

    tag_ids: npt.NDArray[np.int32]
    vectors: Tensor
    bias: Tensor | None

    def known(self, tag_ids: Ids) -> npt.NDArray[np.bool_]:
        """Which hashtags have an embedding."""
        return np.isin(tag_ids, self.tag_ids)

    def rows(self, tag_ids: Ids) -> Tensor:
        """Rows of hashtags, int64, on the vectors' device.

        Raises:
            ValueError: A hashtag has no embedding.
        """
        known = self.known(tag_ids)
        if not known.all():
            raise ValueError(
                f"hashtag id {tag_ids[~known][0]}: expected one of the {len(self.tag_ids)} with an embedding"
            )
        return torch.from_numpy(np.searchsorted(self.tag_ids, tag_ids)).to(self.vectors.device)

    def only(self, tag_ids: Ids) -> "TagVectors":
        """Those of these hashtags that have an embedding."""
        keep = np.isin(self.tag_ids, tag_ids)
        rows = torch.from_numpy(np.flatnonzero(keep)).to(self.vectors.device)
        return TagVectors(self.tag_ids[keep], self.vectors[rows], None if self.bias is None else self.bias[rows])

    def without_bias(self) -> "TagVectors":
        """The same vectors, for scores without a bias."""
        return replace(self, bias=None)

    def normalised(self) -> "TagVectors":
        """The vectors with length 1."""
        return replace(self, vectors=normalised(self.vectors))


def normalised(vectors: Tensor) -> Tensor:
    """Rows with length 1 as float32; a zero row stays zero."""
    return torch.nn.functional.normalize(vectors.float(), dim=-1)


def _matrix(column: pa.ChunkedArray, rows: int) -> npt.NDArray[np.generic]:
    flat: npt.NDArray[np.generic] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(rows, -1)


def image_vectors(published: Published, method: str, photo_ids: Ids, device: torch.device) -> Tensor:
    """Image embeddings of some photos.

    Args:
        published: Where they are read from.
        method: mcc, mlc or her.
        photo_ids: int64 [N], ascending.
        device: Where they shall be.

    Returns:
        float16 [N, D] as published, not normalised.

    Raises:
        ValueError: A photo has no embedding, or parts differ in width.
    """
    asset = f"image_embeddings_{method}"
    found = np.zeros(len(photo_ids), dtype=bool)
    matrix: npt.NDArray[np.float16] | None = None
    for path in published.files(asset) if len(photo_ids) else ():
        table = published.storage.read_table(path, ["photo_id", "embedding"])
        if table.num_rows == 0:
            continue
        ids = table.column("photo_id").to_numpy()
        vectors = _matrix(table.column("embedding"), len(ids))
        if matrix is None:
            matrix = np.zeros((len(photo_ids), vectors.shape[1]), dtype=np.float16)
        if vectors.shape[1] != matrix.shape[1]:
            raise ValueError(f"{path}: expected embeddings of width {matrix.shape[1]}, found {vectors.shape[1]}")
        at = np.minimum(np.searchsorted(photo_ids, ids), len(photo_ids) - 1)
        wanted = photo_ids[at] == ids
        matrix[at[wanted]] = vectors[wanted]
        found[at[wanted]] = True
    if not found.all():
        raise ValueError(
            f"{asset}: expected an embedding for each of {len(photo_ids)} photos with an image, "
            f"found none for {int((~found).sum())} of them, such as photo {photo_ids[~found][0]}"
        )
    return torch.from_numpy(matrix if matrix is not None else np.zeros((0, 0), np.float16)).to(device)


def tag_vectors(published: Published, method: str, device: torch.device) -> TagVectors:
    """Hashtag embeddings of a method with their biases, not normalised."""
    asset = f"tag_embeddings_{method}"
    tables = [published.storage.read_table(path) for path in published.files(asset)]
    table = pa.concat_tables([one for one in tables if one.num_rows] or tables[:1]).sort_by("tag_id")
    bias = table.column("bias").to_numpy()
    missing = np.isnan(bias.astype(np.float64))
    if missing.any() and not missing.all():
        raise ValueError(f"{asset}: expected a bias for every hashtag or for none, found {int(missing.sum())} without")
    return TagVectors(
        table.column("tag_id").to_numpy().astype(np.int32),
        torch.from_numpy(_matrix(table.column("embedding"), table.num_rows).astype(np.float32)).to(device),
        None if missing.all() else torch.from_numpy(bias.astype(np.float32)).to(device),
    )


def locsens_network(published: Published, variant: str, weights: str, device: torch.device) -> LocSens:
    """A trained LocSens network in eval mode.

    Args:
        published: Where it is read from.
        variant: Partition of `locsens_model`.
        weights: Name of the weights' file, beside `config.json`.
        device: Where it shall be.

    Raises:
        ValueError: The variant was published without these files.
        UnusableWeightsError: The weights are broken or do not fit.
    """
    files = {path.rsplit("/", 1)[-1]: path for path in published.files("locsens_model", variant)}
    for name in ("config.json", weights):
        if name not in files:
            raise ValueError(f"locsens_model {variant}: expected a file {name}, found {sorted(files)}")
    config, state = (published.storage.read_bytes(files[name]) for name in ("config.json", weights))
    return load_locsens(config, state, files[weights]).to(device)


def query_places(places: Floats | None, queries: int, device: torch.device, *, used: bool) -> Tensor | None:
    """Places as LocSens takes them.

    Args:
        places: float64 [Q, 2], latitude and longitude in degrees.
        queries: Q.
        device: Where they shall be.
        used: Whether the model ranks by place.

    Returns:
        The same on the device; None for a zeroed location.

    Raises:
        ValueError: Places are missing that are used, or of another shape.
    """
    if not used:
        return None
    return torch.from_numpy(np.ascontiguousarray(given_places(places, queries))).to(device)


def given_places(places: Floats | None, queries: int) -> Floats:
    """Places of queries that need them.

    Args:
        places: float64 [Q, 2], latitude and longitude in degrees.
        queries: Q.

    Raises:
        ValueError: They are missing, or of another shape.
    """
    if places is None:
        raise ValueError(f"{queries} queries without a place: this model ranks by place, give latitude and longitude")
    if places.shape != (queries, 2):
        raise ValueError(f"places: expected shape {(queries, 2)}, found {places.shape}")
    return places
