"""Ingesting one source file: its rows, shard by shard, into `raw_photos` and `rejected_rows`."""

from dataclasses import replace

import pyarrow as pa

from assets.base.keys import shard_key
from assets.base.run import Run
from assets.base.shards import adopt_shard, write_shard
from assets.base.tables import TABLES
from assets.base.takedowns import read_takedowns
from assets.ingestion.copies import copy_file, copy_folder
from assets.ingestion.discovery import limit_in, source_file, source_of
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.shards import Done
from assets.ingestion.sources import SourceFile, local_path, refuse_change


def ingest(run: Run) -> None:
    """Read a source file, to its end or as far as it is wanted, and write its shards and its row of `source_files`.

    The shards of a database do not depend on each other: those that a killed run has finished are not read again.
    """
    assert run.partition is not None
    file = source_file(run.workspace, run.partition)
    source_format = recognise(file, source_of(run.workspace).kind)
    limit = limit_in(run.inputs)
    is_database = source_format.layout == "sqlite"
    done = _done_before(run, file) if is_database else Done()
    # A remote database is copied, since all of it is read page by page; a first look reads it where it lies.
    copied = is_database and not limit and local_path(file) is None
    place = _copied(run, file) if copied else file
    takedowns = read_takedowns(run.storage)
    for shard in read_shards(place, source_format, run.profile.ingestion.shard_rows, limit, done):
        tables = {"raw_photos": takedowns.without(shard.raw), "rejected_rows": takedowns.texts(shard.rejected)}
        facts = {
            "rows": shard.rows,
            "rejected_rows": shard.rejected.num_rows,
            "taken_down": shard.raw.num_rows - tables["raw_photos"].num_rows,
            "last_line": shard.last_line,
        }
        write_shard(run, shard_key(file.key, shard.index), tables, facts, resumable=is_database)
        done = done.plus(**facts)
        run.log.info("%s: %s rows read, %s of them rejected", file.key, f"{done.rows:,}", f"{done.rejected_rows:,}")
    if is_database and not copied:
        refuse_change(file)
    _tell(run, file, source_format.describe(), limit, done)


def _copied(run: Run, file: SourceFile) -> SourceFile:
    folder = copy_folder(run.workspace, file.key)
    run.spent.append(folder)
    return replace(file, location=str(copy_file(file, folder, run.log)))


def _done_before(run: Run, file: SourceFile) -> Done:
    """The shards that an earlier run of the same file finished before it was killed, from the first on."""
    done = Done()
    while (facts := adopt_shard(run, shard_key(file.key, done.shards))) is not None:
        done = done.plus(**facts)
    if done.shards:
        run.log.info("%s: goes on after %d shards, %s rows", file.key, done.shards, f"{done.rows:,}")
    return done


def _tell(run: Run, file: SourceFile, described: str, limit: int, done: Done) -> None:
    reached = bool(limit) and done.rows >= limit
    row = {
        "url": file.url,
        "format": f"{described}, the first {limit:,} rows" if reached else described,
        "registered": run.workspace.collection().order(file.key),
        "bytes": file.bytes,
        "etag": file.etag,
        "rows": done.rows,
        "rejected_rows": done.rejected_rows,
        "taken_down": done.taken_down,
        "shards": done.shards,
    }
    run.write("source_files", pa.Table.from_pylist([row], schema=TABLES["source_files"].schema()))
    counts = {name: row[name] for name in ("rows", "rejected_rows", "taken_down", "shards", "url")}
    run.facts.update(counts)
    run.note("source_files", counts | ({"limit_rows": limit} if limit else {}))
