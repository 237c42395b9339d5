import io

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from assets.base.storage import Storage
from assets.evaluation.report.accounts import counts
from assets.evaluation.report.data import Account
from assets.evaluation.report.maps import densities
from assets.evaluation.report.pictures import load_jpegs, shrunk, size_of
from assets.evaluation.report.trained import drawn_network, layers_of, training_curves
from models.config import LocSensConfig, VariantConfig
from models.weights import dump_config


class Shelf:
    """Published files without records: whatever lies in the storage."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        found = [*self.storage.list(f"tables/{asset}"), *self.storage.list(f"models/{asset}")]
        wanted = {partition, f"shard={partition}"}
        return [path for path in found if partition is None or wanted & set(path.split("/"))]


@pytest.fixture
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(Storage(str(tmp_path_factory.mktemp("data"))))


def jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(buffer, "JPEG")
    return buffer.getvalue()


def test_pictures_come_from_the_shards_that_hold_them(shelf: Shelf) -> None:
    for shard, ids in {"a-00000": [1, 2], "a-00001": [3], "b-00000": [4]}.items():
        split = "train" if shard == "b-00000" else "test"
        shelf.storage.write_table(
            f"tables/photos/split={split}/shard={shard}/part-0.parquet", pa.table({"photo_id": ids})
        )
        images = pa.table({"photo_id": ids, "jpeg": [jpeg(100 + one, 80) for one in ids]})
        shelf.storage.write_table(f"tables/images/shard={shard}/part-0.parquet", images)
    found = load_jpegs(shelf, [3, 1, 4, 99], 160)
    assert {number: size_of(data) for number, data in found.items()} == {1: (101, 80), 3: (103, 80)}
    assert found[1] == jpeg(101, 80)  # small enough: the very bytes


def test_large_pictures_are_made_smaller_in_proportion() -> None:
    assert size_of(shrunk(jpeg(640, 320), 160)) == (320, 160)
    assert shrunk(jpeg(640, 320), 160) == shrunk(jpeg(640, 320), 160)
    assert size_of(shrunk(jpeg(2000, 2), 1)) == (1000, 1)


def test_curves_and_network_of_what_is_trained(shelf: Shelf) -> None:
    assert training_curves(shelf) == ()
    assert drawn_network(shelf) is None
    curve = pa.table({"step": [10, 20], "loss": [0.2, 0.1]})
    for folder in ("locsens_model/tagging_raw", "embedding_model/mlc"):
        shelf.storage.write_table(f"models/{folder}/curve.parquet", curve)
    shelf.storage.write_bytes("models/locsens_model/tagging_raw/config.json", dump_config(VariantConfig()))
    assert [one.model for one in training_curves(shelf)] == ["MLC embedding", "LocSens, tagging, raw"]
    drawn = drawn_network(shelf)
    assert drawn is not None
    assert (drawn.variant, drawn.hidden) == ("tagging_raw", (2048, 2048, 2048, 1024, 512))


def test_layers_are_those_of_the_network() -> None:
    plain = layers_of("retrieval_raw", VariantConfig())
    assert plain.inputs == {"image": 300, "tag": 300, "location": 2}
    assert plain.hidden_block == "linear, group norm (32), ReLU"
    assert (plain.branch, plain.margin, plain.negatives, plain.normalised) == ("linear, ReLU", 0.1, 6, True)
    network = LocSensConfig(
        location_encoder="fourier", fourier_features=8, branch_norm_groups=4, location_width=20, hidden=(64,)
    )
    fourier = layers_of("retrieval_sampling", VariantConfig(location="sampling", network=network))
    assert fourier.inputs["location"] == 2 * 5 * 8
    assert fourier.modality_width["location"] == 20
    assert fourier.branch == "linear, group norm (4), ReLU"
    assert "ever less noise" in fourier.location


def test_cells_hold_every_photo_and_lie_on_a_grid() -> None:
    rng = np.random.default_rng(0)
    photos = pl.LazyFrame({"latitude": rng.uniform(-60, 70, 500), "longitude": rng.uniform(-180, 180, 500)})
    world, close = densities(photos, 2.0)
    assert world.cells["photos"].sum() == 500
    assert set((world.cells["latitude"] % 2).to_list()) == {1.0}
    assert close is None


def test_a_region_is_shown_close_by_without_its_strays() -> None:
    latitude, longitude = np.full(1000, -33.0), np.full(1000, 151.0)
    latitude[:500] += np.linspace(0, 3, 500)
    longitude[:500] += np.linspace(0, 3, 500)
    latitude[500], longitude[500] = 60.0, 10.0
    world, close = densities(pl.LazyFrame({"latitude": latitude, "longitude": longitude}), 2.0)
    assert close is not None
    assert close.degrees < 0.1
    assert close.cells["latitude"].max() < 0  # type: ignore[operator]  # a float
    assert world.cells["photos"].sum() == 1000


def test_no_photos_no_density() -> None:
    none = pl.LazyFrame(schema={"latitude": pl.Float64, "longitude": pl.Float64})
    world, close = densities(none, 2.0)
    assert (world.cells.height, close) == (0, None)


def test_reasons_most_frequent_first_and_the_rest_together() -> None:
    reasons = [f"r{index}" for index in range(12) for _ in range(index + 1)]
    found = counts(pl.LazyFrame({"reason": reasons}), "reason")
    assert list(found.items())[:2] == [("r11", 12), ("r10", 11)]
    assert found["other reasons"] == 1 + 2 + 3 + 4
    assert sum(found.values()) == len(reasons)


def test_an_account_adds_up_or_not() -> None:
    assert Account("a", "rows", 10, "kept", 7, {"x": 2, "y": 1}).adds_up
    assert not Account("a", "rows", 10, "kept", 7, {"x": 2}).adds_up
