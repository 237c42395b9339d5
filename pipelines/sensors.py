"""The sensor of new source files: registers them and asks for their ingestion. Shipped stopped."""

import dagster as dg

from assets.base.partitions import SOURCE_FILE
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover, fingerprint
from pipelines.jobs import ingest_source_files


@dg.sensor(
    job=ingest_source_files,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.STOPPED,
    required_resource_keys={"workspace"},
    description="Ingests every source file that is new or has changed, once.",
)
def new_source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at the source; every file that is new or has changed is ingested once."""
    workspace = context.resources.workspace
    assert isinstance(workspace, Workspace)
    workspace.ledger.refresh()
    found = discover(workspace)
    requests = []
    for key in (*found.known, *found.new):
        record = workspace.ledger.get("source_files", key)
        inputs = fingerprint(workspace, key)
        if record is None or list(record.inputs) != inputs:
            requests.append(dg.RunRequest(run_key=f"{key}@{inputs[0].data_version}", partition_key=key))
    for file in found.vanished:
        context.log.warning(
            "source file %s (%s) has vanished; `locsens forget %s` removes it", file.key, file.url, file.key
        )
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[SOURCE_FILE.build_add_request([*found.known, *found.new])],
    )
