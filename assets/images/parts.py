"""Parts of a shard's images as they lie in the storage: pairs of files, and which photos they settle.

A part is `images/…/part-<n>.parquet` and `image_status/…/part-<n>.parquet`, written in this order. Both carry
the same token in their file metadata; a part is finished when both are there and their tokens agree. A pair
that does not agree (killed between the two) still settles the photos whose two rows agree. Fetching lives in
`assets.images.collect`.
"""

import hashlib
import io
import json
import logging
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from assets.base.files import StoredFile
from assets.base.storage import Storage, StorageError
from assets.base.tables import TABLES
from assets.images.outcome import OK, Decoded, Sizes

_KEY = b"locsens"
_NAME = re.compile(r"part-(\d+)\.parquet$")

# pictures do not shrink twice
_COMPRESSION = {"photo_id": "zstd", "jpeg": "none", "width": "zstd", "height": "zstd", "sha256": "zstd"}


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A row of `image_status`; `location` is None where there is an image."""

    photo_id: int
    status: str
    attempts: int
    error: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class Photo:
    """What became of one photo: its status, and its image if it has one."""

    row: StatusRow
    image: Decoded | None


@dataclass(frozen=True)
class Part:
    """What a part settles.

    Attributes:
        number: Its number.
        rows: Settled photos, in the order of the file.
        agrees: Whether the pair is whole and as written.
        files: The pair of published files (images, statuses), if it agrees.
        stand_ins: Photos whose stored image is a picture that stands for a missing photo.
    """

    number: int
    rows: list[StatusRow]
    agrees: bool
    files: tuple[StoredFile, StoredFile] | None = None
    stand_ins: frozenset[int] = frozenset()


@dataclass
class Parts:
    """The parts of one shard in a storage.

    Attributes:
        storage: The storage.
        images: Folder of `images` for the shard.
        statuses: Folder of `image_status` for the shard.
        sizes: What stored images are made by; images made otherwise count as not there.
    """

    storage: Storage
    images: str
    statuses: str
    sizes: Sizes
    log: logging.Logger = field(default_factory=lambda: logging.getLogger(__name__))

    @staticmethod
    def _number(path: str) -> int | None:
        match = _NAME.search(path)
        return int(match[1]) if match else None

    def _paths(self, number: int) -> tuple[str, str]:
        return f"{self.images}/part-{number}.parquet", f"{self.statuses}/part-{number}.parquet"

    def load(self, unavailable: Collection[str] = ()) -> list[Part]:
        """What is there, by number: the only unrecorded files that this stage trusts are its own.

        Args:
            unavailable: SHA-256 of pictures that stand for a missing photo.
        """
        images, statuses = (
            {number for path in self.storage.list(folder) if (number := self._number(path)) is not None}
            for folder in (self.images, self.statuses)
        )
        return [
            self._load(number, unavailable)
            if number in images and number in statuses
            else Part(number, [], agrees=False)
            for number in sorted(images | statuses)
        ]

    def _load(self, number: int, unavailable: Collection[str]) -> Part:
        images_path, statuses_path = self._paths(number)
        try:
            data = self.storage.read_bytes(statuses_path)
            with pq.ParquetFile(io.BytesIO(data)) as file:
                token = _token(file.schema_arrow)
                rows = [StatusRow(**row) for row in file.read().to_pylist()]
            with self.storage.open(images_path) as source, pq.ParquetFile(source) as file:
                image_token = _token(file.schema_arrow)
                same_sizes = image_token.get("sizes") == _sizes_text(self.sizes)
                whole = same_sizes and bool(token) and image_token.get("content") == token.get("content")
                ids = set() if whole or not same_sizes else set(file.read(["photo_id"])["photo_id"].to_pylist())
                stand_ins = _photos_with(file, unavailable) if unavailable and same_sizes else frozenset()
        except StorageError:  # a store that does not answer is no reason to fetch pictures again
            raise
        except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, TypeError) as error:
            self.log.warning("part %d of %s cannot be read and is fetched anew: %s", number, self.images, error)
            return Part(number, [], agrees=False)
        if not whole:
            there = [row for row in rows if row.status != OK or row.photo_id in ids]
            return Part(number, there, agrees=False, stand_ins=stand_ins)
        pair = (
            StoredFile(images_path, token["bytes"], token["sha256"], token["rows"]),
            StoredFile(statuses_path, len(data), hashlib.sha256(data).hexdigest(), len(rows)),
        )
        return Part(number, rows, agrees=True, files=pair, stand_ins=stand_ins)

    def images_of(self, number: int, photo_ids: Iterable[int]) -> dict[int, Decoded]:
        """The stored images of some photos of a part."""
        wanted = set(photo_ids)
        if not wanted:
            return {}
        return {
            row["photo_id"]: Decoded(row["jpeg"], row["width"], row["height"], row["sha256"])
            for row in self.storage.read_table(self._paths(number)[0]).to_pylist()
            if row["photo_id"] in wanted
        }

    def write(self, number: int, photos: Sequence[Photo]) -> tuple[StoredFile, StoredFile]:
        """Publish a part: the images, then the statuses that make it finished."""
        rows = [photo.row for photo in photos]
        pictures = [(photo.row.photo_id, photo.image) for photo in photos if photo.image is not None]
        images = pa.table(
            {
                "photo_id": [photo_id for photo_id, _ in pictures],
                "jpeg": [image.jpeg for _, image in pictures],
                "width": [image.width for _, image in pictures],
                "height": [image.height for _, image in pictures],
                "sha256": [image.sha256 for _, image in pictures],
            }
            if pictures
            else TABLES["images"].empty().to_pydict()
        )
        status = pa.Table.from_pylist(
            [{name: getattr(row, name) for name in StatusRow.__slots__} for row in rows],
            schema=TABLES["image_status"].schema(),
        )
        return _publish_pair(self.storage, self._paths(number), images, status, _sizes_text(self.sizes))

    def remove(self, number: int) -> None:
        """Remove a part that settles nothing: statuses first, so that it is unfinished at every moment."""
        images_path, statuses_path = self._paths(number)
        self.storage.remove(statuses_path)
        self.storage.remove(images_path)


def _photos_with(file: pq.ParquetFile, sha256: Collection[str]) -> frozenset[int]:
    """Photos of a file of images whose original has one of some hashes."""
    rows = file.read(["photo_id", "sha256"]).to_pylist()
    return frozenset(row["photo_id"] for row in rows if row["sha256"] in sha256)


def take_out(
    storage: Storage, images_path: str, statuses_path: str, gone: Callable[[pa.ChunkedArray], npt.NDArray[np.bool_]]
) -> tuple[tuple[StoredFile, StoredFile], pa.Table] | None:
    """Write a part anew without some of its photos, however its images were made; it settles the others as before.

    Args:
        storage: Where the part is.
        images_path: Its file of images.
        statuses_path: Its file of statuses.
        gone: Says of photo ids which of them are to go.

    Returns:
        The pair of files, and the status rows that went; None if none of the photos is in the part.
    """
    images, statuses = (storage.read_table(path) for path in (images_path, statuses_path))
    from_images, from_statuses = gone(images["photo_id"]), gone(statuses["photo_id"])
    if not (from_images.any() or from_statuses.any()):
        return None
    sizes = _token(images.schema).get("sizes", "")
    kept = images.filter(pa.array(~from_images)), statuses.filter(pa.array(~from_statuses))
    pair = _publish_pair(storage, (images_path, statuses_path), *kept, sizes)
    return pair, statuses.filter(pa.array(from_statuses))


def _publish_pair(
    storage: Storage, paths: tuple[str, str], images: pa.Table, statuses: pa.Table, sizes: str
) -> tuple[StoredFile, StoredFile]:
    content = _content(images, statuses)
    stored = _publish(storage, paths[0], "images", images, {"sizes": sizes, "content": content})
    seal = {"content": content, "bytes": stored.bytes, "sha256": stored.sha256, "rows": stored.rows}
    return stored, _publish(storage, paths[1], "image_status", statuses, seal)


def _publish(storage: Storage, path: str, asset: str, table: pa.Table, token: dict[str, Any]) -> StoredFile:
    conformed = TABLES[asset].conform(table).replace_schema_metadata({_KEY: json.dumps(token)})
    with storage.create(path) as sink:
        pq.write_table(
            conformed,
            pa.PythonFile(sink, mode="w"),
            compression=_COMPRESSION if asset == "images" else "zstd",
            use_dictionary=asset != "images",
            write_statistics=["photo_id"],
        )
    assert sink.stored is not None
    return StoredFile(path, sink.stored.bytes, sink.stored.sha256, table.num_rows)


def _token(schema: pa.Schema) -> dict[str, Any]:
    text = (schema.metadata or {}).get(_KEY)
    return dict(json.loads(text)) if text else {}


def _sizes_text(sizes: Sizes) -> str:
    return f"{sizes.short_side} {sizes.jpeg_quality}"


def _content(images: pa.Table, statuses: pa.Table) -> str:
    """Hash of what a part says; the images themselves come in by the hash of their originals."""
    columns = (statuses.select(StatusRow.__slots__), images.select(["photo_id", "sha256", "width", "height"]))
    text = json.dumps([[[*row.values()] for row in table.to_pylist()] for table in columns])
    return hashlib.sha256(text.encode()).hexdigest()
