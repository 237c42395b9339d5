"""The one storage: published files on any fsspec store, written whole or not at all.

A local file is written to a sibling and moved; on an object store one completed PUT or upload is the commit.
Scratch (checkpoints, TensorBoard, a database being built) does not come here: it lives in the local work folder.
"""

import contextlib
import hashlib
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from assets.base.urls import public_url, without_secrets

PARTIAL = ".partial-"
LOCAL_PROTOCOLS = {"file", "local"}


class StorageError(OSError):
    """The storage cannot be reached, read or written."""


@dataclass(frozen=True)
class StoredFile:
    """A published file.

    Attributes:
        path: Path relative to the storage.
        bytes: Size in bytes.
        sha256: Hash of the content, hexadecimal.
        rows: Rows of a table file, else None.
    """

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class Sink(io.RawIOBase):
    """A writable file that hashes what passes through it; `stored` says what was published."""

    def __init__(self, target: BinaryIO, path: str) -> None:
        self._target = target
        self._path = path
        self._hash = hashlib.sha256()
        self._bytes = 0
        self.stored: StoredFile | None = None

    def writable(self) -> bool:
        """True: a sink is for writing."""
        return True

    def write(self, data: Any) -> int:
        """Write a bytes-like object."""
        view = memoryview(data).cast("B")
        self._target.write(view)
        self._hash.update(view)
        self._bytes += len(view)
        return len(view)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._bytes

    def seal(self) -> None:
        """Note what was written; called when it has been published."""
        self.stored = StoredFile(self._path, self._bytes, self._hash.hexdigest())


class Storage:
    """Published files below one root, addressed by relative paths with forward slashes."""

    def __init__(self, url: str) -> None:
        """Open a storage.

        Args:
            url: A folder or any fsspec URL, such as `data`, `memory://locsens` or `s3://bucket/prefix`.

        Raises:
            StorageError: No such kind of storage, or its package is not installed.
        """
        try:
            filesystem, root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise StorageError(
                f"storage {public_url(url)}: expected a folder or an fsspec URL whose package is installed: "
                f"{without_secrets(error)}"
            ) from error
        self.filesystem = filesystem
        self.root = str(root).rstrip("/")
        protocol = filesystem.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self.shown = public_url(url) if "://" in url else self.root

    @property
    def is_local(self) -> bool:
        """Whether the files lie on a local disk."""
        return bool(self._protocols & LOCAL_PROTOCOLS)

    def _full(self, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/"):
            raise StorageError(f"path {path!r}: expected a path below the storage")
        return f"{self.root}/{path}" if path else self.root

    def url(self, path: str) -> str:
        """Full path (local) or URL of a file, as other libraries open it."""
        full = self._full(path)
        return full if self.is_local else str(self.filesystem.unstrip_protocol(full))

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there."""
        self.filesystem.invalidate_cache()
        return bool(self.filesystem.exists(self._full(path)))

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, sorted; none if it is not there."""
        self.filesystem.invalidate_cache()
        full = self._full(folder)
        if not self.filesystem.exists(full):
            return []
        entries = self.filesystem.ls(full, detail=True)
        return sorted(
            str(entry["name"]).rstrip("/").rpartition("/")[2] for entry in entries if entry["type"] == "directory"
        )

    def list(self, folder: str, *, unfinished: bool = False) -> list[str]:
        """Files below a folder, relative to the storage, sorted; what a kill left unfinished only if asked."""
        self.filesystem.invalidate_cache()
        prefix = len(self.root) + 1
        found = [str(full)[prefix:] for full in self.filesystem.find(self._full(folder))]
        return sorted(path for path in found if unfinished or PARTIAL not in path)

    def read_bytes(self, path: str) -> bytes:
        """Content of a file.

        Raises:
            StorageError: It is not there or cannot be read.
        """
        try:
            return cast("bytes", self.filesystem.cat_file(self._full(path)))
        except OSError as error:
            raise StorageError(f"cannot read {path} in {self.shown}: {without_secrets(error)}") from error

    def open(self, path: str) -> BinaryIO:
        """A file opened for reading."""
        try:
            return cast("BinaryIO", self.filesystem.open(self._full(path), "rb"))
        except OSError as error:
            raise StorageError(f"cannot open {path} in {self.shown}: {without_secrets(error)}") from error

    def holds(self, file: StoredFile) -> bool:
        """Whether a published file is there, and still what it was when it was written."""
        if not self.exists(file.path):
            return False
        with self.open(file.path) as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256  # type: ignore[arg-type]

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all below it; nothing there is fine."""
        full = self._full(path)
        if self.filesystem.exists(full):
            self.filesystem.rm(full, recursive=True)

    @contextlib.contextmanager
    def create(self, path: str) -> Iterator[Sink]:
        """Write a file that appears whole when the block ends, and not at all when the block fails.

        Raises:
            StorageError: The storage is full, read-only or out of reach.
        """
        full = self._full(path)
        try:
            if self.is_local:
                with self._create_local(full, path) as sink:
                    yield sink
            else:
                with self._create_remote(full, path) as sink:
                    yield sink
        except StorageError:
            raise
        except OSError as error:
            raise StorageError(f"cannot write {path} in {self.shown}: {without_secrets(error)}") from error
        sink.seal()

    @contextlib.contextmanager
    def _create_local(self, full: str, path: str) -> Iterator[Sink]:
        Path(full).parent.mkdir(parents=True, exist_ok=True)
        partial = f"{full}{PARTIAL}{secrets.token_hex(4)}"
        try:
            with Path(partial).open("wb") as target:
                sink = Sink(target, path)
                yield sink
                target.flush()
                os.fsync(target.fileno())
            Path(partial).replace(full)
        finally:
            Path(partial).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _create_remote(self, full: str, path: str) -> Iterator[Sink]:
        buffered = "memory" in self._protocols  # its files show while they are being written
        target: Any = io.BytesIO() if buffered else self.filesystem.open(full, "wb")
        try:
            sink = Sink(target, path)
            yield sink
        except BaseException:
            if not buffered:
                target.discard()  # closing would publish what there is
            raise
        if buffered:
            self.filesystem.pipe_file(full, target.getvalue())
        else:
            target.close()

    def write_bytes(self, path: str, data: bytes) -> StoredFile:
        """Publish a file."""
        with self.create(path) as sink:
            sink.write(data)
        assert sink.stored is not None
        return sink.stored

    def write_table(self, path: str, table: pa.Table) -> StoredFile:
        """Publish a table as zstd Parquet."""
        with self.create(path) as sink:
            pq.write_table(table, pa.PythonFile(sink, mode="w"), compression="zstd")
        assert sink.stored is not None
        return StoredFile(path, sink.stored.bytes, sink.stored.sha256, table.num_rows)

    def read_table(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A Parquet file as a table; folders in its path do not become columns."""
        with self.open(path) as file:
            return pq.ParquetFile(file).read(columns=None if columns is None else [*columns])
