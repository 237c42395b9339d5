"""Ingesting one source file: its rows, shard by shard, into `raw_photos` and `rejected_rows`."""

import pyarrow as pa

from assets.base.keys import shard_key
from assets.base.run import Run
from assets.base.shards import write_shard
from assets.base.tables import TABLES
from assets.base.takedowns import read_takedowns
from assets.ingestion.discovery import source_file, source_of
from assets.ingestion.read import describe_format, read_shards


def ingest(run: Run) -> None:
    """Read a source file to its end and write its shards and its row of `source_files`."""
    assert run.partition is not None
    file = source_file(run.workspace, run.partition)
    kind = source_of(run.workspace).kind
    takedowns = read_takedowns(run.storage)
    rows = rejected = taken_down = shards = 0
    for shard in read_shards(file, kind, run.profile.ingestion.shard_rows):
        key = shard_key(file.key, shard.index)
        tables = {"raw_photos": takedowns.without(shard.raw), "rejected_rows": takedowns.texts(shard.rejected)}
        write_shard(run, key, tables, {"rows": shard.rows})
        rows += shard.rows
        rejected += shard.rejected.num_rows
        taken_down += shard.raw.num_rows - tables["raw_photos"].num_rows
        shards += 1
        run.log.info("%s: %s rows read, %s of them rejected", file.key, f"{rows:,}", f"{rejected:,}")
    order = run.workspace.collection().order(file.key)
    row = {
        "url": file.url,
        "format": describe_format(file, kind),
        "registered": order,
        "bytes": file.bytes,
        "etag": file.etag,
        "rows": rows,
        "rejected_rows": rejected,
        "taken_down": taken_down,
        "shards": shards,
    }
    run.write("source_files", pa.Table.from_pylist([row], schema=TABLES["source_files"].schema()))
    run.facts.update(shards=shards, rows=rows, rejected_rows=rejected, url=file.url)
    counts = {"rows": rows, "rejected_rows": rejected, "taken_down": taken_down, "shards": shards}
    run.note("source_files", {**counts, "url": file.url})
