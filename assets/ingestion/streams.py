"""From a stored file to a stream of plain bytes: compression recognised, decompressed block by block.

bzip2 is decompressed in parallel. Nothing is ever held whole in memory, and a file that is cut off or damaged
is an error, never an early end.
"""

from collections.abc import Generator
from contextlib import ExitStack
from typing import Any, BinaryIO, Literal, cast

import fsspec
import pyarrow as pa
import rapidgzip

from assets.base.stores import store_errors
from assets.base.urls import without_secrets
from assets.ingestion.errors import DamagedSourceError, SourceError, UnreachableSourceError
from assets.ingestion.sources import SourceFile

Compression = Literal["plain", "gzip", "bzip2", "zstd"]

BLOCK_BYTES = 16 << 20

_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_BZIP2_THREADS = 0
"""As many as there are cores."""


def open_stored(file: SourceFile, *, ahead: bool = True) -> BinaryIO:
    """Open a file as it is stored.

    Args:
        file: The file.
        ahead: Whether more may be fetched than is asked for, as is good for a file that is read to its end.

    Raises:
        UnreachableSourceError: It is not there any more, or the store does not answer.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(file.location)
        return cast("BinaryIO", filesystem.open(path, "rb", **({} if ahead else {"cache_type": "none"})))
    except store_errors() as error:
        raise unreachable(file, error) from error


def first_bytes(file: SourceFile) -> bytes:
    """What a file begins with as it is stored, 16 bytes if it has them.

    Raises:
        UnreachableSourceError: It is not there any more, or the store does not answer.
    """
    with open_stored(file, ahead=False) as stored:
        try:
            return stored.read(16)
        except store_errors() as error:
            raise unreachable(file, error) from error


def compression_of(beginning: bytes) -> Compression:
    """Recognise the compression by a file's first bytes."""
    for magic, compression in _MAGIC:
        if beginning.startswith(magic):
            return compression
    return "plain"


def read_blocks(
    file: SourceFile, compression: Compression, block_bytes: int = BLOCK_BYTES
) -> Generator[bytes, None, None]:
    """Yield a file's decompressed bytes in blocks of one size, the last one shorter.

    Args:
        file: The file.
        compression: As `compression_of` found it.
        block_bytes: Size of a block in bytes; blocks do not depend on how the reader happens to return them.

    Raises:
        DamagedSourceError: The file is cut off, or its compressed data are damaged.
        UnreachableSourceError: The store stopped answering.
    """
    done = 0
    stream: Any = None
    with ExitStack() as opened:
        try:
            stream = _decompressed(file, compression, opened)
            while block := _full_read(stream, block_bytes):
                yield block
                done += len(block)
            if compression == "bzip2" and done:
                _refuse_rest(file, stream, done)
        except SourceError:
            raise
        except (RuntimeError, ValueError, EOFError) as error:
            raise _damaged(file, compression, _reached(stream, compression, done), error) from error
        except store_errors() as error:
            # pyarrow reports broken gzip and zstd data as a bare OSError without a number.
            if compression != "plain" and type(error) is OSError and error.errno is None:
                raise _damaged(file, compression, _reached(stream, compression, done), error) from error
            raise unreachable(file, error) from error


def _decompressed(file: SourceFile, compression: Compression, opened: ExitStack) -> Any:
    filesystem, path = fsspec.core.url_to_fs(file.location)
    stored = opened.enter_context(filesystem.open(path, "rb"))
    if compression == "plain":
        return stored
    if compression == "bzip2":
        return opened.enter_context(rapidgzip.IndexedBzip2File(stored, parallelization=_BZIP2_THREADS))
    # rapidgzip's own gzip reader ends early without a word on some cut-off files; this one never did.
    source = pa.PythonFile(stored, mode="r")
    return opened.enter_context(pa.CompressedInputStream(source, compression))


def _full_read(stream: Any, size: int) -> bytes:
    parts: list[bytes] = []
    missing = size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _refuse_rest(file: SourceFile, stream: Any, done: int) -> None:
    # A second bzip2 stream whose header is damaged or cut is skipped silently, as rubbish after the end.
    end = stream.tell_compressed() // 8
    if end < file.bytes:
        raise DamagedSourceError(
            f"source file {file.url} is damaged or cut off: its bzip2 data end at byte {end:,} of "
            f"{file.bytes:,} (after {done:,} bytes of text), and what follows is no bzip2"
        )


def _reached(stream: Any, compression: Compression, done: int) -> str:
    """How far a stream could be decompressed before it broke, in words."""
    if compression == "bzip2" and stream is not None:
        # Blocks are decoded whole, so both are borders of blocks: the last one that is good, or the first that is not.
        done, block = int(stream.tell()), stream.tell_compressed() // 8
        return f"byte {done:,} of the text: it breaks in or after the block that begins at byte {block:,}"
    return f"byte {done:,} of the text"


def _damaged(file: SourceFile, compression: Compression, reached: str, error: Exception) -> DamagedSourceError:
    return DamagedSourceError(
        f"source file {file.url} is cut off or damaged: its {compression} data ({file.bytes:,} bytes) cannot "
        f"be decompressed beyond {reached} ({without_secrets(error)}); nothing of it is kept"
    )


def unreachable(file: SourceFile, error: Exception) -> UnreachableSourceError:
    """The error of a store that does not answer."""
    return UnreachableSourceError(
        f"source file {file.url} cannot be read ({type(error).__name__}: {without_secrets(error)})"
    )
