"""What `benchmarks.images` measures, as functions that run in processes of their own.

As a program, `python -m benchmarks.image_work URLS FOLDER`, it collects the images of a list and prints how many
there are.
"""

import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg
from torchvision.transforms.v2.functional import center_crop, resize

from assets.base.profiles.sections.images import ImageConfig
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.embeddings.photo_sets import locate_images
from assets.embeddings.pixels import StoredPixels
from assets.images.collect import collect_images, sizes_of
from assets.images.locate import Locator
from assets.images.parts import Parts
from assets.images.plan import Wanted
from models.embedding_config import MccConfig
from models.photo_sets import EpochOrder

CONFIG = ImageConfig(requests_per_second=1e6)
"""The defaults, but for the politeness that a local server needs not."""

SIDE = MccConfig().image_side
WINDOW = MccConfig().shuffle_parts
IMAGES = "images"

_files: list[bytes] = []
_stored: list[bytes] = []


def load(paths: Sequence[Path]) -> None:
    """Have the pictures in this process's memory."""
    torch.set_num_threads(1)
    _files.extend(path.read_bytes() for path in paths)


def decode_resize_encode(numbers: Iterable[int]) -> float:
    """The bare work of the stage, by torchvision; seconds of processor time."""
    started = time.process_time()
    for number in numbers:
        _encoded(_files[number])
    return time.process_time() - started


def _encoded(data: bytes) -> torch.Tensor:
    pixels = decode_jpeg(_tensor(data), mode=ImageReadMode.RGB, apply_exif_orientation=True)
    jpeg: torch.Tensor = encode_jpeg(resize(pixels, [CONFIG.short_side], antialias=True), quality=CONFIG.jpeg_quality)
    return jpeg


def decode_squares(numbers: Iterable[int]) -> float:
    """The bare work of the reader, by torchvision, on stored images in memory; seconds of processor time."""
    if not _stored:
        _stored.extend(_encoded(data).numpy().tobytes() for data in _files)
    started = time.process_time()
    squares = []
    for number in numbers:
        pixels = decode_jpeg(_tensor(_stored[number]), mode=ImageReadMode.RGB)
        squares.append(center_crop(resize(pixels, [SIDE], antialias=True), [SIDE, SIDE]))
    torch.stack(squares)
    return time.process_time() - started


def _tensor(data: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def collect(urls: Sequence[str], folder: Path) -> int:
    """The whole stage, from nothing; how many images there are."""
    shutil.rmtree(folder, ignore_errors=True)
    locator = Locator()
    wanted = [Wanted(number, locator.locate(number, None, url)) for number, url in enumerate(urls)]
    parts = Parts(Storage(str(folder)), IMAGES, "image_status", sizes_of(CONFIG))
    return collect_images(wanted, parts, CONFIG).counts["ok"]


def read_epoch(folder: Path, batch: int) -> None:
    """An epoch of shuffled squares, as training reads them."""
    storage = Storage(str(folder))
    files = storage.list(IMAGES)
    ids = np.concatenate([storage.read_table(path, ["photo_id"])["photo_id"].to_numpy() for path in files])
    schema = pa.schema([TABLES["photos"].schema().field(name) for name in ("photo_id", "tag_ids")])
    photos = locate_images(storage, files, pa.table({"photo_id": ids, "tag_ids": [[0]] * len(ids)}, schema=schema))
    pixels = StoredPixels(storage, photos, SIDE, WINDOW)
    order = EpochOrder(photos.parts(), WINDOW, seed=0)
    for step in range(len(photos) // batch):
        pixels.take(order.positions(step, batch))


def read_bytes(folder: Path) -> None:
    """All stored images as bytes."""
    storage = Storage(str(folder))
    for path in storage.list(IMAGES):
        storage.read_table(path, ["jpeg"]).column("jpeg").to_pylist()


if __name__ == "__main__":
    sys.stdout.write(f"{collect(Path(sys.argv[1]).read_text().split(), Path(sys.argv[2]))}\n")
