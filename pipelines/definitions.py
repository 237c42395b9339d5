"""The code location that Dagster loads: `dg dev`, `dagster dev -w workspace.yaml`, `dg check defs`."""

import dagster as dg

from pipelines.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """Everything, made from the settings."""
    return build_defs()
