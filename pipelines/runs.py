"""Runs of the Dagster instance: running steps in this process, why some failed, clearing away killed ones."""

import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import dagster as dg
import psutil

from assets.base.step import Step
from pipelines.dagster_assets import PLANNER_TAG, REFRESH_TAG

HOST_TAG = "locsens/host"
PROCESS_TAG = "locsens/process"
INTERRUPTS = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt", "SIGTERMException"})
OWN_ERROR = re.compile(r"^(assets|models|pipelines)\.[\w.]+: ")  # its sentence needs no class name before it


@dataclass(frozen=True)
class RunResult:
    """How a run of a step ended."""

    ok: bool
    message: str = ""


class Runner(Protocol):
    """Runs a step for one partition."""

    def run(self, step: Step, partition: str | None, *, force: bool) -> RunResult:
        """Run it; a failure is a result, not an exception."""
        ...


class InstanceRunner:
    """Runs steps in this process as runs of a Dagster instance, so that the UI shows them."""

    def __init__(self, definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self._job = definitions.resolve_implicit_global_asset_job_def()
        self._instance = instance

    def run(self, step: Step, partition: str | None, *, force: bool) -> RunResult:
        """Run a step; the last error of the run is the message.

        Raises:
            KeyboardInterrupt: Somebody stopped this process while the step ran (Ctrl-C, or a polite kill).
        """
        tags = {**process_tags(), PLANNER_TAG: "true"}
        if force:
            tags[REFRESH_TAG] = "true"
        result = self._job.execute_in_process(
            asset_selection=[dg.AssetKey(output) for output in step.outputs],
            instance=self._instance,
            partition_key=partition,
            tags=tags,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},  # `pipelines.story` tells it
        )
        if _interrupted(result):
            raise KeyboardInterrupt
        return RunResult(True) if result.success else RunResult(False, _message(result.all_events))


def process_tags() -> dict[str, str]:
    """Tags that say which process runs something."""
    process = psutil.Process()
    return {HOST_TAG: socket.gethostname(), PROCESS_TAG: f"{os.getpid()}@{process.create_time():.0f}"}


def clear_killed_runs(instance: dg.DagsterInstance) -> list[str]:
    """Report runs as cancelled whose process on this host is gone; left as started they would block their partitions.

    Slots of pools that ended runs still hold are free again.

    Returns:
        Their run ids.
    """
    cleared = []
    filters = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED],
        tags={HOST_TAG: socket.gethostname()},
    )
    for run in instance.get_runs(filters):
        if not _alive(run.tags.get(PROCESS_TAG, "")):
            instance.report_run_canceled(run, "The process that ran this was killed.")
            cleared.append(run.run_id)
    _free_slots(instance)
    return cleared


def _free_slots(instance: dg.DagsterInstance) -> None:
    """Give back the slots of pools that ended runs hold: who is killed does not, and the next would wait forever."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)


def _alive(process: str) -> bool:
    pid, _, started = process.partition("@")
    try:
        return f"{psutil.Process(int(pid)).create_time():.0f}" == started
    except (psutil.NoSuchProcess, ValueError):
        return False


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether the run ended because the process was asked to stop: Dagster and Lightning make failures of that."""
    for event in result.all_events:
        error = event.step_failure_data.error if event.is_step_failure else None
        while error is not None:
            if error.cls_name in INTERRUPTS:
                return True
            error = error.cause
    return False


def why_failed(instance: dg.DagsterInstance, step: Step, partition: str | None) -> str:
    """The last error of a step, if the last run that was to make its outputs ended with it; else nothing."""
    planned = instance.get_latest_planned_materialization_info(dg.AssetKey(step.outputs[0]), partition)
    run = instance.get_run_by_id(planned.run_id) if planned is not None else None
    if run is None or run.status != dg.DagsterRunStatus.FAILURE:
        return ""
    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    own = [one.dagster_event for one in logs if one.dagster_event is not None and one.step_key == step.name]
    return _message(own) if own else ""


def _message(events: Sequence[dg.DagsterEvent]) -> str:
    for event in events:
        if event.is_step_failure:
            data = event.step_failure_data
            if data.user_failure_data is not None and data.user_failure_data.description:
                return str(data.user_failure_data.description)
            error = data.error
            # Beneath Dagster's own; what it was raised from in turn says less than it does.
            while error is not None and error.cause is not None and str(error.cls_name).startswith("Dagster"):
                error = error.cause
            if error is not None:
                return OWN_ERROR.sub("", error.message.strip())
    for event in events:
        if event.is_run_failure:
            return event.message or "the run failed"
    return "the run failed"
