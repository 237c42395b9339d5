"""Files of a storage: as they are published, while they are written, while they are read."""

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO


@dataclass(frozen=True)
class StoredFile:
    """A published file.

    Attributes:
        path: Path relative to the storage.
        bytes: Size in bytes.
        sha256: Hash of the content, hexadecimal.
        rows: Rows of a table file, else None.
        versioned: Whether the content counts for the data version; not for what holds times of the clock.
    """

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    versioned: bool = True


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


class Reader(io.RawIOBase):
    """A file of a store, opened for reading; what the store raises while it is read goes through a guard."""

    def __init__(self, opened: BinaryIO, guard: Callable[[], AbstractContextManager[None]]) -> None:
        """Read a file.

        Args:
            opened: The file.
            guard: Makes a context in which the store is asked.
        """
        self._opened = opened
        self._guard = guard

    def readable(self) -> bool:
        """True: a reader is for reading."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._opened.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._opened.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes, all that are left for -1."""
        with self._guard():
            return self._opened.read(size)

    def close(self) -> None:
        """Close the file."""
        self._opened.close()
        super().close()
