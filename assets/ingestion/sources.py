"""Which files a source names: from the setting's text to a sorted list of `SourceFile`.

What is in the files is found out in `assets.ingestion.recognise`; reading them is in `assets.ingestion.read`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from assets.base.stores import protocols_of, store_errors
from assets.base.urls import public_url, without_secrets
from assets.ingestion.errors import DamagedSourceError, EmptySourceError, SourceError, UnreachableSourceError

SourceKind = Literal["yfcc100m", "manifest"]
SAMPLE = "sample"

_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
_SLUG_LENGTH = 40


@dataclass(frozen=True)
class Source:
    """What the setting `source` says.

    Attributes:
        place: Path, glob or URL; may hold credentials, so it is never shown.
        kind: What the files are said to be; None leaves it to their content.
    """

    place: str = field(repr=False)
    kind: SourceKind | None = None

    @property
    def is_sample(self) -> bool:
        """Whether the generated sample world is meant, which the caller has to build and name."""
        return self.place == SAMPLE and self.kind is None


@dataclass(frozen=True)
class SourceFile:
    """One file of metadata.

    Attributes:
        key: Partition key, `[a-z0-9-]+`: a slug of the name and 8 hex digits of the URL's hash.
        url: Where it is, without credentials: fit to be shown and stored.
        bytes: Size as stored.
        etag: Fingerprint of the content: the store's etag, or size and time of change.
        location: Where it is, as fsspec opens it; may hold credentials, so it is never shown.
    """

    key: str
    url: str
    bytes: int
    etag: str
    location: str = field(repr=False)


def parse_source(text: str) -> Source:
    """Split `yfcc100m:…`, `manifest:…` or a bare path, glob or URL.

    Raises:
        SourceError: Nothing is named.
    """
    text = text.strip()
    for kind in _KINDS:
        prefix = f"{kind}:"
        if text.startswith(prefix):
            place, said = text.removeprefix(prefix).strip(), kind
            break
    else:
        place, said = text, None
    if not place:
        raise SourceError(f"source is {text!r}: expected 'sample', or a path, glob or URL of metadata files")
    return Source(place, said)


def find_source_files(source: Source) -> list[SourceFile]:
    """Look up the files of a source, sorted by URL.

    Args:
        source: A path, glob or URL on any fsspec store; the sample world is built first and named by its
            files.

    Raises:
        UnreachableSourceError: The store or the file is not there.
        EmptySourceError: Nothing matches, or a file has no bytes.
        SourceError: A directory where files are expected, a store that is not known, two files of one key.
    """
    shown = absolute_url(source.place)
    try:
        filesystem, path = fsspec.core.url_to_fs(source.place)
        found = _matches(filesystem, path, shown)
        files = sorted((_source_file(filesystem, info) for info in found), key=lambda file: file.url)
    except SourceError:
        raise
    except FileNotFoundError as error:
        if error.__cause__ is None:
            raise UnreachableSourceError(f"source {shown}: there is no such file") from error
        # Over http any failure to look the file up arrives as this.
        raise _unreachable(shown, error.__cause__) from error
    except (ValueError, ImportError) as error:
        raise SourceError(f"source {shown}: this kind of store cannot be opened ({without_secrets(error)})") from error
    except store_errors() as error:
        raise _unreachable(shown, error) from error
    _refuse_same_keys(files)
    return files


def absolute_url(url: str) -> str:
    """The public URL of a file; a local path becomes an absolute `file://` URL."""
    links = (link if "://" in link else LocalFileSystem().unstrip_protocol(link) for link in url.split("::"))
    return public_url("::".join(links))


def local_path(file: SourceFile) -> str | None:
    """Path of a file on a local disk, None for one on any other store."""
    filesystem, path = fsspec.core.url_to_fs(file.location)
    return str(path) if isinstance(filesystem, LocalFileSystem) else None


def refuse_change(file: SourceFile) -> None:
    """Look a file up once more, whatever the store remembers of it.

    Raises:
        DamagedSourceError: It is not the file any more that it was.
        UnreachableSourceError: It is not there any more, or the store does not answer.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(file.location)
        filesystem.invalidate_cache()
        now = _source_file(filesystem, filesystem.info(path))
    except store_errors() as error:
        raise _unreachable(file.url, error) from error
    if (now.bytes, now.etag) != (file.bytes, file.etag):
        raise DamagedSourceError(
            f"source file {file.url} changed while it was read, from {file.bytes:,} bytes (etag {file.etag}) to "
            f"{now.bytes:,} bytes (etag {now.etag}); nothing of it is kept"
        )


def _unreachable(shown: str, error: BaseException) -> UnreachableSourceError:
    return UnreachableSourceError(
        f"source {shown} cannot be reached ({type(error).__name__}: {without_secrets(error)})"
    )


def _matches(filesystem: Any, path: str, shown: str) -> list[dict[str, Any]]:
    if not _has_wildcard(filesystem, path):
        info = filesystem.info(path)
        if info["type"] == "directory":
            raise SourceError(
                f"source {shown} is a folder, expected a file of metadata: say which of its files with a "
                f"pattern, such as {shown.rstrip('/')}/*.bz2"
            )
        return [info]
    found = filesystem.glob(path, detail=True)
    files = [info for info in found.values() if info["type"] == "file"]
    if not files:
        what = f"only {len(found)} folders, no file" if found else "nothing"
        raise EmptySourceError(f"source {shown}: the pattern matches {what}")
    return files


def _has_wildcard(filesystem: Any, path: str) -> bool:
    # A question mark begins a web address's query; a name with brackets is taken as it stands if it exists.
    if "http" in protocols_of(filesystem):
        return "*" in path
    return any(sign in path for sign in "*?[") and not filesystem.exists(path)


def _source_file(filesystem: Any, info: dict[str, Any]) -> SourceFile:
    location = cast("str", filesystem.unstrip_protocol(info["name"]))
    url = absolute_url(location)
    size = info.get("size")
    if size is None:
        raise SourceError(f"source file {url}: the store does not say how large it is")
    if size == 0:
        raise EmptySourceError(f"source file {url} is empty: expected rows of metadata, found 0 bytes")
    return SourceFile(source_file_key(url), url, int(size), _etag(info), location)


def source_file_key(url: str) -> str:
    """Partition key of a file: a slug of its name and 8 hex digits of the hash of its public URL."""
    name = PurePosixPath(urlsplit(url).path if url.startswith("http") else url).name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG_LENGTH].strip("-") or "file"
    return f"{slug}-{hashlib.sha256(url.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _etag(info: dict[str, Any]) -> str:
    for name in ("ETag", "etag", "md5", "content_hash"):
        if info.get(name):
            return str(info[name]).strip('"')
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        if info.get(name) is not None:
            return f"{info['size']}-{info[name]}"
    return str(info["size"])


def _refuse_same_keys(files: Iterable[SourceFile]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        if file.key in seen:
            raise SourceError(
                f"source files {seen[file.key]} and {file.url} would share the key {file.key}: rename one"
            )
        seen[file.key] = file.url
