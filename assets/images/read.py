"""Reading stored images, part by part: what training and feature stages stand on.

How images are written is in `assets.images.parts`.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms.v2.functional import center_crop, resize

from assets.base.storage import Storage

ROWS = 512
_THREADS = 4

Int64s = npt.NDArray[np.int64]


class StoredImageError(ValueError):
    """A stored image cannot be decoded: the storage was damaged after it was written."""


def iter_images(
    storage: Storage, files: Sequence[str], columns: Sequence[str] = ("photo_id", "jpeg"), rows: int = ROWS
) -> Iterator[pa.RecordBatch]:
    """Rows of the table `images`, never more than a part in memory.

    Args:
        storage: Where the images are.
        files: Files of the table, relative to the storage, in the order wanted.
        columns: Columns to read.
        rows: Most rows in one batch.
    """
    for path in files:
        with storage.open(path) as source, pq.ParquetFile(source) as file:
            yield from file.iter_batches(rows, columns=list(columns))


def decode_square(jpeg: bytes, side: int) -> Tensor:
    """Decode a stored image, bring its short side to `side` and keep the middle square.

    Args:
        jpeg: A stored image.
        side: Side of the result in pixels; smaller images are enlarged.

    Returns:
        uint8 [3, side, side].

    Raises:
        RuntimeError: It is no JPEG that can be decoded.
    """
    buffer = torch.frombuffer(bytearray(jpeg), dtype=torch.uint8)
    pixels = decode_jpeg(buffer, mode=ImageReadMode.RGB)
    if min(pixels.shape[1:]) != side:
        pixels = resize(pixels, [side], antialias=True)
    square: Tensor = center_crop(pixels, [side, side])
    return square


def iter_pixels(
    storage: Storage, files: Sequence[str], side: int, only: Collection[int] | None = None, rows: int = ROWS
) -> Iterator[tuple[Int64s, Tensor]]:
    """Stored images as tensors, a batch at a time, in the order of the files.

    Args:
        storage: Where the images are.
        files: Files of the table `images`, relative to the storage.
        side: Side in pixels, see `decode_square`.
        only: Photos wanted, None for all.
        rows: Most images in one batch.

    Yields:
        Photo ids int64 [n] and images uint8 [n, 3, side, side].

    Raises:
        StoredImageError: A stored image is damaged.
    """
    wanted = None if only is None else np.unique(np.fromiter(only, np.int64))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pixels") as threads:
        for batch in iter_images(storage, files, rows=rows):
            chosen = batch
            if wanted is not None:
                chosen = batch.filter(pa.array(np.isin(batch.column("photo_id").to_numpy(), wanted)))
            if not chosen.num_rows:
                continue
            ids = chosen.column("photo_id").to_numpy()
            jpegs = chosen.column("jpeg")
            pixels = torch.empty((chosen.num_rows, 3, side, side), dtype=torch.uint8)

            def fill(row: int, ids: Int64s = ids, jpegs: pa.Array = jpegs, pixels: Tensor = pixels) -> None:
                try:
                    pixels[row] = decode_square(jpegs[row].as_py(), side)
                except RuntimeError as error:
                    raise StoredImageError(
                        f"photo {ids[row]}: expected the JPEG that was stored, found damage ({error})"
                    ) from error

            for _ in threads.map(fill, range(chosen.num_rows)):
                continue
            yield ids, pixels


def read_images(
    storage: Storage, files: Sequence[str], side: int, only: Collection[int] | None = None
) -> tuple[Int64s, Tensor]:
    """All stored images, or some, as one tensor; it must fit into memory.

    Args:
        storage: Where the images are.
        files: Files of the table `images`, relative to the storage.
        side: Side in pixels, see `decode_square`.
        only: Photos wanted, None for all.

    Returns:
        Photo ids int64 [N] and images uint8 [N, 3, side, side], in the order of the files.

    Raises:
        StoredImageError: A stored image is damaged.
    """
    wanted = None if only is None else np.unique(np.fromiter(only, np.int64))
    ids = [batch.column("photo_id").to_numpy() for batch in iter_images(storage, files, ("photo_id",))]
    found = np.concatenate([*ids, np.zeros(0, np.int64)])
    count = len(found) if wanted is None else int(np.isin(found, wanted).sum())
    photo_ids = np.empty(count, np.int64)
    pixels = torch.empty((count, 3, side, side), dtype=torch.uint8)
    start = 0
    for batch_ids, batch in iter_pixels(storage, files, side, only):
        photo_ids[start : start + len(batch_ids)] = batch_ids
        pixels[start : start + len(batch_ids)] = batch
        start += len(batch_ids)
    return photo_ids, pixels
