"""A small evaluated world: two shards of photos, embeddings, a network for each LocSens variant."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from assets.base.collection import RegisteredFile, write_collection
from assets.base.execute import Outcome, execute
from assets.base.keys import METHODS, SIGMAS
from assets.base.profiles import Profile, load_profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.provenance import Record
from assets.base.settings import Settings
from assets.base.step import NotRun, Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from models.config import LocSensConfig, VariantConfig
from models.locsens import LocSens
from models.weights import dump_config, dump_weights

SHARDS = ("world-00000", "world-00001")
PER_SHARD = 60
TAGS = 12
WIDTHS = {"mcc": 16, "mlc": 24, "her": 8}
PLACE_TAGS = (1, 4)
"""Hashtags that are names of places."""
UNKNOWN_TO_HER = 3
"""A hashtag without a word vector."""


def photo_rows(shard: str) -> list[dict[str, object]]:
    """Photos of a shard: hashtag 0 on most, 11 on fewest; a fifth in train; a tenth without image."""
    rows = []
    for index in range(PER_SHARD):
        draws = np.random.default_rng([SHARDS.index(shard), index])
        carried = {tag for tag in range(TAGS) if draws.random() < 0.5 / (1 + tag / 3)} or {0}
        rows.append(
            {
                "photo_id": 10_000 * (1 + SHARDS.index(shard)) + 37 * index % 1000,
                "tag_ids": sorted(carried),
                "tags": [f"tag{tag}" for tag in sorted(carried)],
                "latitude": float(draws.uniform(30, 60)),
                "longitude": float(draws.uniform(-120, 40)),
                "continent": "NA" if index % 3 else "EU",
                "split": "train" if index % 5 == 0 else "test",
                "image": index % 10 != 9,
            }
        )
    return rows


def network_config() -> VariantConfig:
    """A network narrow enough for tests."""
    network = LocSensConfig(
        image_embedding=WIDTHS["mcc"],
        tag_embedding=WIDTHS["mcc"],
        branch_width=32,
        location_width=32,
        hidden=(32, 32),
        norm_groups=8,
        initial_std=0.3,
    )
    return VariantConfig(network=network)


def network_bytes(seed: int) -> bytes:
    """Weights of a network, drawn by seed."""
    return dump_weights(LocSens(network_config().network, torch.Generator().manual_seed(seed)))


def table(name: str, rows: list[dict[str, object]], **blank: object) -> pa.Table:
    """Rows as a table of the contract; columns that rows lack are blank."""
    schema = TABLES[name].schema()
    return pa.Table.from_pylist(
        [{key: row.get(key, blank.get(key)) for key in schema.names} for row in rows], schema=schema
    )


def embedding_rows(key: str, ids: list[int], width: int, seed: int) -> list[dict[str, object]]:
    """Embeddings drawn by seed and id."""
    return [
        {
            key: one,
            "embedding": np.random.default_rng([seed, one]).normal(size=width).astype(np.float16).tolist(),
            "bias": float(np.random.default_rng([seed, one, 1]).normal()),
        }
        for one in ids
    ]


def _photos(run) -> None:
    for split in ("train", "validation", "test"):
        rows = [row for row in photo_rows(run.partition) if row["split"] == split]
        run.write("photos", table("photos", rows), split=split)


def _image_status(run) -> None:
    rows = [
        {"photo_id": row["photo_id"], "status": "ok" if row["image"] else "missing"}
        for row in photo_rows(run.partition)
    ]
    run.write("image_status", table("image_status", rows, attempts=1))


def _vocabulary(run) -> None:
    rows = [
        {"tag_id": tag, "tag": f"tag{tag}", "photos": 100 - tag, "users": 9, "is_place": tag in PLACE_TAGS}
        for tag in range(TAGS)
    ]
    run.write("vocabulary", table("vocabulary", rows))


def _image_embeddings(method: str) -> Callable[..., None]:
    def body(run) -> None:
        ids = [row["photo_id"] for row in photo_rows(run.partition) if row["image"]]
        rows = embedding_rows("photo_id", ids, WIDTHS[method], METHODS.index(method))
        for part, some in enumerate((rows[:20], rows[20:])):
            run.write(f"image_embeddings_{method}", table(f"image_embeddings_{method}", some), part=part)

    return body


def _tag_embeddings(method: str) -> Callable[..., None]:
    def body(run) -> None:
        if method in run.workspace.without_methods:
            raise NotRun("no word vectors are set")
        tags = [tag for tag in range(TAGS) if method != "her" or tag != UNKNOWN_TO_HER]
        rows = embedding_rows("tag_id", tags, WIDTHS[method], 100 + METHODS.index(method))
        if method == "her":
            rows = [row | {"bias": None} for row in rows]
        run.write(f"tag_embeddings_{method}", table(f"tag_embeddings_{method}", rows))

    return body


def _locsens_model(run) -> None:
    names = [f"weights_sigma_{sigma}" for sigma in SIGMAS] if run.partition == "retrieval_sampling" else []
    for seed, name in enumerate(["weights", *names]):
        with run.create("locsens_model", f"{name}.safetensors") as sink:
            sink.write(network_bytes(100 * len(run.partition) + seed))
    with run.create("locsens_model", "config.json") as sink:
        sink.write(dump_config(network_config()))


def _given(name: str, stage: str, by: str | None, body: Callable[..., None]) -> Step:
    return Step(name, stage, (name,), by, (), (), "1", frozenset(), (), False, None, (), None, body)


@dataclass
class Evaluated:
    """The world: `make` materialises one partition, `frame` reads what is published."""

    workspace: Workspace
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("tests"))

    @property
    def storage(self):
        return self.workspace.storage

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        """Recorded files, so that this world can be read from as a run can."""
        records = self.workspace.ledger.records(asset)
        keys = sorted(records, key=str) if partition is None else [partition]
        return [file.path for key in keys for file in records[key].files]

    def make(self, asset: str, partition: str | None = None, **options: bool) -> Outcome:
        """Materialise one partition of an asset."""
        return execute(self.workspace.steps.maker(asset), self.workspace, partition, self.log, **options)

    def read(self, asset: str, partition: str | None = None) -> pa.Table:
        """What is published of an asset."""
        return pa.concat_tables([self.storage.read_table(path) for path in self.files(asset, partition)])


def evaluation_profile(**changes: object) -> Profile:
    """Profile `tiny` with an evaluation that suits 86 candidates."""
    return load_profile("tiny").model_copy(
        update={"evaluation": EvaluationConfig(**{"seed": 1, "depth": 15, **changes}), "seed": 7}
    )


def open_world(folder: Path, without_methods: tuple[str, ...] = (), **evaluation: object) -> Evaluated:
    """The world in a folder, with everything before evaluation materialised."""
    from assets.evaluation import assets as evaluation_assets

    steps = StepRegistry()
    upstream = [
        ("photos", "splits", "shard", _photos, SHARDS),
        ("image_status", "images", "shard", _image_status, SHARDS),
        ("vocabulary", "vocabulary", None, _vocabulary, (None,)),
        *((f"image_embeddings_{m}", "features", "shard", _image_embeddings(m), SHARDS) for m in METHODS),
        *((f"tag_embeddings_{m}", "features", None, _tag_embeddings(m), (None,)) for m in METHODS),
        ("locsens_model", "locsens", "variant", _locsens_model, ()),
    ]
    steps.add(_given("source_files", "ingestion", "source_file", lambda _: None))
    for name, stage, by, body, _ in upstream:
        steps.add(_given(name, stage, by, body))
    for name in (
        "retrieval_queries",
        "retrieval_rankings",
        "tagging_rankings",
        "retrieval_results",
        "tagging_results",
    ):
        steps.add(getattr(evaluation_assets, name))
    settings = Settings(
        storage=str(folder / "storage"),
        source="world",
        profile="tiny",
        work=folder / "work",
        device="cpu",
    )
    workspace = Workspace(settings, steps, evaluation_profile(**evaluation))
    workspace.without_methods = without_methods
    world = Evaluated(workspace)
    write_collection(workspace.storage, workspace.collection().with_files([RegisteredFile("world", "world")]))
    workspace.ledger.put(
        Record(
            "source_files",
            "world",
            (),
            (),
            "1",
            "",
            None,
            "",
            "",
            "done",
            "",
            "1",
            facts={"shards": len(SHARDS)},
        )
    )
    for name, _, by, _, keys in upstream:
        for key in workspace.keys("variant") if by == "variant" else keys:
            world.make(name, key)
    return world


@pytest.fixture
def open_evaluated(tmp_path) -> Callable[..., Evaluated]:
    """Opens a world of the test's own."""
    return functools.partial(open_world, tmp_path)


@pytest.fixture(scope="session")
def open_world_in() -> Callable[..., Evaluated]:
    """`open_world`, for fixtures that outlive a test."""
    return open_world


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory) -> Evaluated:
    """A world to read from; not to be written to."""
    return open_world(tmp_path_factory.mktemp("evaluated"))
