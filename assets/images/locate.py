"""Where a photo's pixels are: from `LOCSENS_IMAGES` and the photo's row to one location. Nothing is opened.

`LOCSENS_IMAGES` is one of
- empty: each row's download URL (http, https, file, an absolute path, or the store that the source is in);
- a template such as `s3://bucket/data/images/{hash[0:3]}/{hash[3:6]}/{hash}.jpg`, over http or fsspec, with
  the fields `hash` and `photo_id`, each optionally with a slice;
- a root without fields, folder or URL: YFCC100M's bucket layout by hash below it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import fsspec

from assets.base.urls import public_url
from assets.images.outcome import Failure

BUCKET_LAYOUT = "{hash[0:3]}/{hash[3:6]}/{hash}.jpg"
FIELDS = ("hash", "photo_id")

_FIELD = re.compile(r"\{(?P<name>\w+)(?:\[(?P<start>\d{0,3}):(?P<stop>\d{0,3})\])?\}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_WEB = {"http", "https"}
_LOCAL = {"", "file", "local"}

_SHOWN = 200  # characters of a URL in a sentence

Kind = Literal["web", "file", "store"]


class ImageSettingError(ValueError):
    """`LOCSENS_IMAGES` cannot be understood."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where the bytes of an image are.

    Attributes:
        kind: `web` (http, https), `file` (a local file) or `store` (any other fsspec URL).
        target: URL, or absolute path for `file`.
    """

    kind: Kind
    target: str

    @property
    def shown(self) -> str:
        """The target without credentials and query, fit for tables and logs."""
        return self.target if self.kind == "file" else public_url(self.target)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    start: int | None
    stop: int | None


class Template:
    """A parsed template: literal text and fields, filled by nothing but what `FIELDS` names."""

    def __init__(self, text: str) -> None:
        """Parse a template.

        Raises:
            ImageSettingError: A brace is unpaired, or a field unknown.
        """
        self.pieces: list[str | _Field] = []
        position = 0
        for match in _FIELD.finditer(text):
            self._literal(text, text[position : match.start()])
            if match["name"] not in FIELDS:
                raise ImageSettingError(
                    f"LOCSENS_IMAGES: expected the fields {', '.join(FIELDS)}, found {{{match['name']}}}"
                )
            start, stop = (int(match[end]) if match[end] else None for end in ("start", "stop"))
            self.pieces.append(_Field(match["name"], start, stop))
            position = match.end()
        self._literal(text, text[position:])

    def _literal(self, text: str, literal: str) -> None:
        if "{" in literal or "}" in literal:
            raise ImageSettingError(
                f"LOCSENS_IMAGES: expected fields such as {{hash}} or {{hash[0:3]}}, found {public_url(text)!r}"
            )
        if literal:
            self.pieces.append(literal)

    @property
    def fields(self) -> set[str]:
        """Names of the fields used."""
        return {piece.name for piece in self.pieces if isinstance(piece, _Field)}

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one photo."""
        return "".join(
            piece if isinstance(piece, str) else values[piece.name][piece.start : piece.stop] for piece in self.pieces
        )


class Locator:
    """Finds a photo's location by one setting of `LOCSENS_IMAGES`."""

    def __init__(self, images: str = "", source: str = "") -> None:
        """Read the setting.

        Args:
            images: `LOCSENS_IMAGES`.
            source: `LOCSENS_SOURCE`: a download URL may lead into the store that the metadata came from, and
                into no other; rows that came over the web may not name local files.

        Raises:
            ImageSettingError: It cannot be understood, or names an unknown kind of store.
        """
        self.template: Template | None = None
        place = source.partition(":")[2] if source.startswith(("yfcc100m:", "manifest:")) else source
        self.source_store = _store(place)
        self.source_is_web = urlsplit(place.split("{", maxsplit=1)[0]).scheme.lower() in _WEB
        if not images:
            return
        text = images if "{" in images or "}" in images else f"{images.rstrip('/')}/{BUCKET_LAYOUT}"
        self.kind = _kind_of_setting(images)
        if self.kind == "file":
            text = str(Path(_local_path(text)).absolute())
        self.template = Template(text)

    def missing_root(self) -> str | None:
        """The local folder that the setting names, if it is not there (an unmounted disk), else None."""
        if self.template is None or self.kind != "file":
            return None
        root = Path(str(self.template.pieces[0]).rpartition("/")[0] or "/")
        return None if root.is_dir() else str(root)

    def locate(self, photo_id: int, photo_hash: str | None, download_url: str | None) -> Location | Failure:
        """Where one photo's image is.

        Args:
            photo_id: The photo.
            photo_hash: Its download hash, hexadecimal, if it has one.
            download_url: Where its row says the image is, if it does.

        Returns:
            The location, or a `missing` failure that says what is wrong with the row.
        """
        if self.template is None:
            return self._by_url(download_url)
        if "hash" in self.template.fields and not (photo_hash and _HASH.fullmatch(photo_hash)):
            found = "none" if not photo_hash else repr(photo_hash[:80])
            return Failure("missing", f"expected a hexadecimal download hash for LOCSENS_IMAGES, found {found}")
        filled = self.template.fill({"hash": photo_hash or "", "photo_id": str(photo_id)})
        return Location(self.kind, filled)

    def _by_url(self, url: str | None) -> Location | Failure:
        if not url:
            return Failure("missing", "expected a download URL, found none")
        shown = public_url(url)[:_SHOWN]
        try:
            parts = urlsplit(url)
        except ValueError:  # its message may quote a password
            return Failure("missing", f"expected a download URL, found {shown!r}")
        scheme = parts.scheme.lower()
        if scheme in _WEB and parts.netloc:
            return Location("web", url)
        if scheme in _LOCAL and parts.netloc in {"", "localhost"}:
            if self.source_is_web:
                return Failure("missing", f"expected http or https from a source on the web, found {shown!r}")
            path = _local_path(url)
            if Path(path).is_absolute() and "\0" not in path:
                return Location("file", path)
            return Failure("missing", f"expected a URL or an absolute path, found {shown!r}")
        if self.source_store is not None and (scheme, parts.netloc) == self.source_store:
            return Location("store", url)
        return Failure("missing", f"expected http, https, file or the source's own store, found {shown!r}")


def _local_path(url: str) -> str:
    """The path that a file URL or a plain path means; only a URL is percent-encoded."""
    head, mark, tail = url.partition("://")
    if not mark or head.lower() not in _LOCAL:
        return url
    return unquote("/" + tail.partition("/")[2])


def _store(url: str) -> tuple[str, str] | None:
    """Scheme and bucket of an fsspec URL that is neither web nor local."""
    parts = urlsplit(url.split("{", maxsplit=1)[0])
    scheme = parts.scheme.lower()
    return None if scheme in _WEB or scheme in _LOCAL else (scheme, parts.netloc)


def _kind_of_setting(images: str) -> Kind:
    scheme = images.partition("://")[0].lower() if "://" in images else ""
    if scheme in _WEB:
        return "web"
    if scheme in _LOCAL:
        return "file"
    try:
        fsspec.get_filesystem_class(scheme)
    except (ValueError, ImportError) as error:
        raise ImageSettingError(
            f"LOCSENS_IMAGES: expected http, https, a folder or an fsspec URL with its package installed, "
            f"found {public_url(images)!r}"
        ) from error
    return "store"
