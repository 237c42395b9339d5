"""Embedding stored images beside the network's own forward, and beside decoding where that is no small part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from assets.base.settings import load_settings
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.features.embed import image_embedding_tables
from assets.images.decode import decode
from assets.images.outcome import Decoded, Sizes
from assets.images.read import iter_pixels, read_images
from benchmarks.devices import wait_for
from benchmarks.pictures import pictures
from benchmarks.report import Measured, say
from benchmarks.timing import interleaved, median_and_spread, ratios
from models.augment import cut_centre
from models.devices import bf16_in_hardware, choose_device
from models.embedding import EmbeddingModel, architecture_of, new_model
from models.embedding_config import BackboneConfig, MccConfig
from models.extract import BATCH

ROUNDS = 5
_QUALITY, _MOST_PIXELS = 90, 1 << 24
_TAGS = 1_000  # of the classifier, which extraction does not use


@dataclass(frozen=True)
class Case:
    """A network, its images, how many are measured, and the share of the speed that is asked for."""

    backbone: BackboneConfig
    short_side: int
    crop: int
    photos: int
    photos_on_gpu: int
    target: float
    with_decoding: bool


CASES = {
    "resnet50, 224 px": Case(BackboneConfig(weights=""), 300, 224, 128, 8_192, 0.95, with_decoding=False),
    "small CNN, 48 px": Case(
        BackboneConfig(name="small_cnn", weights="", widths=(32, 64, 128, 256)),
        64,
        48,
        4_096,
        16_384,
        0.90,
        with_decoding=True,
    ),
}


def measure(work: Path) -> Iterator[Measured]:
    """Extraction's targets."""
    setting = load_settings().device
    device = choose_device(setting)
    for name, case in CASES.items():
        count = case.photos_on_gpu if device.type == "cuda" else case.photos
        say(f"{name}: {count:,} photos, {ROUNDS} rounds on {device}")
        storage, path = Storage(str(work / f"side-{case.short_side}")), "tables/images/shard=made-up/part-0.parquet"
        storage.write_table(path, stored(work / "pictures", case.short_side, count))
        config = MccConfig(backbone=case.backbone, image_side=case.short_side, crop=case.crop)
        model = new_model(architecture_of(config, _TAGS, None), seed=0).eval().to(device)
        pixels = cut_centre(read_images(storage, [path], case.short_side)[1], case.crop).contiguous(
            memory_format=torch.channels_last
        )
        works = {
            "decoding": partial(decoding, storage, path, case.short_side),
            "forward": partial(forward, model, pixels, device),
            "extraction": partial(extraction, storage, path, model, setting),
        }
        costs = {what: each[1:] for what, each in interleaved(works, 1 + ROUNDS).items()}
        walls = {what: [cost.wall for cost in each] for what, each in costs.items()}
        for what, each in costs.items():
            median, spread = median_and_spread([count / wall for wall in walls[what]])
            cpu, _ = median_and_spread([1e3 * cost.cpu / count for cost in each])
            note = f"{cpu:.3g} ms of processor a photo"
            yield Measured(name, f"{what}, rate", "photos/s", median, None, "higher", spread, note)
        bound = walls["forward"]
        words = "rate over its own forward's"
        if case.with_decoding:
            bound = [one + other for one, other in zip(walls["forward"], walls["decoding"], strict=True)]
            words = "rate over that of decoding, then forward"
        median, spread = median_and_spread(ratios(bound, walls["extraction"]))
        note = f"one batch after the other; {count:,} photos" if device.type == "cpu" else f"{count:,} photos"
        yield Measured(name, words, "times", median, case.target, "higher", spread, note)


def stored(folder: Path, short_side: int, count: int) -> pa.Table:
    """A shard of the table `images`: some made-up pictures, again and again."""
    sizes = Sizes(short_side, _QUALITY, _MOST_PIXELS)
    found = [decode(path.read_bytes(), sizes) for path in pictures(folder, 128)]
    images = [one for one in found if isinstance(one, Decoded)]
    rows = [images[number % len(images)] for number in range(count)]
    columns = {name: [getattr(row, name) for row in rows] for name in ("jpeg", "width", "height", "sha256")}
    return pa.table({"photo_id": np.arange(count), **columns}, schema=TABLES["images"].schema())


@torch.inference_mode()
def forward(model: EmbeddingModel, pixels: torch.Tensor, device: torch.device) -> None:
    """The network over images that are cut and in memory, as it is applied to those that are read."""
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16_in_hardware(device)):
        for batch in torch.split(pixels, BATCH):
            model(batch.to(device))
    wait_for(device)


def decoding(storage: Storage, path: str, side: int) -> None:
    """Reading and decoding alone."""
    for _ in iter_pixels(storage, [path], side):
        continue


def extraction(storage: Storage, path: str, model: EmbeddingModel, device: str) -> None:
    """What a shard's step does but for writing."""
    for _ in image_embedding_tables(storage, [path], model, device):
        continue
