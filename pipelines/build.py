"""`build_defs`: the whole code location, made from settings; a test passes its own workspace instead of patching."""

import dagster as dg

from assets.base.settings import Settings, load_settings
from assets.base.workspace import Workspace
from assets.steps import all_steps
from pipelines.ask import search_photos, tag_photo
from pipelines.automation import automation_sensor, with_condition
from pipelines.dagster_assets import to_dagster
from pipelines.jobs import ingest_source_files, refresh_collection, retry_transient_images
from pipelines.schedules import weekly_refresh
from pipelines.sensors import new_source_files


def open_workspace(settings: Settings | None = None) -> Workspace:
    """The workspace that the settings name.

    Raises:
        SettingsError: A setting is unknown or impossible.
    """
    return Workspace(settings or load_settings(), all_steps())


def build_defs(workspace: Workspace | None = None) -> dg.Definitions:
    """Assets, jobs, schedule, sensors and the one resource.

    Args:
        workspace: What the steps stand on; by default what the settings name.
    """
    workspace = workspace or open_workspace()
    executor = dg.in_process_executor if workspace.settings.executor == "in_process" else dg.multiprocess_executor
    steps = workspace.steps
    return dg.Definitions(
        assets=[
            with_condition(definition, steps) for step in steps.in_order() for definition in to_dagster(step, steps)
        ],
        jobs=[ingest_source_files, refresh_collection, retry_transient_images, search_photos, tag_photo],
        schedules=[weekly_refresh],
        sensors=[new_source_files, automation_sensor],
        resources={"workspace": workspace},
        executor=executor,
    )
