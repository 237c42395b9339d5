"""A Dagster instance in step with the storage: source files and shards are its partitions, outputs its events."""

import shutil

import dagster as dg

from assets.base.collection import CollectionError, write_collection
from assets.base.keys import Dimension
from assets.base.partitions import SHARD, SOURCE_FILE
from assets.base.shards import remove_partition, shards_of
from assets.base.workspace import Workspace
from assets.ingestion.copies import copy_folder
from pipelines.dagster_assets import materialization

DYNAMIC: tuple[tuple[dg.DynamicPartitionsDefinition, Dimension], ...] = (
    (SOURCE_FILE, "source_file"),
    (SHARD, "shard"),
)


def follow_storage(workspace: Workspace, instance: dg.DagsterInstance) -> None:
    """Make the instance know what the storage knows: source files and shards, no others, and every output.

    An instance that was lost, or a run killed between its last record and its events, would else keep automation off
    what is missing in the instance alone.
    """
    _follow_partitions(workspace, instance)
    for asset in workspace.steps.assets():
        records = workspace.ledger.records(asset)
        if workspace.steps.dimension(asset) is None:
            known: set[str | None] = {None} if instance.get_latest_materialization_event(dg.AssetKey(asset)) else set()
        else:
            known = set(instance.get_materialized_partitions(dg.AssetKey(asset)))
        for partition in records.keys() - known:
            instance.report_runless_asset_event(materialization(records[partition]))


def _follow_partitions(workspace: Workspace, instance: dg.DagsterInstance) -> None:
    for definition, dimension in DYNAMIC:
        name = str(definition.name)
        keys = {key for key in workspace.keys(dimension) if key}
        there = set(instance.get_dynamic_partitions(name))
        if keys - there:
            instance.add_dynamic_partitions(name, sorted(keys - there))
        for key in sorted(there - keys):
            instance.delete_dynamic_partition(name, key)


def forget_file(key: str, workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Remove a source file and all its shards from storage, collection and instance, and a copy of it that was begun.

    Args:
        key: Key or URL of the file.
        workspace: The collection.
        instance: Its Dagster instance.

    Returns:
        Keys of the removed shards.

    Raises:
        CollectionError: The collection does not know the file.
    """
    collection = workspace.collection()
    file = next((file for file in collection.files if key in (file.key, file.url)), None)
    if file is None:
        known = ", ".join(file.key for file in collection.files) or "none"
        raise CollectionError(f"source file {key}: not in this collection, which knows {known}")
    shards = shards_of(workspace, file.key)
    remove_partition(workspace, "source_file", file.key)
    shutil.rmtree(copy_folder(workspace, file.key), ignore_errors=True)
    for shard in shards:
        remove_partition(workspace, "shard", shard)
        instance.delete_dynamic_partition(str(SHARD.name), shard)
    instance.delete_dynamic_partition(str(SOURCE_FILE.name), file.key)
    write_collection(workspace.storage, collection.without(file.key))
    return shards
