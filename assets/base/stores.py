"""Stores behind fsspec URLs: how they are opened, and what they raise when they do not answer.

Patience is left to each store's own client: botocore tries five times, with growing pauses, what a server or a
connection fails (`AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE` say otherwise), and s3fs some of it again.
"""

import importlib
import importlib.util
from typing import Any, cast

import aiohttp
import fsspec

from assets.base.urls import without_secrets

_S3 = ("s3://", "s3a://")


class UnknownStoreError(ValueError):
    """No such kind of store, its package is not installed, or it does not answer where it is opened."""


def open_store(url: str) -> tuple[Any, str]:
    """The file system behind a URL, and the path within it.

    Raises:
        UnknownStoreError: No such kind of store, its package is not installed, or (ftp and the like connect at once)
            it does not answer; naming it is left to the caller.
    """
    try:
        return cast("tuple[Any, str]", fsspec.core.url_to_fs(url))
    except (ValueError, ImportError) as error:
        extra = " (pip install 'locsens[s3]')" if url.lower().startswith(_S3) else ""
        raise UnknownStoreError(
            f"expected a folder or an fsspec URL whose package is installed: {without_secrets(error)}{extra}"
        ) from error
    except store_errors() as error:
        raise UnknownStoreError(f"it does not answer: {without_secrets(error)}") from error


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
