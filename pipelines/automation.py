"""Automation conditions: how Dagster's daemon fills in new shards by itself. Shipped stopped.

Pinned assets (vocabulary, models) have no condition: they are redone on purpose only.
"""

from typing import Any

import dagster as dg

from assets.base.step import StepRegistry

_CHANGED = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.data_version_changed())
_QUIET = ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()

# `~any_deps_missing`: without it embeddings are asked for before their model exists.
BY_SHARD = (
    (dg.AutomationCondition.missing() | _CHANGED).since_last_handled()
    & ~dg.AutomationCondition.any_deps_missing()
    & _QUIET
    & ~dg.AutomationCondition.execution_failed()
    & ~dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
)

# Only a request resets it, compared by time: with `since_last_handled` what is updated between a request and the next
# tick would be lost.
_UPDATED = dg.AutomationCondition.any_deps_match(dg.AutomationCondition.newly_updated())
AGGREGATE = _UPDATED.since(dg.AutomationCondition.newly_requested()) & _QUIET


def condition_of(asset: str, steps: StepRegistry) -> dg.AutomationCondition[Any] | None:
    """The condition of an asset, None for pinned ones, those on request and what the file sensor ingests."""
    step = steps.maker(asset)
    if step.pinned or step.on_request or step.by == "source_file":
        return None
    if step.by != "shard":
        needed = [reads.asset for reads in step.reads if not reads.optional]
        return AGGREGATE & ~_holes_in(needed) if needed else AGGREGATE
    condition: dg.AutomationCondition[Any] = BY_SHARD
    for reads in step.reads:
        if reads.sliced:
            condition &= ~_behind(reads.asset)
    return condition


def _holes_in(assets: list[str]) -> dg.AutomationCondition[Any]:
    """Whether a partition of what a step cannot do without is not there yet: the step would only fail."""
    return dg.AutomationCondition.any_deps_missing().allow(dg.AssetSelection.assets(*assets))


def _behind(asset: str) -> dg.AutomationCondition[Any]:
    """Whether an upstream asset is older than something that it reads: `photos` waits for `duplicate_photos`.

    `will_be_requested` does not say so, since the two have different partitions and never share a run.
    """
    outdated = _UPDATED.since(dg.AutomationCondition.newly_updated())
    return dg.AutomationCondition.any_deps_match(outdated).allow(dg.AssetSelection.assets(asset))


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
