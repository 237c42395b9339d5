"""The shards of a source file as they lie in the storage: written beside a step's own outputs, found again, removed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.base.freshness import profile_hash
from assets.base.keys import Dimension
from assets.base.paths import own_folders
from assets.base.provenance import Record, content_version
from assets.base.run import Run
from assets.base.storage import PARTIAL
from assets.base.tables import TABLES
from assets.base.workspace import Workspace

NOTES = "shards"
"""Folder of a run's scratch with a note of every shard written."""


def write_shard(
    run: Run, key: str, tables: Mapping[str, pa.Table], facts: Mapping[str, Any], *, resumable: bool = False
) -> None:
    """Write one shard that a step by source file makes beside its own outputs; it exists when the run ends well.

    Args:
        run: The run by source file.
        key: Key of the shard.
        tables: One table for each of the step's shard outputs.
        facts: Small values for its records.
        resumable: Note the shard in the run's scratch, so that `adopt_shard` finds it after a kill.
    """
    started = datetime.now(UTC)
    records = []
    for asset, table in tables.items():
        stored = run.storage.write_table(f"tables/{asset}/shard={key}/part-0.parquet", TABLES[asset].conform(table))
        run.written[asset].append(stored)
        records.append(
            Record(
                asset=asset,
                partition=key,
                files=(stored,),
                inputs=tuple(run.inputs),
                code_version=run.step.code_version,
                profile_hash=profile_hash(run.step, run.workspace, run.partition),
                rows=table.num_rows,
                started_at=started.isoformat(timespec="seconds"),
                finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
                status="done",
                reason="",
                data_version=content_version([stored]),
                facts=dict(facts),
            )
        )
    run.shard_records += records
    if resumable:
        _note(run, key, records)


def adopt_shard(run: Run, key: str) -> dict[str, Any] | None:
    """Count a shard that an earlier, killed run made of the same inputs as one of this run's.

    What its note says is compared with the files: another run may have written there since.

    Args:
        run: The run by source file.
        key: Key of the shard.

    Returns:
        The facts of its records, None if it is not there as it was written.
    """
    note = _note_of(run, key)
    if not note.exists():
        return None
    records = [Record.from_json(line, str(note)) for line in note.read_bytes().splitlines()]
    files = [(record.asset, file) for record in records for file in record.files]
    if not all(run.storage.holds(file) for _, file in files):
        return None
    for asset, file in files:
        run.adopt(asset, file)
    run.shard_records += records
    return records[0].facts


def _note_of(run: Run, key: str) -> Path:
    return run.scratch / NOTES / f"{key}.jsonl"


def _note(run: Run, key: str, records: Iterable[Record]) -> None:
    note = _note_of(run, key)
    note.parent.mkdir(exist_ok=True)
    unfinished = note.with_suffix(PARTIAL)
    unfinished.write_text("".join(f"{json.dumps(asdict(record))}\n" for record in records))
    unfinished.replace(note)


def discard_shards(run: Run) -> None:
    """Remove every shard that a run has written so far: what they were read from turned out to be damaged."""
    for asset in run.step.shard_outputs:
        for file in run.written[asset]:
            run.storage.remove(file.path.rpartition("/")[0])
        run.written[asset].clear()
    run.shard_records.clear()


def shards_of(workspace: Workspace, source_file: str) -> list[str]:
    """Keys of all shards that anything is left of, records or files, sorted.

    What the file's own record says is not enough: a killed run leaves none.
    """
    keys: set[str] = set()
    for asset in _by(workspace, "shard"):
        keys.update(str(key) for key in workspace.ledger.records(asset))
        folders = [f"tables/{asset}"]
        if len(TABLES[asset].folders) > 1:
            folders = [f"tables/{asset}/{outer}" for outer in workspace.storage.folders(folders[0])]
        keys.update(name.removeprefix("shard=") for folder in folders for name in workspace.storage.folders(folder))
    return sorted(key for key in keys if key.rpartition("-")[0] == source_file)


def remove_partition(workspace: Workspace, dimension: Dimension, key: str) -> None:
    """Remove everything that a partition holds, in every asset by that dimension: records first, then files."""
    for asset in _by(workspace, dimension):
        workspace.ledger.remove(asset, key)
        for folder in own_folders(workspace.storage, asset, key):
            workspace.storage.remove(folder)


def _by(workspace: Workspace, dimension: Dimension) -> list[str]:
    return [asset for asset in workspace.steps.assets() if workspace.steps.dimension(asset) == dimension]
