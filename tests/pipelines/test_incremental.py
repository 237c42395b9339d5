"""Source files come, change and vanish: what that costs, what is left, and what the Dagster instance knows of it."""

import bz2
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pytest
from tiny_collection import Tiny, materialized

from assets.base.collection import CollectionError
from assets.base.settings import Settings
from assets.ingestion.errors import EmptySourceError
from assets.ingestion.sources import source_file_key
from assets.ingestion.world.generate import ensure_world
from pipelines.planner import survey
from pipelines.sources import forget_file

pytestmark = pytest.mark.timeout(900)

BY_SHARD = ("geotagged_photos", "tag_counts", "photos")


@dataclass(frozen=True)
class Growing:
    """A collection whose source is a folder of files, materialised to the splits."""

    settings: Settings
    home: Path
    folder: Path
    world: Path

    def add(self, number: int) -> str:
        """Another file of the world appears in the folder; returns its key."""
        name = f"yfcc100m_dataset-{number}.tsv.bz2"
        shutil.copyfile(self.world / name, self.folder / name)
        return self.key(number)

    def key(self, number: int) -> str:
        return source_file_key((self.folder / f"yfcc100m_dataset-{number}.tsv.bz2").as_uri())

    def path(self, number: int) -> Path:
        return self.folder / f"yfcc100m_dataset-{number}.tsv.bz2"

    def materialize(self, to: str = "splits", **wanted: object) -> Tiny:
        return materialized(self.settings, self.home, to=to, **wanted)

    def opened(self) -> Tiny:
        return Tiny(self.settings, self.home, None, "")

    def partitions(self, name: str) -> set[str]:
        with self.opened().instance() as instance:
            return set(instance.get_dynamic_partitions(name))

    def rows(self, asset: str) -> list[dict[str, object]]:
        workspace = self.opened().workspace()
        return [
            row
            for record in workspace.ledger.records(asset).values()
            for file in record.files
            for row in workspace.storage.read_table(file.path).to_pylist()
        ]


