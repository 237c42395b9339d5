"""Provenance: one record for each output, removed before a rewrite and written last.

What no record names does not exist, for later stages and for the catalog. Whether an output is still up to date is
decided in `assets.base.freshness` from these records alone.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pyarrow as pa

from assets.base.files import StoredFile
from assets.base.storage import Storage

FOLDER = "provenance"
WHOLE = "all"

Status = Literal["done", "not_run"]


class ProvenanceError(ValueError):
    """A record of provenance cannot be read."""


@dataclass(frozen=True)
class Input:
    """What an output was made from.

    Attributes:
        asset: Upstream asset, or the URL of a file from outside.
        partition: Its partition, None for the whole asset.
        data_version: Its data version then.
    """

    asset: str
    partition: str | None
    data_version: str


def inputs_of(inputs: Iterable[Input], assets: Collection[str]) -> frozenset[Input]:
    """Those of some inputs that are of certain assets: equal sets, made of the same."""
    return frozenset(one for one in inputs if one.asset in assets)


@dataclass(frozen=True)
class CheckOutcome:
    """What an asset check found when the output was made."""

    name: str
    passed: bool
    sentence: str
    values: dict[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """Provenance of one output (an asset, or one partition of it).

    Attributes:
        asset: Asset name.
        partition: Partition key, None for the whole asset.
        files: The files that it consists of.
        inputs: What it was made from.
        code_version: Version of the code that made it.
        profile_hash: Hash of the profile sections used.
        rows: Rows, None where it is no table.
        started_at: Start, ISO 8601, UTC.
        finished_at: End, ISO 8601, UTC.
        status: `done`, or `not_run` with a reason.
        reason: Why it was not run.
        data_version: Version of the content: equal content, equal version.
        slices: Data version of parts that are read on their own, by upstream key.
        facts: Small values worth keeping: counts, keys, figures of merit.
        checks: What its checks found.
    """

    asset: str
    partition: str | None
    files: tuple[StoredFile, ...]
    inputs: tuple[Input, ...]
    code_version: str
    profile_hash: str
    rows: int | None
    started_at: str
    finished_at: str
    status: Status
    reason: str
    data_version: str
    slices: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    checks: tuple[CheckOutcome, ...] = ()

    def to_json(self) -> bytes:
        """The record as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes, where: str) -> "Record":
        """Read a record.

        Raises:
            ProvenanceError: It is not a record of this version.
        """
        try:
            fields = json.loads(data)
            fields["files"] = tuple(StoredFile(**file) for file in fields["files"])
            fields["inputs"] = tuple(Input(**one) for one in fields["inputs"])
            fields["checks"] = tuple(CheckOutcome(**one) for one in fields["checks"])
            return cls(**fields)
        except (ValueError, TypeError, KeyError) as error:
            raise ProvenanceError(
                f"{where}: expected a record of provenance, found something else ({error})"
            ) from error


def content_version(files: Iterable[StoredFile], reason: str = "", asked: Iterable[Input] = ()) -> str:
    """Data version of a set of files: a hash of the versioned ones' paths and contents, 16 hex digits.

    Args:
        files: The files.
        reason: Why they are empty, for what was not run: what comes after repeats it.
        asked: Inputs that the files are an answer to.
    """
    lines = sorted(f"{file.path} {file.sha256}" for file in files if file.versioned) + ([reason] if reason else [])
    lines += sorted(f"{one.asset} {one.partition} {one.data_version}" for one in asked)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class Ledger:
    """All records of a storage; read once, then kept in step with what this process writes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._records: dict[str, dict[str | None, Record]] = {}

    @staticmethod
    def _path(asset: str, partition: str | None) -> str:
        return f"{FOLDER}/{asset}/{WHOLE if partition is None else partition}.json"

    def refresh(self) -> None:
        """Forget what was read: another process may have written since."""
        self._records.clear()

    def records(self, asset: str) -> Mapping[str | None, Record]:
        """Records of an asset by partition key (None for the whole)."""
        if asset not in self._records:
            found = {}
            for path, content in self._storage.read_all(self._storage.list(f"{FOLDER}/{asset}")).items():
                record = Record.from_json(content, path)
                found[record.partition] = record
            self._records[asset] = found
        return self._records[asset]

    def get(self, asset: str, partition: str | None = None) -> Record | None:
        """One record, None if that output does not exist."""
        return self.records(asset).get(partition)

    def put(self, record: Record) -> None:
        """Write a record; from now on its output exists."""
        self.records(record.asset)
        self._storage.write_bytes(self._path(record.asset, record.partition), record.to_json())
        self._records[record.asset][record.partition] = record

    def remove(self, asset: str, partition: str | None = None) -> None:
        """Remove a record; its output does not exist any more."""
        self.records(asset)
        self._storage.remove(self._path(asset, partition))
        self._records[asset].pop(partition, None)

    def assets(self) -> list[str]:
        """Names of all assets that have a record."""
        return sorted({path.split("/")[1] for path in self._storage.list(FOLDER)})

    def table(self) -> pa.Table:
        """All records as a table, one row an output: the catalog's view `provenance`."""
        rows = [
            {
                "asset": record.asset,
                "partition": record.partition,
                "status": record.status,
                "reason": record.reason,
                "rows": record.rows,
                "files": len(record.files),
                "bytes": sum(file.bytes for file in record.files),
                "data_version": record.data_version,
                "code_version": record.code_version,
                "profile_hash": record.profile_hash,
                "started_at": record.started_at,
                "finished_at": record.finished_at,
                "inputs": [f"{one.asset}:{one.partition or WHOLE}@{one.data_version}" for one in record.inputs],
            }
            for asset in self.assets()
            for _, record in sorted(self.records(asset).items(), key=lambda item: item[0] or "")
        ]
        return pa.Table.from_pylist(rows, schema=PROVENANCE_SCHEMA)


PROVENANCE_SCHEMA = pa.schema(
    [
        ("asset", pa.string()),
        ("partition", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("rows", pa.int64()),
        ("files", pa.int64()),
        ("bytes", pa.int64()),
        ("data_version", pa.string()),
        ("code_version", pa.string()),
        ("profile_hash", pa.string()),
        ("started_at", pa.string()),
        ("finished_at", pa.string()),
        ("inputs", pa.list_(pa.string())),
    ]
)
