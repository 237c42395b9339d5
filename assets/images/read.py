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
from torchvision.transforms.v2.functional import resize

from assets.base.cores import available_cores
from assets.base.storage import Storage

ROWS = 512

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
    pixels: Tensor = decode_jpeg(buffer, mode=ImageReadMode.RGB)
    if min(pixels.shape[1:]) != side:
        pixels = resize(pixels, [side], antialias=True)
    top, left = (round((length - side) / 2) for length in pixels.shape[1:])
    return pixels[:, top : top + side, left : left + side]


def decode_squares(jpegs: Sequence[bytes], photo_ids: Int64s, side: int) -> Tensor:
    """Decode stored images on all the cores that are there for it.

    Args:
        jpegs: Stored images.
        photo_ids: The photos that they are of, int64 [n].
        side: Side in pixels, see `decode_square`.

    Returns:
        uint8 [n, 3, side, side].

    Raises:
        StoredImageError: A stored image is damaged.
    """
    pixels = empty_pixels(len(jpegs), side)
    rows = pixels.permute(0, 2, 3, 1).numpy()
    threads = min(reading_threads(), len(jpegs)) or 1

    def fill(first: int) -> None:
        for row in range(first, len(jpegs), threads):
            try:
                # numpy's copy: torch would wake its own threads for each image
                rows[row] = decode_square(jpegs[row], side).permute(1, 2, 0).numpy()
            except RuntimeError as error:
                raise StoredImageError(
                    f"photo {photo_ids[row]}: expected the JPEG that was stored, found damage ({error})"
                ) from error

    # A pool per batch: one that outlived it would not live on in a loader's forked worker.
    with ThreadPoolExecutor(threads, thread_name_prefix="pixels") as pool:
        for _ in pool.map(fill, range(threads)):
            continue
    return pixels


def empty_pixels(count: int, side: int) -> Tensor:
    """Room for images, uint8 [count, 3, side, side], laid out as decoders give pixels and networks take them."""
    return torch.from_numpy(np.empty((count, side, side, 3), np.uint8)).permute(0, 3, 1, 2)


def reading_threads() -> int:
    """Threads that read and decode: one for each core, shared among a loader's workers."""
    loader = torch.utils.data.get_worker_info()
    return max(1, available_cores() // (loader.num_workers if loader else 1))


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
    for batch in iter_images(storage, files, rows=rows):
        chosen = batch
        if wanted is not None:
            chosen = batch.filter(pa.array(np.isin(batch.column("photo_id").to_numpy(), wanted)))
        if chosen.num_rows:
            ids = chosen.column("photo_id").to_numpy()
            yield ids, decode_squares(chosen.column("jpeg").to_pylist(), ids, side)


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
    pixels = empty_pixels(count, side)
    start = 0
    for batch_ids, batch in iter_pixels(storage, files, side, only):
        photo_ids[start : start + len(batch_ids)] = batch_ids
        pixels[start : start + len(batch_ids)] = batch
        start += len(batch_ids)
    return photo_ids, pixels
