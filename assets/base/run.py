"""A run: what the body of one step sees. It reads recorded files, writes new ones, notes what to show. No Dagster."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from assets.base.files import Sink, StoredFile
from assets.base.paths import folder_of
from assets.base.profiles import Profile
from assets.base.provenance import Input, Record
from assets.base.settings import Settings
from assets.base.step import Reads, Step
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.base.workspace import Workspace


class Run:
    """One materialisation of a step for one partition.

    Attributes:
        step: The step.
        partition: Its partition key, None for the whole.
        inputs: What it is made from.
        log: Where to tell what happens.
        scratch: Local folder for this output made of these inputs: what lies here survives a kill.
        devices: Processes that train together, of which this is one.
        launch: Starts the processes of a training on several devices; None: as plain child processes.
        written: Files written so far, by asset.
        notes: Metadata to show, by asset.
        facts: Small values for the record of provenance.
        slices: Data versions of parts that are read on their own.
        shard_records: Records of the shards that the step made beside its own outputs.
        spent: Local folders that are not needed any more when the run has ended well.
    """

    def __init__(
        self,
        step: Step,
        workspace: Workspace,
        partition: str | None,
        inputs: Sequence[Input],
        log: logging.Logger,
        scratch: Path,
        *,
        devices: int = 1,
        launch: Callable[["Run", Path], None] | None = None,
    ) -> None:
        self.step = step
        self.workspace = workspace
        self.partition = partition
        self.inputs = tuple(inputs)
        self.log = log
        self.scratch = scratch
        self.devices = devices
        self.launch = launch
        self.written: dict[str, list[StoredFile]] = {output: [] for output in (*step.outputs, *step.shard_outputs)}
        self.notes: dict[str, dict[str, Any]] = {output: {} for output in step.outputs}
        self.facts: dict[str, Any] = {}
        self.slices: dict[str, str] = {}
        self.shard_records: list[Record] = []
        self.spent: list[Path] = []
        self._reads = {reads.asset: reads for reads in step.reads}

    @property
    def storage(self) -> Storage:
        """The storage."""
        return self.workspace.storage

    @property
    def profile(self) -> Profile:
        """The profile."""
        return self.workspace.profile

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.workspace.settings

    # reading

    def _declared(self, asset: str) -> Reads:
        if asset not in self._reads:
            raise KeyError(f"step {self.step.name} does not declare that it reads {asset}")
        return self._reads[asset]

    def records(self, asset: str) -> list[Record]:
        """Records of the partitions of an upstream asset that this run reads, in order."""
        keys = self.workspace.upstream_keys(self.step, self._declared(asset), self.partition)
        found = (self.workspace.ledger.get(asset, key) for key in keys)
        return [record for record in found if record is not None]

    def rows(self, asset: str) -> int:
        """How many rows an upstream table has, as its records say; no file is read."""
        return sum(record.rows or 0 for record in self.records(asset))

    def record(self, asset: str, partition: str | None = None) -> Record | None:
        """One record of a declared upstream asset."""
        self._declared(asset)
        return self.workspace.ledger.get(asset, partition)

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        """Recorded files of an upstream asset, or those just written of the run's own, relative to the storage."""
        if asset in self.written:
            return [file.path for file in self.written[asset]]
        records = self.records(asset)
        return [
            file.path
            for record in records
            if partition is None or record.partition == partition
            for file in record.files
        ]

    def table(
        self, asset: str, columns: Sequence[str] | None = None, partition: str | None = None, folder: str = ""
    ) -> pa.Table:
        """An asset as one table, all partitions that the run reads after each other.

        Args:
            asset: A declared upstream asset, or one of the run's own outputs.
            columns: Columns to read, None for all.
            partition: Only this partition.
            folder: Only files in such a folder, as `split=test`.
        """
        files = [path for path in self.files(asset, partition) if not folder or folder in path.split("/")]
        if not files:
            empty = TABLES[asset].empty()
            return empty if columns is None else empty.select(list(columns))
        return pa.concat_tables([self.storage.read_table(path, columns) for path in files])

    def frame(self, asset: str, columns: Sequence[str] | None = None, partition: str | None = None) -> pl.DataFrame:
        """As `table`, a polars frame."""
        return pl.DataFrame(pl.from_arrow(self.table(asset, columns, partition)))

    def frames(self, asset: str, columns: Sequence[str] | None = None) -> Iterator[tuple[str | None, pl.DataFrame]]:
        """As `frame`, but file by file with its partition, so that only one of them is in memory; on any store."""
        for record in self.records(asset):
            for file in record.files:
                yield record.partition, pl.DataFrame(pl.from_arrow(self.storage.read_table(file.path, columns)))

    def scan(self, asset: str, folder: str = "") -> pl.LazyFrame:
        """A local or remote asset as a lazy frame, never all in memory."""
        paths = [path for path in self.files(asset) if not folder or folder in path.split("/")]
        if not paths:
            return pl.LazyFrame(pl.from_arrow(TABLES[asset].empty()))
        if self.storage.is_local:
            return pl.scan_parquet([self.storage.url(path) for path in paths], hive_partitioning=False)
        import pyarrow.dataset as ds

        full = [f"{self.storage.root}/{path}" for path in paths]
        return pl.scan_pyarrow_dataset(ds.dataset(full, filesystem=self.storage.filesystem, format="parquet"))

    def read_bytes(self, path: str) -> bytes:
        """A recorded file's content."""
        return self.storage.read_bytes(path)

    # writing

    def folder(self, asset: str, **folders: str) -> str:
        """Where an output's files go, relative to the storage."""
        return folder_of(asset, self.partition, folders)

    def write(self, asset: str, table: pa.Table | pl.DataFrame, part: int = 0, **folders: str) -> StoredFile:
        """Publish a part of an output table; it exists for others when the run ends well.

        Raises:
            SchemaMismatchError: The columns are not those of the contract.
        """
        arrow = table.to_arrow() if isinstance(table, pl.DataFrame) else table
        path = f"{self.folder(asset, **folders)}/part-{part}.parquet"
        stored = self.storage.write_table(path, TABLES[asset].conform(arrow))
        self.written[asset].append(stored)
        return stored

    def adopt(self, asset: str, stored: StoredFile) -> None:
        """Count a file that an earlier, killed run finished as one of this run's."""
        self.written[asset].append(stored)

    @contextlib.contextmanager
    def create(self, asset: str, name: str, *, versioned: bool = True) -> Iterator[Sink]:
        """Publish a file that is no table: weights, a report, the catalog.

        Args:
            asset: One of the run's outputs.
            name: Path within its folder.
            versioned: False where the same work gives other bytes each time: nothing after it is redone for them.
        """
        with self.storage.create("/".join(filter(None, (self.folder(asset), name)))) as sink:
            yield sink
        assert sink.stored is not None
        self.written[asset].append(replace(sink.stored, versioned=versioned))

    def note(self, asset: str, metadata: Mapping[str, Any]) -> None:
        """Metadata to show for an output: numbers, text, or what `assets.base.show` makes."""
        self.notes[asset].update(metadata)
