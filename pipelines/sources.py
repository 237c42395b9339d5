"""Source files and shards as dynamic partitions of a Dagster instance, kept in step with the storage."""

import dagster as dg

from assets.base.collection import CollectionError, write_collection
from assets.base.execute import remove_partition
from assets.base.partitions import SHARD, SOURCE_FILE
from assets.base.workspace import Workspace
from assets.ingestion.discovery import Discovery


def register_files(discovery: Discovery, workspace: Workspace, instance: dg.DagsterInstance) -> None:
    """Make the instance know every source file and shard that the storage knows."""
    for definition, keys in (
        (SOURCE_FILE, [*discovery.known, *discovery.new]),
        (SHARD, [key for key in workspace.keys("shard") if key]),
    ):
        missing = sorted(set(keys) - set(instance.get_dynamic_partitions(str(definition.name))))
        if missing:
            instance.add_dynamic_partitions(str(definition.name), missing)


def forget_file(key: str, workspace: Workspace, instance: dg.DagsterInstance) -> list[str]:
    """Remove a source file and all its shards from storage, collection and instance.

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
    shards = [shard for shard in workspace.keys("shard") if shard and shard.rpartition("-")[0] == file.key]
    for shard in shards:
        remove_partition(workspace, "shard", shard)
        instance.delete_dynamic_partition(str(SHARD.name), shard)
    remove_partition(workspace, "source_file", file.key)
    instance.delete_dynamic_partition(str(SOURCE_FILE.name), file.key)
    write_collection(workspace.storage, collection.without(file.key))
    return shards