@pytest.fixture(scope="module")
def first(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Growing:
    """One file of the tiny world, materialised to the splits; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("growing")
    workspace = tiny.workspace()
    world = ensure_world(workspace.profile.world, workspace.scratch / "worlds")
    (folder / "source").mkdir()
    settings = Settings(
        storage=str(folder / "data"),
        source=f"yfcc100m:{folder}/source/*.bz2",
        profile="tiny",
        word_vectors=str(world.word_vectors),
        work=folder / "work",
        device="cpu",
    )
    growing = Growing(settings, folder / "home", folder / "source", Path(world.metadata).parent)
    growing.add(0)
    assert growing.materialize().report.failed == {}
    return growing


@pytest.fixture
def growing(first: Growing, tmp_path: Path) -> Iterator[Growing]:
    """A copy of it that a test may change; the folder of source files is put back afterwards."""
    storage, home, source = tmp_path / "data", tmp_path / "home", tmp_path / "source"
    shutil.copytree(first.settings.storage, storage)
    shutil.copytree(first.home, home)
    shutil.copytree(first.folder, source)
    yield replace(first, settings=first.settings.model_copy(update={"storage": str(storage)}), home=home)
    shutil.rmtree(first.folder)
    shutil.copytree(source, first.folder)


def shards(key: str, count: int) -> list[str]:
    return [f"{key}-{index:05d}" for index in range(count)]


def test_a_second_time_nothing_is_done(growing: Growing) -> None:
    with growing.opened().instance() as instance:
        before = instance.get_runs_count()
    done = growing.materialize()
    assert done.report.nothing_to_do
    assert done.report.fresh == 1 + 3 * 2 + 2
    assert "everything is up to date: 9 outputs" in done.story
    with growing.opened().instance() as instance:
        assert instance.get_runs_count() == before


def test_a_new_file_costs_its_shards_and_its_aggregates(growing: Growing) -> None:
    old = growing.opened().workspace().ledger
    before = {shard: old.get("photos", shard) for shard in shards(growing.key(0), 2)}
    key = growing.add(1)
    done = growing.materialize()
    by_shard = [f"{asset}:{shard}" for asset in BY_SHARD for shard in shards(key, 2)]
    assert sorted(done.report.made) == sorted([f"source_files:{key}", *by_shard, "duplicate_photos"])
    assert done.report.failed == {}
    assert [(left.output, left.state, left.command) for left in done.report.left] == [
        ("vocabulary", "older", "locsens materialize --refresh vocabulary")
    ]
    assert f"tag_counts:{key}-00000" in done.report.left[0].why
    assert "redo it with `locsens materialize --refresh vocabulary`" in done.story
    now = growing.opened().workspace().ledger
    assert {shard: now.get("photos", shard) for shard in before} == before
    assert growing.partitions("source_file") == {growing.key(0), key}
    assert growing.partitions("shard") == {*shards(growing.key(0), 2), *shards(key, 2)}


def test_a_refresh_of_the_vocabulary_brings_all_shards_up_to_it(growing: Growing) -> None:
    growing.add(1)
    growing.materialize()
    done = growing.materialize(refresh=["vocabulary"])
    assert done.report.made[0] == "vocabulary"
    assert set(done.report.made[1:]) == {f"photos:{shard}" for shard in growing.partitions("shard")}
    assert done.report.left == []
    assert growing.materialize().report.nothing_to_do


def test_the_order_in_which_files_come_does_not_change_what_is_accounted_for(growing: Growing, tiny: Tiny) -> None:
    growing.add(1)
    growing.materialize()
    for asset in ("raw_photos", "rejected_rows", "geotagged_photos", "dropped_photos"):
        recorded = tiny.workspace().ledger.records(asset).values()
        assert len(growing.rows(asset)) == sum(record.rows for record in recorded), asset


def test_a_changed_file_is_ingested_anew_and_its_surplus_shards_are_removed(growing: Growing) -> None:
    key = growing.key(0)
    lines = bz2.decompress(growing.path(0).read_bytes()).splitlines(keepends=True)
    growing.path(0).write_bytes(bz2.compress(b"".join(lines[:900])))
    done = growing.materialize()
    assert done.report.made == [
        f"source_files:{key}",
        f"geotagged_photos:{key}-00000",
        "duplicate_photos",
        f"tag_counts:{key}-00000",
        f"photos:{key}-00000",
    ]
    assert [left.output for left in done.report.left] == ["vocabulary"]
    assert f"gone: geotagged_photos:{key}-00001, tag_counts:{key}-00001" in done.report.left[0].why
    assert growing.partitions("shard") == {f"{key}-00000"}
    assert [path for path in growing.opened().workspace().storage.list("") if "-00001" in path] == []
    assert len(growing.rows("raw_photos")) + len(growing.rows("rejected_rows")) == 900
    assert growing.materialize().report.nothing_to_do


def test_a_file_that_vanished_is_reported_and_forgotten_on_request(growing: Growing) -> None:
    key = growing.add(1)
    growing.materialize()
    growing.path(1).unlink()
    done = growing.materialize()
    assert done.report.nothing_to_do
    assert f"source file {key} has vanished; `locsens forget {key}` removes it" in done.story
    with growing.opened().instance() as instance:
        assert forget_file(key, growing.opened().workspace(), instance) == shards(key, 2)
    assert growing.partitions("source_file") == {growing.key(0)}
    assert growing.partitions("shard") == set(shards(growing.key(0), 2))
    assert [path for path in growing.opened().workspace().storage.list("") if key in path] == []
    after = growing.materialize()
    assert after.report.made == ["duplicate_photos"]
    assert "has vanished" not in after.story
    with pytest.raises(CollectionError, match=f"source file {key}: not in this collection, which knows "):
        forget_file(key, growing.opened().workspace(), dg.DagsterInstance.ephemeral())


def test_a_forgotten_file_that_comes_back_is_a_new_one(growing: Growing) -> None:
    key = growing.key(0)
    added = growing.add(1)
    growing.materialize()
    with growing.opened().instance() as instance:
        forget_file(key, growing.opened().workspace(), instance)
    done = growing.materialize()
    assert f"source_files:{key}" in done.report.made
    assert [file.key for file in growing.opened().workspace().collection().files] == [added, key]


def test_all_files_gone_stops_with_a_sentence_and_loses_nothing(growing: Growing) -> None:
    growing.path(0).unlink()
    with pytest.raises(EmptySourceError, match="the pattern matches nothing"):
        growing.materialize()
    assert len(growing.rows("raw_photos")) > 0


@pytest.mark.parametrize("change", [{"source": "sample"}, {"profile": "collection"}])
def test_another_collection_on_the_same_storage_is_refused(growing: Growing, tiny: Tiny, change: dict) -> None:
    work = tiny.settings.work  # where the sample world lies, so that it is not drawn again
    other = replace(growing, settings=growing.settings.model_copy(update={**change, "work": work}))
    if change.get("profile"):
        other = replace(other, settings=other.settings.model_copy(update={"source": growing.settings.source}))
    before = growing.opened().workspace().storage.list("")
    with pytest.raises(CollectionError, match=r"holds the collection of source .* set LOCSENS_STORAGE to another"):
        other.materialize()
    assert growing.opened().workspace().storage.list("") == before


def test_a_lost_instance_is_repaired_from_the_storage(growing: Growing) -> None:
    shutil.rmtree(growing.home)
    done = growing.materialize()
    assert done.report.nothing_to_do
    assert growing.partitions("source_file") == {growing.key(0)}
    assert growing.partitions("shard") == set(shards(growing.key(0), 2))
    workspace = growing.opened().workspace()
    with growing.opened().instance() as instance:
        for asset in ("raw_photos", "rejected_rows", "geotagged_photos", "vocabulary"):
            for partition, record in workspace.ledger.records(asset).items():
                event = instance.get_latest_data_version_record(dg.AssetKey(asset), partition_key=partition)
                assert event is not None, (asset, partition)
                assert event.asset_materialization.tags["dagster/data_version"] == record.data_version


def test_the_instance_follows_the_storage_also_where_it_knows_too_much(growing: Growing) -> None:
    with growing.opened().instance() as instance:
        instance.add_dynamic_partitions("shard", ["long-gone-00000"])
        instance.add_dynamic_partitions("source_file", ["long-gone"])
    growing.materialize()
    assert growing.partitions("source_file") == {growing.key(0)}
    assert growing.partitions("shard") == set(shards(growing.key(0), 2))


@pytest.mark.slow
def test_a_new_file_in_a_finished_collection_leaves_every_model_as_it_is(growing: Growing) -> None:
    assert growing.materialize(to="catalog").report.failed == {}
    key = growing.add(1)
    done = growing.materialize(to="catalog")
    assert done.report.failed == {}
    made = {output.partition(":")[0] for output in done.report.made}
    assert made.isdisjoint({"vocabulary", "embedding_model", "locsens_model", "word_vectors"})
    assert not [output for output in done.report.made if growing.key(0) in output]
    for asset in ("images", *(f"image_embeddings_{method}" for method in ("mcc", "mlc", "her"))):
        assert [output for output in done.report.made if output.startswith(f"{asset}:")] in (
            [],
            [f"{asset}:{shard}" for shard in shards(key, 2)],
        )
    older = {left.output: left.command for left in done.report.left}
    assert set(older) >= {"vocabulary", "embedding_model:mcc", "locsens_model:tagging_raw"}
    assert older["locsens_model:tagging_raw"] == "locsens materialize --refresh locsens_model:tagging_raw"
    assert {left.state for left in done.report.left} == {"older"}
    assert survey(growing.opened().workspace()).made == []
    refreshed = growing.materialize(to="catalog", refresh=["vocabulary", "models"])
    assert (refreshed.report.failed, refreshed.report.left) == ({}, [])
