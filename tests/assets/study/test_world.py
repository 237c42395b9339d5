"""The step `world_properties` on the tiny world; its probes learn twelve steps, so that they tell little."""

import logging
from pathlib import Path

import polars as pl
import pytest

from assets.base.execute import Outcome, execute
from assets.base.profiles import load_profile
from assets.base.provenance import Record
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.ingestion.world.generate import ensure_world
from assets.ingestion.world.ledger import Ledger
from assets.steps import all_steps
from assets.study.world_checks import ALL
from assets.study.world_probes import world_truth
from models.geography import distance_km

LOG = logging.getLogger("tests")


def opened(folder: Path, source: str) -> Workspace:
    settings = Settings(storage=str(folder / "data"), source=source, profile="tiny", work=folder / "work", device="cpu")
    return Workspace(settings, all_steps())


def make(workspace: Workspace) -> Outcome:
    return execute(workspace.steps.maker("world_properties"), workspace, None, LOG).raise_if_failed()


def table(workspace: Workspace, asset: str) -> pl.DataFrame:
    files = [file.path for record in workspace.ledger.records(asset).values() for file in record.files]
    return pl.concat(
        [
            pl.DataFrame(pl.from_arrow(workspace.storage.read_table(path))).with_columns(path=pl.lit(path))
            for path in files
        ]
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Outcome]:
    """The tiny world up to its images, and its properties; not to be changed."""
    workspace = opened(tmp_path_factory.mktemp("world"), "sample")
    discover(workspace)
    for step in workspace.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index("images"):
            for key in list(workspace.keys(step.by)):
                execute(step, workspace, key, LOG).raise_if_failed()
    return workspace, make(workspace)


@pytest.fixture(scope="module")
def values(made: tuple[Workspace, Outcome]) -> dict[str, float]:
    return dict(table(made[0], "world_properties").select("property", "value").iter_rows())


@pytest.fixture(scope="module")
def ledger(made: tuple[Workspace, Outcome]) -> Ledger:
    workspace, _ = made
    return ensure_world(workspace.profile.world, workspace.scratch / "worlds").ledger


@pytest.fixture(scope="module")
def seen(made: tuple[Workspace, Outcome]) -> pl.DataFrame:
    """Photos with an image."""
    workspace, _ = made
    there = table(workspace, "image_status").filter(status="ok")
    photos = table(workspace, "photos").join(there, on="photo_id", how="semi")
    return photos.with_columns(split=pl.col("path").str.extract("split=([a-z]+)"))


def test_leak_share_from_the_tables(values, seen) -> None:
    test, train = seen.filter(split="test"), seen.filter(split="train")
    pairs = test.join(train, on="user_id", suffix="_train")
    places = [pairs[column].to_numpy() for column in ("latitude", "longitude", "latitude_train", "longitude_train")]
    near = pairs.filter(pl.Series(distance_km(*places) <= 1))["photo_id"].n_unique()
    assert values["leak_share"] == pytest.approx(near / test.height)
    assert 0.3 < values["leak_share"] < 0.7


def test_frequency_from_the_tables(values, seen) -> None:
    tags = seen.filter(split="train").explode("tags")["tags"].value_counts().sort(["count", "tags"], descending=True)
    test = seen.filter(split="test")["tags"]
    first = tags["tags"][0]
    assert tags["count"][0] > tags["count"][1]
    assert values["frequency_accuracy_at_1"] == pytest.approx(100 * test.list.contains(first).mean())
    assert values["frequency_accuracy_at_1"] < values["frequency_accuracy_at_10"] < 100


def test_head_from_the_tables(values, made) -> None:
    workspace, _ = made
    geotagged = table(workspace, "geotagged_photos").unique("photo_id")["tags"]
    vocabulary = table(workspace, "vocabulary").sort("tag_id")["tag"]
    for rank in (1, 10, 100):
        carried = geotagged.list.contains(vocabulary[rank - 1]).mean()
        assert values[f"hashtag_{rank}_share"] == pytest.approx(carried)
    assert values["hashtag_1_share"] > values["hashtag_10_share"] > values["hashtag_100_share"] > 0
    assert values["skipped_travel_share"] == pytest.approx(geotagged.list.contains("travel").mean())
    assert values["skipped_hashtags_without_meaning"] == 1


