"""Jobs: ingesting source files, and the small jobs whose only op calls the planner."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import Field

from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from pipelines.lock import only_planner
from pipelines.planner import Report, materialize, parse_refresh, retry, to_retry
from pipelines.runs import InstanceRunner, clear_killed_runs

ingest_source_files = dg.define_asset_job(
    "ingest_source_files",
    selection=dg.AssetSelection.assets("source_files"),
    description="Ingest one source file: the sensor `new_source_files` asks for it.",
)


class PlannerConfig(dg.Config):
    """What the planner is asked for.

    Attributes:
        to: Last stage.
        refresh: What to redo on purpose, as `--refresh` takes it.
    """

    to: str = STAGES[-1]
    refresh: list[str] = Field(default_factory=list)


@contextmanager
def _planning(context: dg.OpExecutionContext) -> Iterator[tuple[Workspace, InstanceRunner]]:
    """The collection, for one planner alone, and what runs its steps as runs of their own."""
    from pipelines.build import build_defs

    workspace = context.resources.workspace
    assert isinstance(workspace, Workspace)
    workspace.ledger.refresh()
    with only_planner(workspace):
        clear_killed_runs(context.instance)
        yield workspace, InstanceRunner(build_defs(workspace), context.instance)


def _fail_if_any(report: Report) -> None:
    if report.failed:
        raise dg.Failure("; ".join(f"{output}: {why}" for output, why in report.failed.items()))


@dg.op(required_resource_keys={"workspace"})
def plan_and_materialize(context: dg.OpExecutionContext, config: PlannerConfig) -> None:
    """Materialise what is missing or outdated, in order, each output as a run of its own inside this one."""
    from pipelines.sources import follow_storage

    with _planning(context) as (workspace, runner):
        discover(workspace)
        follow_storage(workspace, context.instance)
        refresh = parse_refresh(config.refresh, workspace)
        report = materialize(workspace, runner, to=config.to, refresh=refresh, tell=context.log.info)
    context.add_output_metadata({"made": len(report.made), "fresh": report.fresh, "left": len(report.left)})
    _fail_if_any(report)


@dg.job(description="Materialise everything that is missing or outdated, and redo on purpose what the config names.")
def refresh_collection() -> None:
    """One op: the planner, which alone knows the order over assets with different partitions."""
    plan_and_materialize()


@dg.op(required_resource_keys={"workspace"})
def retry_rows(context: dg.OpExecutionContext) -> None:
    """Ask again for the images that failed for a reason that may pass, shard by shard, each as a run of its own."""
    with _planning(context) as (workspace, runner):
        before = sum(to_retry(workspace).values())
        report = retry(workspace, runner, tell=context.log.info)
        after = sum(to_retry(workspace).values())
    context.add_output_metadata({"shards": len(report.made), "asked_for_again": before, "may_be_asked_again": after})
    _fail_if_any(report)


@dg.job(
    description="Ask again, in all shards, for the images that failed for a reason that may pass (429, 5xx, "
    "time-outs), up to the limit of the profile. What has an image, or has failed for good, is not asked for."
)
def retry_transient_images() -> None:
    """One op: the planner reruns the shards whose records say that there is something to mend, and no others."""
    retry_rows()
