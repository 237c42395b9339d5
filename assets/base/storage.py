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
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from assets.base.files import Reader, Sink, StoredFile
from assets.base.stores import UnknownStoreError, open_store, protocols_of, store_errors
from assets.base.urls import public_url, without_secrets

PARTIAL = ".partial-"
LOCAL_PROTOCOLS = {"file", "local"}
_READ_ONLY = {"http", "https"}
_BLOCK = 1 << 20


class StorageError(OSError):
    """The storage cannot be reached, read or written."""


class Storage:
    """Published files below one root, addressed by relative paths with forward slashes."""

    def __init__(self, url: str) -> None:
        """Open a folder or any fsspec URL, such as `data`, `memory://locsens` or `s3://bucket/prefix`.

        Raises:
            StorageError: No such kind of storage, its package is not installed, or nothing can be written there.
        """
        try:
            filesystem, root = open_store(url)
        except UnknownStoreError as error:
            raise StorageError(f"storage {public_url(url)}: {error}") from error
        self.filesystem = filesystem
        self.root = root.rstrip("/")
        self._protocols = protocols_of(filesystem)
        if self._protocols & _READ_ONLY:
            raise StorageError(f"storage {public_url(url)}: expected one that can be written, found a website")
        self.shown = public_url(url) if "://" in url else self.root

    @property
    def is_local(self) -> bool:
        """Whether the files lie on a local disk."""
        return bool(self._protocols & LOCAL_PROTOCOLS)

    @property
    def _store(self) -> Any:
        """The file system, with nothing of what it remembers: others write to it too."""
        self.filesystem.invalidate_cache()
        return self.filesystem

    @contextlib.contextmanager
    def _told(self, doing: str, path: str) -> Iterator[None]:
        """Make a sentence of what the store raises."""
        try:
            yield
        except StorageError:
            raise
        except store_errors() as error:
            raise StorageError(f"cannot {doing} {path or 'all'} in {self.shown}: {without_secrets(error)}") from error

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
        with self._told("look for", path):
            return bool(self._store.exists(self._full(path)))

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, sorted; none if it is not there."""
        full = self._full(folder)
        with self._told("list", folder):
            entries = self._store.ls(full, detail=True) if self._store.exists(full) else []
        return sorted(
            str(entry["name"]).rstrip("/").rpartition("/")[2] for entry in entries if entry["type"] == "directory"
        )

    def list(self, folder: str, *, unfinished: bool = False) -> list[str]:
        """Files below a folder, relative to the storage, sorted; what a kill left unfinished only if asked."""
        prefix = len(self.root) + 1
        with self._told("list", folder):
            found = self._store.find(self._full(folder), detail=True).items()
        # s3fs gives the folder itself if the first file in it appears while it looks
        paths = (str(full)[prefix:] for full, info in found if info["type"] == "file")
        return sorted(path for path in paths if unfinished or PARTIAL not in path)

    def read_bytes(self, path: str) -> bytes:
        """Content of a file.

        Raises:
            StorageError: It is not there or cannot be read.
        """
        with self._told("read", path):
            return cast("bytes", self._store.cat_file(self._full(path)))

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Contents by path, asked for at once where the store can; a file that has gone meanwhile is left out.

        Raises:
            StorageError: One cannot be read.
        """
        contents: dict[str, bytes] = {}
        full = [self._full(path) for path in paths]
        # `cat` would take brackets in a name for a pattern
        found = self._store.cat_ranges(full, None, None, on_error="return")
        for path, content in zip(paths, found, strict=True):
            with self._told("read", path), contextlib.suppress(FileNotFoundError):
                if isinstance(content, Exception):
                    raise content
                contents[path] = content
        return contents

    def open(self, path: str) -> BinaryIO:
        """A file opened for reading.

        Raises:
            StorageError: It is not there or cannot be read, now or later on.
        """
        with self._told("open", path):
            opened = self._store.open(self._full(path), "rb")
        return cast("BinaryIO", opened if self.is_local else Reader(opened, lambda: self._told("read", path)))

    def holds(self, file: StoredFile) -> bool:
        """Whether a published file is there, and still what it was when it was written."""
        if not self.exists(file.path):
            return False
        digest = hashlib.sha256()
        with self.open(file.path) as opened:
            while block := opened.read(_BLOCK):  # not every store's files can do more than read
                digest.update(block)
        return digest.hexdigest() == file.sha256

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all below it; nothing there is fine."""
        full = self._full(path)
        with self._told("remove", path):
            if self._store.exists(full):
                self._store.rm(full, recursive=True)

    def abort_uploads(self) -> None:
        """Abort uploads that a killed run began: nobody sees their parts, and they hold what was sent."""
        if not hasattr(self.filesystem, "list_multipart_uploads"):  # only S3 has such
            return
        bucket, _, prefix = self.root.partition("/")
        with self._told("abort the uploads of", ""):
            for upload in self._store.list_multipart_uploads(bucket):
                if upload["Key"].startswith(prefix and f"{prefix}/"):
                    self._store.abort_mpu(bucket, upload["Key"], upload["UploadId"])

    @contextlib.contextmanager
    def create(self, path: str) -> Iterator[Sink]:
        """Write a file that appears whole when the block ends, and not at all when the block fails.

        Raises:
            StorageError: The storage is full, read-only or out of reach.
        """
        full = self._full(path)
        with self._told("write", path):
            if self.is_local:
                with self._create_local(full, path) as sink:
                    yield sink
            else:
                with self._create_remote(full, path) as sink:
                    yield sink
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
        if "memory" in self._protocols:  # its files show while they are being written
            buffer = io.BytesIO()
            yield Sink(buffer, path)
            self.filesystem.pipe_file(full, buffer.getvalue())
            return
        target = self._store.open(full, "wb")
        try:
            yield Sink(target, path)
            target.close()
        except BaseException:
            target.closed = True  # closed in earnest, if only by the garbage collector, it would publish what there is
            with contextlib.suppress(*store_errors()):  # what went wrong first is what is told
                target.discard()  # the parts of an upload, which nobody sees and somebody pays for
            raise

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
