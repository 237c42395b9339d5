"""Jobs: ingesting source files, and the small job whose only op calls the planner."""

import dagster as dg
from pydantic import Field

from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from pipelines.lock import only_planner
from pipelines.planner import materialize, parse_refresh
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


@dg.op(required_resource_keys={"workspace"})
def plan_and_materialize(context: dg.OpExecutionContext, config: PlannerConfig) -> None:
    """Materialise what is missing or outdated, in order, each output as a run of its own inside this one."""
    from pipelines.build import build_defs
    from pipelines.sources import follow_storage

    workspace = context.resources.workspace
    assert isinstance(workspace, Workspace)
    workspace.ledger.refresh()
    with only_planner(workspace):
        clear_killed_runs(context.instance)
        discover(workspace)
        follow_storage(workspace, context.instance)
        report = materialize(
            workspace,
            InstanceRunner(build_defs(workspace), context.instance),
            to=config.to,
            refresh=parse_refresh(config.refresh, workspace),
            tell=context.log.info,
        )
    context.add_output_metadata({"made": len(report.made), "fresh": report.fresh, "left": len(report.left)})
    if report.failed:
        raise dg.Failure("; ".join(f"{output}: {why}" for output, why in report.failed.items()))


@dg.job(description="Materialise everything that is missing or outdated, and redo on purpose what the config names.")
def refresh_collection() -> None:
    """One op: the planner, which alone knows the order over assets with different partitions."""
    plan_and_materialize()