def test_rows_as_the_ledger_has_them(values, ledger) -> None:
    assert values["rows"] == ledger.rows
    assert values["rejected_share"] == ledger.rejected / ledger.rows
    assert values["dropped_no_location_share"] == pytest.approx(ledger.dropped["no_location"] / ledger.rows)
    assert 0.45 < values["dropped_no_location_share"] < 0.55
    wanted = sum(ledger.images.values())
    assert values["images_missing_share"] == pytest.approx(ledger.images["missing"] / wanted, rel=0.05)
    continents = [value for name, value in values.items() if name.startswith("photos_")]
    assert len(continents) == 7  # a coordinate that is wrong on purpose may lie in Antarctica
    assert sum(continents) == pytest.approx(1)


def test_probes_read_test_photos(values, made, seen) -> None:
    truth = world_truth(made[0].profile.world)
    assert truth.sizes[0] == 6
    for name, classes in zip(("continent", "concept", "city"), truth.sizes, strict=True):
        assert 0 <= values[f"probe_{name}"] <= 1
        assert 0 <= values[f"probe_{name}_without_leak"] <= 1
        # Whole photos were read rightly or not.
        photos = values[f"probe_{name}"] * seen.filter(split="test").height
        assert photos == pytest.approx(round(photos))
        assert classes > 5
    assert values["probe_continent"] > 1 / truth.sizes[0]


def test_truth_is_the_plan_s(made, seen) -> None:
    truth = world_truth(made[0].profile.world)
    sound = seen.filter(pl.col("continent").is_not_null())
    told = truth.of(sound["photo_id"].to_numpy())[:, 0]
    by_class = sound.with_columns(told=pl.Series(told)).group_by("told").agg(pl.col("continent").mode().first())
    assert by_class["continent"].n_unique() == truth.sizes[0]
    agreed = sound.with_columns(told=pl.Series(told)).join(by_class, on="told", suffix="_told")
    # Some coordinates are wrong on purpose.
    assert (agreed["continent"] == agreed["continent_told"]).mean() > 0.95


def test_a_photo_of_another_world() -> None:
    truth = world_truth(load_profile("tiny").world)
    with pytest.raises(ValueError, match="photo 12: expected a photo of the world that was planned, found none"):
        truth.of(truth.photo_ids[:2] * 0 + 12)


def test_checks_say_their_values_and_never_block(made) -> None:
    workspace, outcome = made
    properties = table(workspace, "world_properties")
    assert not any(one.blocking for one in ALL)
    checks = {one.name: one for one in outcome.checks["world_properties"]}
    assert list(checks) == [
        "probes_in_range",
        "head_frequencies",
        "leak_share",
        "upper_bound_curve",
        "frequency_is_weak",
    ]
    for name, value, low, high in properties.drop("path").iter_rows():
        group = [one for one in checks.values() if name in one.values]
        if low is not None:
            assert len(group) == 1, name
            assert group[0].values[name] == value
            assert (group[0].values[f"{name}: from"], group[0].values[f"{name}: to"]) == (low, high)
            assert f"{name} {value:.3g} (" in group[0].sentence
            if not low <= value <= high:
                assert not group[0].passed
    # Twelve steps teach a network nothing: the check fails, and the table is published all the same.
    assert not checks["probes_in_range"].passed
    assert "probe_city" in checks["probes_in_range"].sentence
    assert "not 0.15 to 0.3" in checks["probes_in_range"].sentence
    assert workspace.ledger.get("world_properties", None).status == "done"


def test_the_asset_shows_a_table_and_bars(made) -> None:
    notes = made[1].notes["world_properties"]
    assert notes["properties"].text.startswith("| property | value | low | high |")
    assert notes["figure"].data.startswith(b"\x89PNG")


def test_other_sources_have_no_truth(tmp_path: Path) -> None:
    workspace = opened(tmp_path, "manifest:photos.csv")
    for asset in ("vocabulary", "skipped_tags", "duplicate_photos"):
        workspace.ledger.put(Record(asset, None, (), (), "1", "", 0, "", "", "done", "", "1"))
    record = make(workspace).records["world_properties"]
    assert record.status == "not_run"
    assert record.reason == ("only the sample world knows what its photos were made to show; these are no photos of it")
    assert record.rows == 0
    assert all(one.passed for one in record.checks)
