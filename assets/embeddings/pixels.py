"""Where the pixels of learning photos come from: decoded into memory once, or when a step needs them."""

import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from assets.base.storage import Storage
from assets.embeddings.photo_sets import Located
from assets.images.read import StoredImageError, decode_square, read_images
from models.photo_sets import MemoryPixels, PixelStore

_THREADS = 4


class ChangedImagesError(RuntimeError):
    """The stored images are not those that were looked up."""


def pixels_of(
    storage: Storage, photos: Located, side: int, memory_gib: float, window: int, log: logging.Logger
) -> PixelStore:
    """The images of some photos, in their order.

    Args:
        storage: Where the images are.
        photos: The photos.
        side: Side in pixels of the squares to decode to.
        memory_gib: Up to this size all are decoded into memory.
        window: Parts that are shuffled together, hence used at the same time.
        log: Told which way was taken.
    """
    gib = len(photos) * 3 * side * side / 2**30
    if gib <= memory_gib:
        log.info("%d images of %d px are decoded into memory: %.2f GiB", len(photos), side, gib)
        return MemoryPixels(_decode_all(storage, photos, side))
    log.info(
        "%d images of %d px would need %.1f GiB, more than %.1f: they are decoded step by step",
        len(photos),
        side,
        gib,
        memory_gib,
    )
    return StoredPixels(storage, photos, side, window)


def _decode_all(storage: Storage, photos: Located, side: int) -> Tensor:
    found, pixels = read_images(storage, photos.files, side, only=photos.photo_ids)
    if not np.array_equal(found, photos.photo_ids):
        raise ChangedImagesError(
            f"stored images changed while they were read: expected {len(photos)} photos, found {len(found)}"
        )
    return pixels


class StoredPixels:
    """Images that stay as they are stored until they are asked for.

    Their bytes are kept for as many files as are in use at a time (two windows, where one ends and the next
    begins), so that each file is read once an epoch.

    Args:
        storage: Where the images are.
        photos: The photos.
        side: Side in pixels of the squares to decode to.
        window: Parts that are shuffled together.
    """

    def __init__(self, storage: Storage, photos: Located, side: int, window: int) -> None:
        self._storage = storage
        self._photos = photos
        self._side = side
        self._kept = 2 * window
        self._files: OrderedDict[int, pa.ChunkedArray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    def take(self, positions: Tensor) -> Tensor:
        """Images uint8 [B, 3, side, side] at int64 positions [B], in that order."""
        wanted = positions.numpy()
        pixels = torch.empty((len(wanted), 3, self._side, self._side), dtype=torch.uint8)
        # Bytes are fetched here, in one thread: the decoders then share nothing.
        jpegs = [
            self._file(int(file))[int(row)].as_py()
            for file, row in zip(self._photos.file_of[wanted], self._photos.row_of[wanted], strict=True)
        ]

        def fill(index: int) -> None:
            try:
                pixels[index] = decode_square(jpegs[index], self._side)
            except RuntimeError as error:
                raise StoredImageError(
                    f"photo {self._photos.photo_ids[wanted[index]]}: expected the JPEG that was stored, "
                    f"found damage ({error})"
                ) from error

        # A pool per batch: one that outlived it would not live on in a loader's forked worker.
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(fill, range(len(wanted))):
                continue
        return pixels

    def _file(self, index: int) -> pa.ChunkedArray:
        if index in self._files:
            self._files.move_to_end(index)
        else:
            path = self._photos.files[index]
            self._files[index] = self._storage.read_table(path, ["jpeg"]).column("jpeg")
            if len(self._files) > self._kept:
                self._files.popitem(last=False)
        return self._files[index]
