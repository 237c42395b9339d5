"""Steps as Dagster sees them: asset specs with schema, lineage, kinds and checks, and a body that executes the step."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import dagster as dg

from assets.base.execute import Outcome, execute
from assets.base.keys import source_file_of
from assets.base.partitions import DEFINITIONS, SHARD
from assets.base.provenance import CheckOutcome, Record
from assets.base.schema import Table
from assets.base.show import Markdown, Picture
from assets.base.step import Reads, Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from pipelines.rank import PipesLauncher
from pipelines.story import told

OWNERS = ["team:locsens"]
REFRESH_TAG = "locsens/refresh"
PLANNER_TAG = "locsens/planner"
DATA_VERSION_TAG = "dagster/data_version"
DIGITS = 5  # of a figure shown; the tables keep all


def to_dagster(step: Step, steps: StepRegistry) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The Dagster definitions of a step: one for its outputs, one more for each asset by shard that it makes beside.

    Args:
        step: The step.
        steps: The graph, for the dimensions of what it reads.
    """
    deps = [dg.AssetDep(reads.asset, partition_mapping=_mapping(step, reads, steps)) for reads in step.reads]

    @dg.multi_asset(
        name=step.name,
        specs=[_spec(step, output, deps) for output in step.outputs],
        check_specs=[
            dg.AssetCheckSpec(one.name, asset=one.asset, blocking=one.blocking, description=one.description)
            for one in step.checks
        ],
        partitions_def=DEFINITIONS[step.by] if step.by else None,
        required_resource_keys={"workspace"},
        pool=step.pool,
    )
    def body(context: dg.AssetExecutionContext) -> Iterator[Any]:
        workspace = context.resources.workspace
        assert isinstance(workspace, Workspace)
        partition = context.partition_key if step.by else None
        force = context.run.tags.get(REFRESH_TAG) == "true"
        with told(context.log) if PLANNER_TAG in context.run.tags else nullcontext():
            outcome = execute(step, workspace, partition, context.log, force=force, launch=PipesLauncher(context))
        _announce_shards(context, workspace, step, outcome)
        yield from _events(context, step, outcome)

    return [body, *(_beside(step, asset) for asset in step.shard_outputs)]


def _beside(step: Step, asset: str) -> dg.AssetSpec:
    """An asset by shard that a step by source file makes: Dagster cannot start it, its page says what does."""
    spec = _spec(step, asset, [dg.AssetDep(step.outputs[0])])
    made_by = f"Not started by itself: made when `{step.outputs[0]}` is materialised."
    return spec.replace_attributes(partitions_def=SHARD, description=f"{spec.description}\n\n{made_by}")


def _mapping(step: Step, reads: Reads, steps: StepRegistry) -> dg.PartitionMapping | None:
    dimension = steps.dimension(reads.asset)
    if dimension is None or step.by is None:
        return None
    if reads.only is not None:
        return dg.SpecificPartitionsPartitionMapping([reads.only])
    if reads.each is not None:
        downstream: dict[str, list[str]] = {}
        for own, upstream in reads.each.items():
            for key in upstream:
                downstream.setdefault(key, []).append(own)
        return dg.StaticPartitionMapping(downstream)
    if dimension == step.by:
        return dg.IdentityPartitionMapping()
    return dg.AllPartitionMapping()


def _spec(step: Step, output: str, deps: list[dg.AssetDep]) -> dg.AssetSpec:
    table = TABLES.get(output)
    metadata: dict[str, Any] = {}
    if table is not None:
        metadata["dagster/column_schema"] = _column_schema(table)
        metadata["dagster/table_name"] = f"locsens.main.{table.name}"
    return dg.AssetSpec(
        output,
        deps=deps,
        description=f"{table.description}\n\n{step.description}" if table else step.description,
        group_name=step.stage,
        owners=OWNERS,
        kinds=set(step.kinds),
        tags={"stage": step.stage, **({"pinned": "true"} if step.pinned else {})},
        code_version=step.code_version,
        metadata=metadata,
    )


