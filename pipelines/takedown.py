"""`locsens takedown`: the work of `assets.takedown` under the planner's lock, and what Dagster keeps of a photo.

Of a collection's events those of `images` hold pictures (a contact sheet of some of a shard's) and addresses of photos
that failed. Runs that materialised a shard with a photo taken down are deleted with all their events, and so are all
runs that searched or tagged, whose answers may show it; SQLite's files are compacted, since a deleted row stays in them
otherwise, and what the runs had made is reported anew. What another database keeps of deleted rows is its affair. The
captured output of runs that the UI started is not looked at: it names no photo but in the sentence of a failure.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage

from assets.base.collection import read_collection
from assets.base.settings import Settings
from assets.base.takedowns import TakedownError
from assets.base.workspace import Workspace
from assets.takedown.find import Found, find
from assets.takedown.remove import Removed, remove
from pipelines.ask import search_photos, tag_photo
from pipelines.build import open_workspace
from pipelines.dagster_assets import materialization
from pipelines.home import open_instance
from pipelines.lock import only_planner
from pipelines.sources import follow_storage

ANSWERING = (search_photos, tag_photo)
PICTURED = ("images", "image_status")
_PAGE = 1000
_SQLITE_PATIENCE = 30.0  # seconds


def take_down(settings: Settings, ids: Collection[str]) -> tuple[Found, Removed]:
    """Remove photos from a collection and remember them; without ids, go on with what was interrupted.

    Raises:
        TakedownError: No photo is named, or the storage holds no collection.
        CollectionError: The storage holds another collection.
        StorageBusyError: A planner is at work on the storage.
        OutputBusyError: A seed of the study is being run; nothing was removed from the storage yet.
    """
    workspace = open_workspace(settings)
    workspace.collection()
    if read_collection(workspace.storage) is None:
        raise TakedownError(f"storage {workspace.storage.shown} holds no collection: there is nothing to take down")
    with only_planner(workspace), open_instance(settings) as instance:
        found = find(workspace, ids)
        _forget_runs(instance, found.shards)
        removed = remove(workspace, found)
        # Always, and of all runs that are gone: what was stopped half-way no longer finds those that it has deleted.
        follow_storage(workspace, instance)
        _displace_last_events(workspace, instance)
        _compact(instance)
    return found, removed


def _forget_runs(instance: dg.DagsterInstance, shards: Collection[str]) -> None:
    """Delete the runs that looked at pictures of some shards, and those that may have shown one as an answer."""
    looked = {run_id for shard in shards for run_id in _runs_of(instance, shard) if run_id}
    for job in ANSWERING:
        looked |= {run.run_id for run in instance.get_runs(dg.RunsFilter(job_name=job.name))}
    for run_id in sorted(looked):
        instance.delete_run(run_id)


def _runs_of(instance: dg.DagsterInstance, shard: str) -> Iterator[str]:
    for asset in PICTURED:
        wanted = dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=[shard])
        cursor, more = None, True
        while more:
            page = instance.fetch_materializations(wanted, limit=_PAGE, cursor=cursor)
            yield from (record.run_id for record in page.records)
            cursor, more = page.cursor, page.has_more
    pictured = {dg.AssetKey(asset) for asset in PICTURED}
    for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": shard})):  # those that failed as well
        if run.asset_selection is None or pictured & run.asset_selection:
            yield run.run_id


def _displace_last_events(workspace: Workspace, instance: dg.DagsterInstance) -> None:
    """Put an event without a picture in the place of one of a deleted run: of each asset Dagster keeps a copy of it."""
    for asset in PICTURED:
        last = instance.get_latest_materialization_event(dg.AssetKey(asset))
        if last is not None and last.run_id and not instance.has_run(last.run_id):
            records = list(workspace.ledger.records(asset).values())
            if records:
                instance.report_runless_asset_event(materialization(records[-1]))
            else:
                instance.wipe_assets([dg.AssetKey(asset)])


def _compact(instance: dg.DagsterInstance) -> None:
    events = instance.event_log_storage
    if not isinstance(events, SqliteEventLogStorage):
        return
    index = Path(events.path_for_shard(INDEX_SHARD_NAME))
    for path in sorted(index.parent.glob("*.db")):
        if path == index or not instance.has_run(path.stem):
            try:
                with closing(sqlite3.connect(path, timeout=_SQLITE_PATIENCE)) as database:
                    database.execute("VACUUM")
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.OperationalError as error:
                raise TakedownError(
                    f"Dagster's events in {path} cannot be compacted ({error}); is its UI at work? "
                    "Stop it and run `locsens takedown` again"
                ) from error
