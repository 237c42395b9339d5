"""The sensor of new source files: registers them and asks for their ingestion. Shipped stopped."""

import json

import dagster as dg

from assets.base.partitions import SOURCE_FILE
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover, fingerprint
from pipelines.jobs import ingest_source_files
from pipelines.runs import clear_killed_runs


@dg.sensor(
    job=ingest_source_files,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.STOPPED,
    required_resource_keys={"workspace"},
    description="Ingests every source file that is new or has changed, once.",
)
def new_source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at the source; every file that is new or has changed is ingested once.

    Runs of killed planners are cleared away first: as started they would keep the daemon off their partitions.

    The cursor holds the fingerprint last asked for of each file: while a run is under way its file has no record, a run
    that failed is not repeated by itself, and a file that changes back is another change.
    """
    workspace = context.resources.workspace
    assert isinstance(workspace, Workspace)
    for run_id in clear_killed_runs(context.instance):
        context.log.warning("run %s had been killed; reported as cancelled", run_id)
    workspace.ledger.refresh()
    found = discover(workspace)
    before: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    asked: dict[str, str] = {}
    requests = []
    for key in (*found.known, *found.new):
        record = workspace.ledger.get("source_files", key)
        inputs = fingerprint(workspace, key)
        asked[key] = " ".join(one.data_version for one in inputs)
        ingested = record is not None and list(record.inputs) == inputs
        if not ingested and before.get(key) != asked[key]:
            requests.append(dg.RunRequest(partition_key=key))
    for file in found.vanished:
        context.log.warning(
            "source file %s (%s) has vanished; `locsens forget %s` removes it", file.key, file.url, file.key
        )
    return dg.SensorResult(
        run_requests=requests,
        cursor=json.dumps(asked, sort_keys=True),
        dynamic_partitions_requests=[SOURCE_FILE.build_add_request([*found.known, *found.new])],
    )
