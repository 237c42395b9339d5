"""The weekly schedule: vocabulary and models are redone on purpose, the rest follows. Shipped stopped."""

import dagster as dg

from pipelines.jobs import PlannerConfig, refresh_collection

weekly_refresh = dg.ScheduleDefinition(
    name="weekly_refresh",
    job=refresh_collection,
    cron_schedule="0 3 * * 0",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    run_config=dg.RunConfig(ops={"plan_and_materialize": PlannerConfig(refresh=["vocabulary", "models"])}),
    description="Sundays at 3: vocabulary and models anew, then everything that depends on them.",
)
