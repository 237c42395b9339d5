"""Rows as YFCC100M writes them: 25 tab-separated columns, URL-encoded text, bzip2, shuffled over files.

The order matters to the ledger: a photo id found twice lies either in one block of 100 lines (so in one
shard of any round size) or in two files.
"""

import bz2
import hashlib
import random
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path
from urllib.parse import quote_plus

from assets.ingestion.world.rows import Row

BLOCK = 100
_CLEAN_HEAD = 20


def download_hash(url: str) -> str:
    """The hash that names the image in YFCC100M: 16 MD5 bytes in hex without leading zeros (paper, data)."""
    return "".join(f"{byte:x}" for byte in hashlib.md5(url.encode(), usedforsecurity=False).digest())


def image_name(row: Row) -> str:
    """Path of the row's image inside the folder of images."""
    return f"{row.server}/{row.photo_id}_{row.secret}.{row.extension}"


def _text(text: str) -> str:
    # Flickr leaves commas, at signs and the like of a list alone; what is inside an item is escaped.
    return quote_plus(text, safe="")


def line(row: Row, number: int, images: Path) -> str:
    """One line of metadata.

    Args:
        row: What it says.
        number: First column.
        images: Folder in which the images will be found by whoever reads it (absolute).
    """
    user = row.album.user
    url = (images / image_name(row)).as_uri()
    taken = row.taken_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.0")
    columns = (
        str(number),
        str(row.photo_id),
        download_hash(url),
        user.nsid,
        _text(user.nickname),
        taken,
        str(row.uploaded_at),
        _text(user.camera),
        _text(row.title),
        _text(row.description),
        ",".join(_text(tag) for tag in row.tags),
        ",".join(_text(tag) for tag in row.machine_tags),
        row.longitude,
        row.latitude,
        str(row.accuracy) if row.has_location else "",
        f"http://www.flickr.com/photos/{user.nsid}/{row.photo_id}/",
        url,
        *row.license,
        str(row.server),
        str(1 + row.server % 9),
        row.secret,
        row.secret_original,
        row.extension,
        "1" if row.is_video else "0",
    )
    return "\t".join(columns) + row.ending


class Layout:
    """Which row goes to which line of which file.

    Args:
        rng: Source of chance.
        count: Number of rows, malformed ones included; a row is meant by its index.
        files: Number of files.
        malformed: Indices of malformed rows, which are kept away from the first lines of a file: by these
        a reader
            recognises the layout.
    """

    def __init__(self, rng: random.Random, count: int, files: int, malformed: Iterable[int]) -> None:
        self._rng = rng
        self._order = list(range(count))
        rng.shuffle(self._order)
        self._at = {index: place for place, index in enumerate(self._order)}
        self._starts = [count * number // files for number in range(files + 1)]
        self._pinned: set[int] = set()
        for index in malformed:
            if self._line(self._at[index]) < _CLEAN_HEAD:
                self._move(index, range(count), lambda place: self._line(place) >= _CLEAN_HEAD)
            self._pinned.add(self._at[index])

    def file_rows(self) -> list[list[int]]:
        """Indices of each file's rows, in order."""
        return [self._order[a:b] for a, b in zip(self._starts, self._starts[1:], strict=False)]

    def same_block(self, first: int, second: int) -> None:
        """Put two rows into one block of one file."""
        self._pinned.add(self._at[first])
        place = self._at[first]
        start = self._starts[self._file(place)]
        low = start + (place - start) // BLOCK * BLOCK
        high = min(low + BLOCK, self._starts[self._file(place) + 1])
        self._move(second, range(low, high), lambda at: self._line(at) >= _CLEAN_HEAD or low > start)
        self._pinned.add(self._at[second])

    def other_file(self, first: int, second: int) -> None:
        """Put two rows into two files."""
        self._pinned.add(self._at[first])
        mine = self._file(self._at[first])
        self._move(second, range(len(self._order)), lambda at: self._file(at) != mine)
        self._pinned.add(self._at[second])

    def _file(self, place: int) -> int:
        return next(n for n, end in enumerate(self._starts[1:]) if place < end)

    def _line(self, place: int) -> int:
        return place - self._starts[self._file(place)]

    def _move(self, index: int, places: range, allowed: Callable[[int], bool]) -> None:
        """Swap a row with an unpinned one at an allowed place."""
        for _ in range(10_000):
            place = self._rng.choice(places)
            if place not in self._pinned and allowed(place):
                break
        else:
            raise RuntimeError(f"no free line among {places} for row {index}")
        was, other = self._at[index], self._order[place]
        self._order[was], self._order[place] = other, index
        self._at[index], self._at[other] = place, was


def file_name(number: int) -> str:
    """Name of the metadata file of that number, from 0."""
    return f"yfcc100m_dataset-{number}.tsv.bz2"


def write_metadata(folder: Path, files: dict[str, list[str]]) -> None:
    """Write each file's lines, compressed with bzip2."""
    folder.mkdir(parents=True)
    for name, lines in files.items():
        (folder / name).write_bytes(bz2.compress("".join(lines).encode()))
