"""Runs of the instance: what a failed one says, and that killed ones do not stay behind as started."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import dagster as dg
import psutil
import pytest
from toy import Toy

from assets.base.workspace import Workspace
from assets.ingestion.errors import EmptySourceError
from pipelines.automation import with_condition
from pipelines.dagster_assets import to_dagster
from pipelines.runs import HOST_TAG, PROCESS_TAG, InstanceRunner, clear_killed_runs, process_tags, why_failed


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def workspace(toy, open_toy) -> Workspace:
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")
    return workspace


@pytest.fixture
def instance(tmp_path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        instance.add_dynamic_partitions("source_file", ["f"])
        yield instance


@pytest.fixture
def definitions(workspace: Workspace) -> dg.Definitions:
    steps = workspace.steps
    return dg.Definitions(
        assets=[with_condition(one, steps) for step in steps.in_order() for one in to_dagster(step, steps)],
        jobs=[
            dg.define_asset_job("several", dg.AssetSelection.assets("vocabulary", "skipped_tags", "tagging_results"))
        ],
        resources={"workspace": workspace},
    )


@pytest.fixture
def runner(definitions: dg.Definitions, instance: dg.DagsterInstance) -> InstanceRunner:
    logging.getLogger("dagster").setLevel(logging.ERROR)
    return InstanceRunner(definitions, instance)


def run(runner: InstanceRunner, workspace: Workspace, name: str, partition: str | None = None, *, force: bool = False):
    return runner.run(workspace.steps.maker(name), partition, force=force)


def test_a_run_is_in_the_instance_with_its_process(runner, workspace, instance) -> None:
    assert run(runner, workspace, "source_files", "f").ok
    (record,) = instance.get_runs()
    assert record.status == dg.DagsterRunStatus.SUCCESS
    assert record.tags[HOST_TAG] == socket.gethostname()
    assert record.tags[PROCESS_TAG].startswith(f"{os.getpid()}@")
    assert set(instance.get_dynamic_partitions("shard")) == {"f-00000", "f-00001"}
    version = instance.get_latest_data_version_record(dg.AssetKey("raw_photos"), partition_key="f-00001")
    assert version is not None
    assert (
        version.asset_materialization.tags["dagster/data_version"]
        == workspace.ledger.get("raw_photos", "f-00001").data_version
    )


def test_what_is_up_to_date_is_redone_only_by_force(toy, runner, workspace) -> None:
    assert run(runner, workspace, "source_files", "f").ok
    assert toy.taken_runs() == ["source_files:f"]
    assert run(runner, workspace, "source_files", "f").ok
    assert toy.taken_runs() == []
    assert run(runner, workspace, "source_files", "f", force=True).ok
    assert toy.taken_runs() == ["source_files:f"]


def test_an_output_that_is_up_to_date_registers_its_shards_all_the_same(toy, runner, workspace, instance) -> None:
    run(runner, workspace, "source_files", "f")
    for shard in ("f-00000", "f-00001"):
        instance.delete_dynamic_partition("shard", shard)
    assert run(runner, workspace, "source_files", "f").ok
    assert set(instance.get_dynamic_partitions("shard")) == {"f-00000", "f-00001"}


def test_a_changed_file_takes_its_surplus_shards_out_of_the_instance(toy, runner, workspace, instance) -> None:
    run(runner, workspace, "source_files", "f")
    instance.add_dynamic_partitions("shard", ["f-00007", "other-00000"])  # as a killed run may leave behind
    toy.tags["f"], toy.etags["f"] = ["a"], "2"
    run(runner, workspace, "source_files", "f")
    assert set(instance.get_dynamic_partitions("shard")) == {"f-00000", "other-00000"}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EmptySourceError("a.tsv has no rows,\nexpected some"), "a.tsv has no rows,\nexpected some"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_is_told_by_its_sentence_and_nothing_else(
    runner, workspace, instance, capfd, error, message: str
) -> None:
    def breaks(_run) -> None:
        raise error from OSError("an older trouble")

    object.__setattr__(workspace.steps.maker("source_files"), "body", breaks)
    result = run(runner, workspace, "source_files", "f")
    assert (result.ok, result.message) == (False, message)
    assert why_failed(instance, workspace.steps.maker("source_files"), "f") == message
    assert capfd.readouterr() == ("", "")


def test_a_failing_check_is_told_by_its_sentence_and_shows_in_the_instance(toy, runner, workspace, instance) -> None:
    for name, partition in (("source_files", "f"), ("tag_counts", "f-00000"), ("tag_counts", "f-00001")):
        assert run(runner, workspace, name, partition).ok
    toy.check_passes = False
    result = run(runner, workspace, "vocabulary")
    assert (result.ok, result.message) == (False, "looks_right: 2 tags")
    assert instance.get_latest_materialization_event(dg.AssetKey("vocabulary")) is None
    record = instance.get_runs(limit=1)[0]
    checks = [
        event.asset_check_evaluation_data
        for event in (entry.dagster_event for entry in instance.all_logs(record.run_id))
        if event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    assert [(check.check_name, check.passed) for check in checks] == [("looks_right", False)]

    step = workspace.steps.maker("vocabulary")
    assert why_failed(instance, step, None) == "looks_right: 2 tags"
    toy.check_passes = True
    assert run(runner, workspace, "vocabulary").ok
    assert why_failed(instance, step, None) == ""
    assert why_failed(instance, workspace.steps.maker("source_files"), "never run") == ""


def test_a_failure_is_that_of_its_own_step_in_a_job_of_several(toy, runner, workspace, instance, definitions) -> None:
    """As the sensor and the UI start jobs: the run names no assets, and other steps are part of it."""
    for name, partition in (("source_files", "f"), ("tag_counts", "f-00000"), ("tag_counts", "f-00001")):
        assert run(runner, workspace, name, partition).ok
    toy.check_passes = False
    several = definitions.resolve_job_def("several")
    result = several.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert sorted(toy.taken_runs()[-2:]) == ["tagging_results", "vocabulary"]
    why = {name: why_failed(instance, workspace.steps.maker(name), None) for name in ("vocabulary", "tagging_results")}
    assert why == {"vocabulary": "looks_right: 2 tags", "tagging_results": ""}


def test_what_is_not_run_is_a_success_that_says_so(toy, runner, workspace, instance) -> None:
    for name, partition in (
        ("source_files", "f"),
        *(("tag_counts", f"f-0000{index}") for index in (0, 1)),
        ("vocabulary", None),
        *(("unused_photos", f"f-0000{index}") for index in (0, 1)),
    ):
        assert run(runner, workspace, name, partition).ok
    toy.not_run = "no pictures"
    assert run(runner, workspace, "embedding_model", "mcc").ok
    event = instance.get_latest_materialization_event(dg.AssetKey("embedding_model"))
    metadata = event.asset_materialization.metadata
    assert (metadata["status"].value, metadata["reason"].value) == ("not run", "no pictures")


# Killed runs


def started_run(instance: dg.DagsterInstance, tags: dict[str, str], status=dg.DagsterRunStatus.STARTED) -> str:
    @dg.job
    def some() -> None:
        """A job that never runs."""

    created = instance.create_run_for_job(some, tags=tags, status=status)
    return created.run_id


def ended_process() -> str:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    said = f"{child.pid}@{psutil.Process(child.pid).create_time():.0f}"
    child.communicate(b"\n")
    return said


def test_runs_of_dead_processes_are_cancelled_and_no_others(instance) -> None:
    here = {HOST_TAG: socket.gethostname()}
    dead = started_run(instance, {**here, PROCESS_TAG: ended_process()})
    queued = started_run(instance, {**here, PROCESS_TAG: ended_process()}, dg.DagsterRunStatus.NOT_STARTED)
    living = started_run(instance, process_tags())
    elsewhere = started_run(instance, {HOST_TAG: "elsewhere", PROCESS_TAG: ended_process()})
    of_the_daemon = started_run(instance, {})
    done = started_run(instance, {**here, PROCESS_TAG: ended_process()}, dg.DagsterRunStatus.SUCCESS)
    assert sorted(clear_killed_runs(instance)) == sorted([dead, queued])
    statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses == {
        dead: dg.DagsterRunStatus.CANCELED,
        queued: dg.DagsterRunStatus.CANCELED,
        living: dg.DagsterRunStatus.STARTED,
        elsewhere: dg.DagsterRunStatus.STARTED,
        of_the_daemon: dg.DagsterRunStatus.STARTED,
        done: dg.DagsterRunStatus.SUCCESS,
    }
    assert clear_killed_runs(instance) == []


def test_slots_of_runs_that_ended_are_free_again_and_no_others(tmp_path) -> None:
    """A killed process gives no slot of a pool back: the next training would wait for it forever."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        here = {HOST_TAG: socket.gethostname()}
        killed = started_run(instance, {**here, PROCESS_TAG: ended_process()})
        cancelled = started_run(instance, here, dg.DagsterRunStatus.CANCELED)
        living = started_run(instance, process_tags())
        storage = instance.event_log_storage
        storage.set_concurrency_slots("gpu", 3)
        for run_id in (killed, cancelled, living, "deleted"):
            storage.claim_concurrency_slot("gpu", run_id, "a_training")
        assert clear_killed_runs(instance) == [killed]
        assert storage.get_concurrency_run_ids() == {living}
        assert storage.claim_concurrency_slot("gpu", "next", "a_training").is_claimed


def test_another_process_with_the_same_number_is_not_the_one_that_was_killed(instance) -> None:
    tags = {HOST_TAG: socket.gethostname(), PROCESS_TAG: f"{os.getpid()}@12345"}
    run_id = started_run(instance, tags)
    assert clear_killed_runs(instance) == [run_id]
    assert {run.status for run in instance.get_runs()} == {dg.DagsterRunStatus.CANCELED}


@pytest.mark.parametrize("said", ["", "nonsense", "12", "x@y"])
def test_a_tag_that_names_no_process_counts_as_dead(instance, said: str) -> None:
    run_id = started_run(
        instance, {HOST_TAG: socket.gethostname(), PROCESS_TAG: said} if said else {HOST_TAG: socket.gethostname()}
    )
    assert clear_killed_runs(instance) == [run_id]
