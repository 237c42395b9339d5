"""Automation conditions: how Dagster's daemon fills in new shards by itself. Shipped stopped.

Pinned assets (vocabulary, models) have no condition: they are redone on purpose only.
"""

from typing import Any

import dagster as dg

from assets.base.step import StepRegistry

_CHANGED = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
_QUIET = ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()

# `~any_deps_missing`: without it embeddings are asked for before their model exists. The last line makes `photos` wait
# for `duplicate_photos` when both have just become due.
BY_SHARD = (
    (dg.AutomationCondition.missing() | _CHANGED).since_last_handled()
    & ~dg.AutomationCondition.any_deps_missing()
    & _QUIET
    & ~dg.AutomationCondition.execution_failed()
    & ~dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
)

# Aggregates tolerate holes here; whether too many shards are missing is the step's own question.
AGGREGATE = dg.AutomationCondition.any_deps_updated().since_last_handled() & _QUIET


def condition_of(asset: str, steps: StepRegistry) -> dg.AutomationCondition[Any] | None:
    """The condition of an asset, None for pinned assets and for what the file sensor ingests."""
    step = steps.maker(asset)
    if step.pinned or step.by == "source_file":
        return None
    return BY_SHARD if step.by == "shard" else AGGREGATE


def with_condition(
    definition: dg.AssetsDefinition | dg.AssetSpec, steps: StepRegistry
) -> dg.AssetsDefinition | dg.AssetSpec:
    """A definition whose specs carry their condition."""

    def conditioned(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(automation_condition=condition_of(spec.key.to_user_string(), steps))

    if isinstance(definition, dg.AssetSpec):
        return conditioned(definition)
    return definition.map_asset_specs(conditioned)


automation_sensor = dg.AutomationConditionSensorDefinition(
    "fill_in_shards",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.STOPPED,
    minimum_interval_seconds=60,
)
