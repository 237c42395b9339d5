"""Copies of remote databases in the work folder: made once, gone on with after a kill, checked, away when read.

A database is read page by page, so that reading all of it over a network would ask for each of its pages; a copy asks
for large pieces, some at once.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import fsspec
from rich.filesize import decimal
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from assets.base.progress import shown
from assets.base.stores import store_errors
from assets.base.urls import without_secrets
from assets.base.workspace import Workspace
from assets.ingestion.errors import DamagedSourceError, SourceError, UnreachableSourceError
from assets.ingestion.sources import SourceFile, refuse_change

PIECE_BYTES = 8 << 20
AT_ONCE = 4
TRIES = 5
FIRST_WAIT = 1.0  # seconds before a piece is asked for again
LONGEST_WAIT = 30.0

T = TypeVar("T")


def copy_folder(workspace: Workspace, key: str) -> Path:
    """Folder in the work folder for a storage's copy of a source file."""
    storage = hashlib.sha256(workspace.storage.shown.encode()).hexdigest()[:8]
    return workspace.scratch / "copies" / f"{key}-{storage}"


def copy_file(file: SourceFile, folder: Path, log: logging.Logger) -> Path:
    """Copy a file of any store to the local disk, unless it is there.

    Args:
        file: The file.
        folder: A folder for this copy alone, used by one process at a time; what it holds of another version of the
            file is removed.
        log: Where to tell how far it is.

    Returns:
        Path of the copy: of the file's size, and the file did not change while it was copied.

    Raises:
        SourceError: The disk is too full.
        UnreachableSourceError: The store does not answer; the next call goes on where this one stopped.
        DamagedSourceError: The file changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole, part = folder / "whole", folder / "part"
    _forget_other_versions(file, folder)
    if not whole.exists():
        _refuse_full_disk(file, part)
        with part.open("ab") as target, shown(f"copying {file.url}", log, "bytes") as report:
            for piece in _pieces(file, target, log):
                target.write(piece)
                target.flush()
                os.fsync(target.fileno())
                report(target.tell(), file.bytes, "")
        try:
            refuse_change(file)
        except DamagedSourceError:
            part.unlink()  # a mixture, which the file's first version, if it came back, would be taken for
            raise
        part.replace(whole)
    return whole


def _forget_other_versions(file: SourceFile, folder: Path) -> None:
    version = json.dumps({"url": file.url, "bytes": file.bytes, "etag": file.etag})
    note = folder / "version.json"
    if not note.exists() or note.read_text() != version:
        for name in ("whole", "part"):
            (folder / name).unlink(missing_ok=True)
        note.write_text(version)


def _refuse_full_disk(file: SourceFile, part: Path) -> None:
    missing = file.bytes - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(part.parent).free
    if missing > free:
        raise SourceError(
            f"source file {file.url}: its copy needs {decimal(missing)} in {part.parent}, where {decimal(free)} are "
            "free: set LOCSENS_WORK to a folder with more room, or look at its first rows alone with --limit-rows"
        )


def _pieces(file: SourceFile, target: Any, log: logging.Logger) -> Iterator[bytes]:
    """What is missing of a file, in order.

    Args:
        file: The file.
        target: What there is of it, opened for appending; emptied if the file can only be had from its beginning.
        log: Where to tell that.
    """
    filesystem, path = fsspec.core.url_to_fs(file.location)
    try:
        if _patiently(lambda: _gives_pieces(filesystem, path)):
            while (start := target.tell()) < file.bytes:
                yield from _next_pieces(filesystem, path, start, file.bytes)
            return
        log.warning("%s: its server gives no pieces of a file; after a kill it is copied from its beginning", file.url)
        target.seek(0)
        target.truncate()
        with filesystem.open(path, "rb", block_size=0) as stream:
            while piece := stream.read(PIECE_BYTES):
                yield piece
        if target.tell() != file.bytes:
            raise ConnectionError(f"expected {file.bytes} bytes, the server sent {target.tell()}")
    except store_errors() as error:
        raise UnreachableSourceError(
            f"source file {file.url}: its copy stopped at byte {target.tell():,} of {file.bytes:,}, where the next run "
            f"goes on ({type(error).__name__}: {without_secrets(error)})"
        ) from error


def _gives_pieces(filesystem: Any, path: str) -> bool:
    """Whether a store gives a file's second byte alone, as some web servers do not."""
    with filesystem.open(path, "rb", cache_type="none") as opened:
        try:
            opened.seek(1)
            return len(opened.read(1)) == 1
        except ValueError:  # what fsspec raises then
            return False


def _next_pieces(filesystem: Any, path: str, start: int, size: int) -> list[bytes]:
    starts = range(start, min(start + AT_ONCE * PIECE_BYTES, size), PIECE_BYTES)
    stops = [min(one + PIECE_BYTES, size) for one in starts]

    def fetch() -> list[bytes]:
        pieces: list[bytes] = filesystem.cat_ranges([path] * len(starts), list(starts), stops, on_error="raise")
        for piece, begin, stop in zip(pieces, starts, stops, strict=True):
            if len(piece) != stop - begin:
                raise ConnectionError(f"expected {stop - begin} bytes at byte {begin}, the store gave {len(piece)}")
        return pieces

    return _patiently(fetch)


def _patiently(ask: Callable[[], T]) -> T:
    """Ask a store again after what may pass."""
    again = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(multiplier=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT),
        reraise=True,
    )
    return again(ask)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, store_errors()) and not isinstance(error, FileNotFoundError | PermissionError)
