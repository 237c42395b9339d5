"""An SQLite database read where it lies, on any fsspec store: only the pages that SQLite asks for are fetched.

For a first look at a large remote file; who reads all of it copies it first (`assets.ingestion.copies`).
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

import apsw

from assets.base.stores import store_errors
from assets.ingestion.errors import UnreachableSourceError
from assets.ingestion.sources import SourceFile
from assets.ingestion.streams import open_stored, unreachable

BLOCK_BYTES = 1 << 16
MOST_AHEAD = 64
"""Blocks fetched at once at most: 4 MiB."""
KEPT = 1024
"""Blocks kept in memory: 64 MiB."""


class BlockCache:
    """Blocks of a file; the more they are asked for one after the other, the more are fetched at once.

    A table whose pages lie in order is read in large pieces, one whose pages are scattered costs a small piece each.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        """Begin with nothing.

        Args:
            read: Fetches the bytes from a position to another.
            size: Bytes of the file.
        """
        self._read = read
        self._size = size
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next = 0
        self._ahead = 1

    def __len__(self) -> int:
        return len(self._blocks)

    def get(self, start: int, amount: int) -> bytes:
        """Some bytes; fewer at the file's end."""
        stop = min(start + amount, self._size)
        first = start // BLOCK_BYTES
        blocks = [self._block(index) for index in range(first, -(-stop // BLOCK_BYTES))]
        offset = start - first * BLOCK_BYTES
        return b"".join(blocks)[offset : offset + stop - start]

    def _block(self, index: int) -> bytes:
        if index in self._blocks:
            self._blocks.move_to_end(index)
            return self._blocks[index]
        self._ahead = min(2 * self._ahead, MOST_AHEAD) if index == self._next else 1
        start = index * BLOCK_BYTES
        data = self._read(start, min(start + self._ahead * BLOCK_BYTES, self._size))
        for place in range(0, len(data), BLOCK_BYTES):
            self._blocks[index + place // BLOCK_BYTES] = data[place : place + BLOCK_BYTES]
        self._next = index + self._ahead
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return data[:BLOCK_BYTES]


@contextmanager
def connect_in_place(file: SourceFile) -> Iterator[apsw.Connection]:
    """Open a database where it lies, read-only.

    Raises:
        UnreachableSourceError: Its store does not answer, or gives no pieces of a file.
    """
    with open_stored(file, ahead=False) as stored:
        cache = BlockCache(lambda start, stop: _piece(file, stored, start, stop), file.bytes)
        name = f"locsens-{uuid.uuid4().hex}"
        vfs = _StoreVfs(name, _StoredDatabase(cache, file.bytes))
        try:
            with closing(apsw.Connection(file.key, flags=apsw.SQLITE_OPEN_READONLY, vfs=name)) as connection:
                yield connection
        finally:
            vfs.unregister()


def _piece(file: SourceFile, stored: BinaryIO, start: int, stop: int) -> bytes:
    parts: list[bytes] = []
    try:
        stored.seek(start)
        while start < stop and (part := stored.read(stop - start)):
            parts.append(part)
            start += len(part)
    except store_errors() as error:
        raise unreachable(file, error) from error
    except ValueError as error:  # what fsspec raises where a server sends whole files only
        raise UnreachableSourceError(
            f"source file {file.url} cannot be read in place: its server gives no pieces of a file; without a limit of "
            "rows it is copied first"
        ) from error
    if start < stop:
        raise UnreachableSourceError(
            f"source file {file.url}: expected {file.bytes:,} bytes, its store gives none beyond byte {start:,}"
        )
    return b"".join(parts)


class _StoredDatabase:
    """The file that SQLite sees; the names of the methods are SQLite's."""

    def __init__(self, cache: BlockCache, size: int) -> None:
        self._cache = cache
        self._size = size

    def xRead(self, amount: int, offset: int) -> bytes:
        return self._cache.get(offset, amount)

    def xFileSize(self) -> int:
        return self._size

    def xDeviceCharacteristics(self) -> int:
        return int(apsw.SQLITE_IOCAP_IMMUTABLE)  # no lock and no journal is looked for

    def xSectorSize(self) -> int:
        return 4096

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: ARG002 - none is known
        return False

    def xClose(self) -> None:
        """Nothing: whoever opened the store's file closes it."""


class _StoreVfs(apsw.VFS):
    """A file system of SQLite's with one file in it."""

    def __init__(self, name: str, file: _StoredDatabase) -> None:
        super().__init__(name, "")
        self._file = file

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> Any:  # noqa: ARG002 - there is one
        if not flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            raise apsw.CantOpenError("nothing is written beside a source file")
        return self._file

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: ARG002 - no journal lies beside it
        return False

    def xFullPathname(self, name: str) -> str:
        return name
