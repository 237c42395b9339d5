"""Where the pixels of learning photos come from: decoded into memory once, or when a step needs them."""

import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
from torch import Tensor

from assets.base.storage import Storage
from assets.embeddings.photo_sets import Located
from assets.images.read import decode_squares, read_images
from models.photo_sets import MemoryPixels, PixelStore

_READS = 4  # files read at once: most of a remote one's time is waiting


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
        self._files: OrderedDict[int, pa.Array] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    def take(self, positions: Tensor) -> Tensor:
        """Images uint8 [B, 3, side, side] at int64 positions [B], in that order."""
        wanted = positions.numpy()
        files, rows = self._photos.file_of[wanted], self._photos.row_of[wanted]
        self._load(np.unique(files).tolist())
        # Bytes are taken out here, in one thread: the decoders then share nothing.
        jpegs = [self._files[file][row].as_py() for file, row in zip(files.tolist(), rows.tolist(), strict=True)]
        while len(self._files) > self._kept:
            self._files.popitem(last=False)
        return decode_squares(jpegs, self._photos.photo_ids[wanted], self._side)

    def _load(self, wanted: list[int]) -> None:
        """Have some files in memory: where a window begins, all of it is missing and is read at once."""
        missing = [file for file in wanted if file not in self._files]
        for file in wanted:
            if file in self._files:
                self._files.move_to_end(file)
        if missing:
            with ThreadPoolExecutor(min(_READS, len(missing)), thread_name_prefix="read") as pool:
                self._files.update(zip(missing, pool.map(self._read, missing), strict=True))

    def _read(self, file: int) -> pa.Array:
        return self._storage.read_table(self._photos.files[file], ["jpeg"]).column("jpeg").combine_chunks()
