"""A collection of coloured pictures: `photos`, `images`, `vocabulary` are given, steps make the rest. And a browser."""

import io
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from assets.base.collection import RegisteredFile, write_collection
from assets.base.execute import Outcome, execute
from assets.base.profiles import Profile, load_profile
from assets.base.provenance import Record
from assets.base.settings import Settings
from assets.base.step import Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from models.config import OptimisationConfig
from models.embedding_config import BackboneConfig, EmbeddingsConfig, HerConfig, MccConfig, MlcConfig

TAGS = ("red", "green", "blue", "yellow", "warm", "cold")
COLOURS = ((230, 20, 20), (20, 230, 20), (20, 20, 230), (220, 220, 20))
SHARDS = ("colours-00000", "colours-00001")
PER_SHARD = 90
PER_PART = 32


def coloured_jpeg(colour: int, seed: int, size: tuple[int, int] = (32, 24)) -> bytes:
    """A noisy picture of one colour."""
    noise = np.random.default_rng(seed).integers(-15, 16, (size[1], size[0], 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def photo_rows(shard: int) -> list[dict[str, object]]:
    """Photos of a shard: colour tells the first tag, half carry a second one, a tenth has no image."""
    rows = []
    for index in range(PER_SHARD):
        photo_id = 1000 * (shard + 1) + 7 * index % 1000
        colour = index % 4
        tag_ids = [colour, 4 + colour % 2] if index % 8 < 4 else [colour]
        split = ("test", "validation", "train", "train", "train")[index % 5]
        rows.append(
            {
                "photo_id": photo_id,
                "tag_ids": tag_ids,
                "split": split,
                "image": index % 10 != 9,
                "colour": colour,
            }
        )
    return rows


def _table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = TABLES[name].schema()
    blank = {"tags": [], "latitude": 0.0, "longitude": 0.0, "attempts": 1}
    full = [{column: row.get(column, blank.get(column)) for column in schema.names} for row in rows]
    return pa.Table.from_pylist(full, schema=schema)


def _give_photos(run) -> None:
    rows = photo_rows(SHARDS.index(run.partition))
    for split in ("train", "validation", "test"):
        run.write("photos", _table("photos", [row for row in rows if row["split"] == split]), split=split)


def _give_images(run) -> None:
    rows = [
        {
            "photo_id": row["photo_id"],
            "jpeg": coloured_jpeg(row["colour"], row["photo_id"]),
            "width": 32,
            "height": 24,
            "sha256": "0" * 64,
        }
        for row in photo_rows(SHARDS.index(run.partition))
        if row["image"] and run.partition not in run.workspace.without_images
    ]
    for part, start in enumerate(range(0, max(len(rows), 1), PER_PART)):
        run.write("images", _table("images", rows[start : start + PER_PART]), part=part)


def _give_vocabulary(run) -> None:
    tags = enumerate((*TAGS, *run.workspace.unused_tags))
    rows = [{"tag_id": i, "tag": tag, "photos": 50 - i, "users": 9, "is_place": False} for i, tag in tags]
    run.write("vocabulary", _table("vocabulary", rows))


def _given(name, stage, by, body) -> Step:
    return Step(name, stage, (name,), by, (), (), "1", frozenset(), (), False, None, (), None, body)


@dataclass
class Colours:
    """The collection: `make` materialises one of its steps."""

    workspace: Workspace
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("tests"))

    def make(self, asset: str, partition: str | None = None, **options: bool) -> Outcome:
        """Materialise one partition of an asset."""
        return execute(self.workspace.steps.maker(asset), self.workspace, partition, self.log, **options)

    def table(self, record: Record) -> pa.Table:
        """What a record holds."""
        return pa.concat_tables([self.workspace.storage.read_table(file.path) for file in record.files])


def colours_profile() -> Profile:
    """Networks and trainings of a few seconds."""
    shared = {
        "backbone": BackboneConfig(name="small_cnn", weights="", widths=(16, 32), stem=4),
        "image_side": 24,
        "crop": 16,
        "optimisation": OptimisationConfig(
            steps=40,
            batch_size=32,
            optimiser="adamw",
            learning_rate=5e-3,
            precision="fp32",
            validate_every=20,
            checkpoint_every=20,
            log_every=10,
        ),
    }
    embeddings = EmbeddingsConfig(mcc=MccConfig(width=12, **shared), mlc=MlcConfig(**shared), her=HerConfig(**shared))
    return load_profile("tiny").model_copy(update={"embeddings": embeddings})


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Nets this small are slower on several threads, and much slower when those are busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def open_colours(tmp_path, one_thread) -> Callable[..., Colours]:
    """Opens the collection with `photos`, `images` and `vocabulary` materialised; word vectors on request."""

    def open_collection(
        *, words: bool = True, without_images: tuple[str, ...] = (), unused_tags: tuple[str, ...] = ()
    ) -> Colours:
        from assets.embeddings.assets import embedding_model, word_vectors
        from assets.features.assets import IMAGE_EMBEDDINGS, TAG_EMBEDDINGS

        steps = StepRegistry()
        for one in (
            _given("source_files", "ingestion", "source_file", lambda run: None),
            _given("photos", "splits", "shard", _give_photos),
            _given("images", "images", "shard", _give_images),
            _given("vocabulary", "vocabulary", None, _give_vocabulary),
            word_vectors,
            embedding_model,
            *IMAGE_EMBEDDINGS.values(),
            *TAG_EMBEDDINGS.values(),
        ):
            steps.add(one)
        vectors = tmp_path / "vectors.txt"
        lines = [f"{tag} " + " ".join(f"{float(i == j)}" for j in range(8)) for i, tag in enumerate(TAGS[:5])]
        vectors.write_text("\n".join(lines) + "\n")
        settings = Settings(
            storage=str(tmp_path / "storage"),
            source="manifest:photos.csv",
            word_vectors=str(vectors) if words else "",
            profile="tiny",
            work=tmp_path / "work",
            device="cpu",
        )
        workspace = Workspace(settings, steps, colours_profile())
        workspace.without_images = without_images
        workspace.unused_tags = unused_tags
        opened = Colours(workspace)
        write_collection(
            workspace.storage, workspace.collection().with_files([RegisteredFile("colours", "photos.csv")])
        )
        shards = {"shards": len(SHARDS)}
        workspace.ledger.put(
            Record("source_files", "colours", (), (), "1", "", None, "", "", "done", "", "1", facts=shards)
        )
        for shard in SHARDS:
            opened.make("photos", shard)
            opened.make("images", shard)
        opened.make("vocabulary")
        return opened

    return open_collection


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one on the PATH the test is skipped.

    Not for longer than a module: while Playwright's loop is open, nothing else in the process can run one.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium in PATH (Debian's package chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield started
        started.close()