def _column_schema(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                type=str(column.type),
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def _column_lineage(table: Table) -> dg.TableColumnLineage:
    deps = {
        column.name: [
            dg.TableColumnDep(asset_key=dg.AssetKey(origin.partition(".")[0]), column_name=origin.partition(".")[2])
            for origin in column.origin
        ]
        for column in table.columns
        if column.origin
    }
    return dg.TableColumnLineage(deps_by_column=deps)


def _record_metadata(record: Record) -> dict[str, Any]:
    """What every materialisation shows of its record."""
    table = TABLES.get(record.asset)
    metadata: dict[str, Any] = {
        "status": record.status.replace("_", " "),
        "files": len(record.files),
        "bytes": sum(file.bytes for file in record.files),
    }
    if record.reason:
        metadata["reason"] = record.reason
    if record.rows is not None:
        metadata["dagster/row_count" if record.partition is None else "dagster/partition_row_count"] = record.rows
    if table is not None:
        metadata["dagster/column_lineage"] = _column_lineage(table)
    return metadata


def _shown(value: Any) -> Any:
    if isinstance(value, Picture):
        return dg.MetadataValue.md(value.markdown())
    if isinstance(value, Markdown):
        return dg.MetadataValue.md(value.text)
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _shown_before(context: dg.AssetExecutionContext, record: Record) -> dict[str, Any]:
    """What the last materialisation of a record's content showed: an unchanged one goes on showing it."""
    partitions = [record.partition] if record.partition is not None else None
    of_record = dg.AssetRecordsFilter(dg.AssetKey(record.asset), asset_partitions=partitions)
    for event in context.instance.fetch_materializations(of_record, limit=1).records:
        made = event.asset_materialization
        if made is not None and (made.tags or {}).get(DATA_VERSION_TAG) == record.data_version:
            return dict(made.metadata)
    return {}


def _check_event(asset: str, outcome: CheckOutcome, step: Step) -> dg.AssetCheckResult:
    blocking = next(check.blocking for check in step.checks if check.name == outcome.name)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=outcome.name,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
        description=outcome.sentence,
        metadata={name: _shown(value) for name, value in outcome.values.items()},
    )


def _events(context: dg.AssetExecutionContext, step: Step, outcome: Outcome) -> Iterator[Any]:
    if outcome.failed:
        for asset, checks in outcome.checks.items():
            yield from (_check_event(asset, one, step) for one in checks)
        raise dg.Failure(description="; ".join(outcome.failed), allow_retries=False)
    for output in step.outputs:
        record = outcome.records[output]
        notes = {name: _shown(value) for name, value in outcome.notes[output].items()}
        if outcome.unchanged:
            notes |= _shown_before(context, record)
            notes["unchanged"] = dg.MetadataValue.text("up to date, nothing was done")
        yield dg.MaterializeResult(
            asset_key=output,
            metadata={**notes, **_record_metadata(record)},
            data_version=dg.DataVersion(record.data_version),
            check_results=[_check_event(output, one, step) for one in outcome.checks.get(output, [])],
        )


def _announce_shards(context: dg.AssetExecutionContext, workspace: Workspace, step: Step, outcome: Outcome) -> None:
    """Bring the shard keys of a source file into the instance, and log one materialisation for each shard just made.

    Keys are compared with the storage, not taken from the outcome: a run that was killed may have come between.
    """
    if not step.shard_outputs or outcome.failed:
        return

    def of_this_file(keys: Iterable[str | None]) -> set[str]:
        return {key for key in keys if key and source_file_of(key) == context.partition_key}

    name = str(SHARD.name)
    keys, there = of_this_file(workspace.keys("shard")), of_this_file(context.instance.get_dynamic_partitions(name))
    for key in sorted(there - keys):
        context.instance.delete_dynamic_partition(name, key)
    if keys - there:
        context.instance.add_dynamic_partitions(name, sorted(keys - there))
    for record in outcome.shard_records:
        context.log_event(materialization(record))


def materialization(record: Record) -> dg.AssetMaterialization:
    """A record as an event, for outputs that no Dagster step of their own makes."""
    return dg.AssetMaterialization(
        asset_key=record.asset,
        partition=record.partition,
        tags={DATA_VERSION_TAG: record.data_version},
        metadata=_record_metadata(record),
    )
