"""What is shipped stopped, switched on: conditions tick by tick, the sensor of source files, the weekly schedule."""

import bz2
import itertools
import logging
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from tiny_collection import Tiny

from assets.base.keys import FIXED_KEYS, METHODS
from assets.base.settings import Settings
from assets.base.workspace import Workspace
from assets.ingestion.sources import source_file_key
from pipelines.build import build_defs, open_workspace
from pipelines.runs import HOST_TAG, PROCESS_TAG
from pipelines.schedules import weekly_refresh
from pipelines.sensors import new_source_files

pytestmark = pytest.mark.timeout(600)

OLD, NEW = ["a-00000", "a-00001"], "b-00000"
AT_EVERY_TURN = {"duckdb_catalog", "evaluation_report"}  # they show every table


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with nothing in it: the conditions look at the instance alone."""
    folder = tmp_path_factory.mktemp("automation")
    settings = Settings(storage=str(folder / "data"), source=str(folder / "*.tsv"), profile="tiny", work=folder)
    return open_workspace(settings)


@pytest.fixture(scope="module")
def definitions(workspace: Workspace) -> dg.Definitions:
    return build_defs(workspace)


class Daemon:
    """Evaluates the conditions as the daemon does; materialisations are only reported, nothing runs."""

    def __init__(self, definitions: dg.Definitions, workspace: Workspace, instance: dg.DagsterInstance) -> None:
        self._definitions = definitions
        self._steps = workspace.steps
        self._instance = instance
        self._cursor = None
        self._versions = itertools.count()

    def register(self, *shards: str) -> None:
        self._instance.add_dynamic_partitions("shard", list(shards))
        self._instance.add_dynamic_partitions("source_file", sorted({one.rpartition("-")[0] for one in shards}))

    def report(self, asset: str, *partitions: str, version: str = "") -> None:
        """Materialisations; without a version the content is new."""
        for partition in partitions or (None,):
            tag = version or f"v{next(self._versions)}"
            event = dg.AssetMaterialization(asset, partition=partition, tags={"dagster/data_version": tag})
            self._instance.report_runless_asset_event(event)

    def report_everything(self, version: str, without: tuple[str, ...] = ()) -> None:
        for step in self._steps.in_order():
            for asset in (*step.outputs, *step.shard_outputs):
                if asset not in without:
                    self.report(asset, *self._keys(asset), version=version)

    def _keys(self, asset: str) -> list[str]:
        dimension = self._steps.dimension(asset)
        if dimension is None:
            return []
        if dimension in ("shard", "source_file"):
            return sorted(self._instance.get_dynamic_partitions(dimension))
        return list(FIXED_KEYS[dimension])

    def tick(self) -> set[str]:
        """What is requested, as `asset` or `asset:partition`."""
        result = dg.evaluate_automation_conditions(self._definitions, self._instance, cursor=self._cursor)
        self._cursor = result.cursor
        return {
            asset if partition is None else f"{asset}:{partition}"
            for asset in self._steps.assets()
            for partition in result.get_requested_partitions(dg.AssetKey(asset))
        }


@pytest.fixture
def daemon(definitions: dg.Definitions, workspace: Workspace) -> Iterator[Daemon]:
    """A daemon that has seen a collection of two shards in which everything is materialised."""
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(definitions, workspace, instance)
        daemon.register(*OLD)
        daemon.report_everything("1")
        daemon.tick()
        yield daemon


def test_once_all_is_materialised_nothing_is_requested(daemon: Daemon) -> None:
    assert daemon.tick() == set()
    assert daemon.tick() == set()


def test_a_new_shard_is_filled_in_stage_by_stage(daemon: Daemon) -> None:
    daemon.register(NEW)
    daemon.report("source_files", "b")
    daemon.report("raw_photos", NEW)
    daemon.report("rejected_rows", NEW)
    requested = daemon.tick()
    assert requested - AT_EVERY_TURN == {f"geotagged_photos:{NEW}", f"dropped_photos:{NEW}"}
    assert daemon.tick() == set()
    daemon.report("geotagged_photos", NEW)
    daemon.report("dropped_photos", NEW)
    requested = daemon.tick()
    assert {f"tag_counts:{NEW}", "duplicate_photos"} <= requested
    assert not {one for one in requested if one.startswith(("photos", "unused_photos"))}
    daemon.report("tag_counts", NEW)
    daemon.report("duplicate_photos", version="1")  # no photo of the new shard is in an old one
    requested = daemon.tick()
    assert {one for one in requested if ":" in one} == {f"photos:{NEW}", f"unused_photos:{NEW}"}
    daemon.report("photos", NEW)
    daemon.report("unused_photos", NEW)
    requested = daemon.tick()
    assert {one for one in requested if ":" in one} == {f"images:{NEW}", f"image_status:{NEW}"}
    daemon.report("images", NEW)
    daemon.report("image_status", NEW)
    requested = daemon.tick()
    assert {one for one in requested if NEW in one} == {f"image_embeddings_{method}:{NEW}" for method in METHODS}
    assert not {one for one in requested if "a-0000" in one}


def test_photos_wait_until_duplicates_know_every_shard(daemon: Daemon) -> None:
    daemon.report("geotagged_photos", OLD[0])
    requested = daemon.tick()
    assert "duplicate_photos" in requested
    assert f"photos:{OLD[0]}" not in requested
    assert daemon.tick() == set()  # its run has not ended yet
    daemon.report("geotagged_photos", OLD[1])
    assert not {one for one in daemon.tick() if one.startswith("photos:")}
    daemon.report("duplicate_photos", version="1")
    assert {f"photos:{shard}" for shard in OLD} <= daemon.tick()


def test_what_is_updated_between_a_request_and_the_next_tick_is_not_lost(daemon: Daemon) -> None:
    daemon.report("image_status", OLD[0])
    assert {"retrieval_queries", "retrieval_results"} & daemon.tick()
    daemon.report("retrieval_rankings", "mcc")  # ends after the results were asked for
    daemon.report("retrieval_results")
    assert "retrieval_results" in daemon.tick()


def test_survivorship_follows_every_shard_also_while_others_have_no_images_yet(daemon: Daemon) -> None:
    daemon.report("images", OLD[0])
    daemon.report("image_status", OLD[0])
    assert "image_survivorship" in daemon.tick()
    daemon.register(NEW)
    daemon.report("photos", NEW)
    daemon.report("image_status", OLD[1])
    assert "image_survivorship" in daemon.tick()


def test_pinned_assets_are_never_requested(daemon: Daemon) -> None:
    seen: set[str] = set()
    for asset in ("geotagged_photos", "tag_counts", "photos", "images", "word_vectors"):
        daemon.report(asset, *(OLD if asset != "word_vectors" else ()))
        seen |= daemon.tick()
    for asset in ("vocabulary", "skipped_tags"):
        daemon.report(asset)
    for asset in ("embedding_model", "locsens_model"):
        daemon.report(asset, *FIXED_KEYS["method" if asset == "embedding_model" else "variant"])
        seen |= daemon.tick()
    pinned = ("vocabulary", "skipped_tags", "embedding_model", "locsens_model", "source_files", "raw_photos")
    assert seen
    assert [one for one in sorted(seen) if one.partition(":")[0] in pinned] == []


def test_another_vocabulary_asks_for_the_photos_of_every_shard_again(daemon: Daemon) -> None:
    daemon.report("vocabulary")
    daemon.report("skipped_tags")
    assert {f"photos:{shard}" for shard in OLD} <= daemon.tick()


def test_a_vocabulary_with_equal_content_asks_for_no_photos(daemon: Daemon) -> None:
    daemon.report("vocabulary", version="1")
    assert not {one for one in daemon.tick() if one.partition(":")[2] in OLD}


@pytest.mark.parametrize("method", METHODS)
def test_embeddings_wait_until_their_model_exists(
    definitions: dg.Definitions, workspace: Workspace, method: str
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(definitions, workspace, instance)
        daemon.register(*OLD)
        daemon.report_everything("1", without=("embedding_model", *(f"image_embeddings_{one}" for one in METHODS)))
        daemon.tick()
        assert not {one for one in daemon.tick() if "embedding" in one}
        daemon.report("embedding_model", method)
        requested = {one for one in daemon.tick() if one.startswith("image_embeddings")}
        assert requested == {f"image_embeddings_{method}:{shard}" for shard in OLD}


def test_results_follow_their_rankings_and_the_report_its_results(daemon: Daemon) -> None:
    daemon.report("retrieval_rankings", "mcc")
    assert daemon.tick() >= {"retrieval_results"}
    daemon.report("retrieval_results")
    assert {"evaluation_report", "duckdb_catalog"} <= daemon.tick()
    daemon.report("evaluation_report")
    daemon.report("duckdb_catalog")
    daemon.tick()
    daemon.report("duckdb_catalog")
    assert daemon.tick() == set()


# The sensor


def row(photo_id: int) -> bytes:
    return f"{photo_id}\tu\tn\t\t\t\tt\t\tsea\t\t2.5\t-3.5\t16\tp\thttp://h/{photo_id}.jpg\tCC\t\t\t\t\t\tjpg\t0\n".encode()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.tsv.bz2").write_bytes(bz2.compress(b"".join(row(ord(name) + n) for n in range(3))))
    return folder


@pytest.fixture
def watched(source: Path, tmp_path: Path) -> Workspace:
    settings = Settings(
        storage=str(tmp_path / "data"), source=f"{source}/*.bz2", profile="tiny", work=tmp_path / "work"
    )
    return open_workspace(settings)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as instance:
        yield instance


@pytest.fixture
def look(
    watched: Workspace, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> Callable[[], list[dg.RunRequest]]:
    """Evaluates the sensor as the daemon does: its cursor is kept, a run key is asked for once."""
    repository = build_defs(watched).get_repository_def()
    cursor: list[str | None] = [None]
    asked: set[str] = set()

    def tick() -> list[dg.RunRequest]:
        with dg.SensorEvaluationContext(
            instance.get_ref(),
            last_tick_completion_time=None,
            last_run_key=None,
            cursor=cursor[0],
            log_key=None,
            repository_name=repository.name,
            repository_def=repository,
            sensor_name="new_source_files",
            resources=repository.get_top_level_resources(),
        ) as context:
            context.log.addHandler(caplog.handler)
            data = new_source_files.evaluate_tick(context)
        cursor[0] = data.cursor
        for request in data.dynamic_partitions_requests or []:
            instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        fresh = [one for one in data.run_requests or [] if one.run_key is None or one.run_key not in asked]
        asked.update(one.run_key for one in fresh if one.run_key is not None)
        return fresh

    return tick


def ingest(workspace: Workspace, instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    """What the daemon launches for a request of the sensor."""
    job = build_defs(workspace).resolve_job_def("ingest_source_files")
    result = job.execute_in_process(instance=instance, partition_key=request.partition_key, tags=dict(request.tags))
    workspace.ledger.refresh()
    return result


def key_of(path: Path) -> str:
    return source_file_key(path.as_uri())


def test_the_sensor_asks_once_for_each_file_that_is_new(look, watched: Workspace, instance, source: Path) -> None:
    keys = [key_of(source / "a.tsv.bz2"), key_of(source / "b.tsv.bz2")]
    assert [request.partition_key for request in look()] == keys
    assert set(instance.get_dynamic_partitions("source_file")) == set(keys)
    assert [file.key for file in watched.collection().files] == keys
    assert look() == []
    (source / "c.tsv.bz2").write_bytes(bz2.compress(row(99)))
    assert [request.partition_key for request in look()] == [key_of(source / "c.tsv.bz2")]


def test_its_job_ingests_the_file_and_registers_its_shards(look, watched: Workspace, instance) -> None:
    first, second = look()
    assert ingest(watched, instance, first).success
    assert instance.get_dynamic_partitions("shard") == [f"{first.partition_key}-00000"]
    assert watched.ledger.get("source_files", first.partition_key).facts["rows"] == 3
    raw = instance.get_latest_data_version_record(
        dg.AssetKey("raw_photos"), partition_key=f"{first.partition_key}-00000"
    )
    assert raw is not None
    assert watched.ledger.get("source_files", second.partition_key) is None
    assert look() == []


def test_the_sensor_asks_again_for_a_file_that_changed_even_if_it_changes_back(
    look, watched: Workspace, instance, source: Path
) -> None:
    path = source / "a.tsv.bz2"
    backup = shutil.copy2(path, source / "backup")
    for request in look():
        ingest(watched, instance, request)
    assert look() == []
    path.write_bytes(bz2.compress(row(1)))
    (changed,) = look()
    assert changed.partition_key == key_of(path)
    ingest(watched, instance, changed)
    assert watched.ledger.get("source_files", key_of(path)).facts["rows"] == 1
    assert look() == []
    shutil.copy2(backup, path)
    (back,) = look()
    ingest(watched, instance, back)
    assert watched.ledger.get("source_files", key_of(path)).facts["rows"] == 3


def test_the_sensor_clears_away_the_run_of_a_killed_planner(look, instance) -> None:
    tags = {HOST_TAG: socket.gethostname(), PROCESS_TAG: "1@0"}
    run = instance.create_run_for_job(weekly_refresh.job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    look()
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.CANCELED


def test_the_sensor_asks_for_the_rest_of_files_when_the_limit_of_rows_goes(
    look, watched: Workspace, instance, source: Path
) -> None:
    whole = watched.settings
    watched.settings = whole.model_copy(update={"limit_rows": 2})
    for request in look():
        ingest(watched, instance, request)
    assert watched.ledger.get("source_files", key_of(source / "a.tsv.bz2")).facts["rows"] == 2
    assert look() == []
    watched.settings = whole
    for request in look():
        ingest(watched, instance, request)
    assert watched.ledger.get("source_files", key_of(source / "a.tsv.bz2")).facts["rows"] == 3
    watched.settings = whole.model_copy(update={"limit_rows": 2})
    assert look() == []


def test_while_a_file_is_being_ingested_it_is_not_asked_for_again(look, watched: Workspace, instance, source) -> None:
    path = source / "a.tsv.bz2"
    for request in look():
        ingest(watched, instance, request)
    path.write_bytes(bz2.compress(row(1)))
    assert len(look()) == 1
    watched.ledger.remove("source_files", key_of(path))  # as its run does first
    assert look() == []


def test_a_vanished_file_is_told_and_nothing_is_asked_for(look, watched, instance, source: Path, caplog) -> None:
    for request in look():
        ingest(watched, instance, request)
    key = key_of(source / "b.tsv.bz2")
    (source / "b.tsv.bz2").unlink()
    with caplog.at_level(logging.WARNING):
        assert look() == []
    assert (
        f"source file {key} (file://{source}/b.tsv.bz2) has vanished; `locsens forget {key}` removes it" in caplog.text
    )


# The schedule


def test_the_schedule_asks_for_vocabulary_and_models_anew(definitions: dg.Definitions) -> None:
    (request,) = weekly_refresh.evaluate_tick(dg.build_schedule_context()).run_requests
    assert request.run_config["ops"] == {
        "plan_and_materialize": {"config": {"to": "catalog", "refresh": ["vocabulary", "models"]}}
    }
    assert dg.validate_run_config(definitions.resolve_job_def("refresh_collection"), request.run_config)


def test_the_job_of_the_schedule_runs_the_planner_inside_its_own_run(copied: Callable[..., Tiny]) -> None:
    collection = copied()
    job = build_defs(collection.workspace()).resolve_job_def("refresh_collection")
    config = {"ops": {"plan_and_materialize": {"config": {"to": "vocabulary", "refresh": ["vocabulary"]}}}}
    with collection.instance() as instance:
        before = {run.run_id for run in instance.get_runs()}
        result = job.execute_in_process(instance=instance, run_config=config)
        runs = [run for run in instance.get_runs() if run.run_id not in before]
        assert result.success
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        nested = [run for run in runs if run.run_id != result.run_id]
        assert [sorted(key.to_user_string() for key in run.asset_selection) for run in nested] == [
            ["skipped_tags", "vocabulary"]
        ]
    assert collection.workspace().ledger.get("vocabulary").rows > 0


def test_a_failure_inside_fails_the_job_and_says_which(copied: Callable[..., Tiny]) -> None:
    collection = copied()
    # A folder where the vocabulary's file belongs: it cannot be written.
    path = Path(collection.settings.storage) / "tables" / "vocabulary" / "part-0.parquet"
    path.unlink()
    path.mkdir()
    (path / "in-the-way").touch()
    job = build_defs(collection.workspace()).resolve_job_def("refresh_collection")
    config = {"ops": {"plan_and_materialize": {"config": {"to": "vocabulary", "refresh": ["vocabulary"]}}}}
    with collection.instance() as instance:
        result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
        assert not result.success
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        assert "vocabulary: " in str(failure.step_failure_data.user_failure_data.description)
        assert os.strerror(21) in str(failure.step_failure_data.user_failure_data.description)
