"""Stores behind fsspec URLs: how they are opened, and what they raise when they do not answer.

Patience is left to each store's own client: botocore tries five times, with growing pauses, what a server or a
connection fails (`AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE` say otherwise), and s3fs some of it again.
"""

import importlib
import importlib.util
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, cast

import aiohttp
import fsspec

from assets.base.urls import public_url, without_secrets

_S3 = ("s3://", "s3a://")


class UnknownStoreError(ValueError):
    """No such kind of store, or its package is not installed."""


def open_store(url: str) -> tuple[Any, str]:
    """The file system behind a URL, and the path within it.

    Raises:
        UnknownStoreError: No such kind of store, or its package is not installed; the sentence names neither secret.
    """
    try:
        return cast("tuple[Any, str]", fsspec.core.url_to_fs(url))
    except (ValueError, ImportError) as error:
        extra = " (pip install 'locsens[s3]')" if url.lower().startswith(_S3) else ""
        raise UnknownStoreError(
            f"expected a folder or an fsspec URL whose package is installed, found {public_url(url)!r}: "
            f"{without_secrets(error)}{extra}"
        ) from error


def protocols_of(filesystem: Any) -> set[str]:
    """Names that a file system goes by, such as `s3` and `s3a`."""
    protocol = filesystem.protocol
    return {protocol} if isinstance(protocol, str) else set(protocol)


def store_errors() -> tuple[type[Exception], ...]:
    """What stores raise when they do not answer: the system's errors, http's and, where installed, S3's."""
    kinds: tuple[type[Exception], ...] = (OSError, aiohttp.ClientError)
    if importlib.util.find_spec("botocore") is None:
        return kinds
    s3 = importlib.import_module("botocore.exceptions")
    return (*kinds, s3.BotoCoreError, s3.ClientError)


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
