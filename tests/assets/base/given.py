"""A workspace in which upstream assets are simply there, so that one step can be run on its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assets.base.collection import RegisteredFile, write_collection
from assets.base.profiles import Profile
from assets.base.provenance import Record, content_version
from assets.base.settings import Settings
from assets.base.step import Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace

STAMP = "2026-01-02T03:04:05+00:00"


EXAMPLES = {
    pa.string(): "text",
    pa.bool_(): True,
    pa.binary(): b"\xff\xd8",
    pa.int16(): 3,
    pa.int32(): 4,
    pa.int64(): 5_000_000_000,
    pa.float16(): 0.5,
    pa.float32(): 0.25,
    pa.float64(): 51.5,
    pa.timestamp("us"): np.datetime64("2010-05-04T03:02:01", "us").item(),
}


def example(name: str, width: int = 3) -> pa.Table:
    """One row of a table, all columns filled."""
    table = TABLES[name]
    row = {}
    for column in table.columns:
        if pa.types.is_list(column.type):
            row[column.name] = [EXAMPLES[column.type.value_type]] * (width if column.name == table.width_of else 2)
        else:
            row[column.name] = EXAMPLES[column.type]
    return pa.Table.from_pylist([row], schema=table.schema(width if table.width_of else None))


WIDTHS = {name: 5 if name.endswith("mlc") else 3 for name, table in TABLES.items() if table.width_of}


def _given_step(asset: str, by: Any) -> Step:
    return Step(
        name=f"given_{asset}", stage="ingestion", outputs=(asset,), by=by, reads=(), profile=(),
        code_version="1", kinds=frozenset(), checks=(), pinned=False, pool=None, shard_outputs=(),
        outside=None, body=lambda _: None,
    )  # fmt: skip


def put(
    workspace: Workspace, asset: str, partition: str | None, table: pa.Table, folder: str = "", **facts: Any
) -> Record:
    """Write a table as one output with its record; `folder` goes before the partition's."""
    key = "" if partition is None else f"{TABLES[asset].folders[-1]}={partition}"
    path = "/".join(filter(None, ["tables", asset, folder, key, "part-0.parquet"]))
    file = workspace.storage.write_table(path, TABLES[asset].conform(table))
    record = Record(
        asset=asset, partition=partition, files=(file,), inputs=(), code_version="1",
        profile_hash=workspace.profile.section_hash([]),
        rows=table.num_rows, started_at=STAMP, finished_at=STAMP, status="done", reason="",
        data_version=content_version([file]), facts=facts,
    )  # fmt: skip
    workspace.ledger.put(record)
    return record


def open_given(
    step: Step,
    given: Mapping[str, Mapping[str, pa.Table] | pa.Table],
    storage_url: str,
    work: Path,
    profile: Profile | None = None,
    folders: Mapping[str, str] | None = None,
    **settings: str,
) -> Workspace:
    """A workspace over one step and what it reads: by shard where a mapping is given, whole otherwise.

    Shards are those of one source file `a`.
    """
    steps = StepRegistry()
    by = {asset: "shard" if isinstance(tables, Mapping) else None for asset, tables in given.items()}
    for asset in sorted({"source_files", *(reads.asset for reads in step.reads)}):
        steps.add(_given_step(asset, "source_file" if asset == "source_files" else by.get(asset)))
    steps.add(step)
    values = {"storage": storage_url, "source": "toy", "profile": "tiny", "work": work} | settings
    workspace = Workspace(Settings(**values), steps, profile or Profile(name="tiny"))
    shards = max((len(tables) for tables in given.values() if isinstance(tables, Mapping)), default=0)
    write_collection(workspace.storage, workspace.collection().with_files([RegisteredFile("a", "file:///a")]))
    put(workspace, "source_files", "a", TABLES["source_files"].empty(), shards=shards)
    for asset, tables in given.items():
        parts = tables if isinstance(tables, Mapping) else {None: tables}
        for shard, table in parts.items():
            put(workspace, asset, shard, table, (folders or {}).get(asset, ""))
    return workspace
