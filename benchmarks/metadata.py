"""Makes the metadata that ingestion is measured on: real rows of YFCC100M repeated and renumbered, as one bzip2 file.

Repeated are the texts; photo id, secrets, both addresses and the download hash are new in every row. Where the real
rows are not on the machine, rows of the sample world take their place.
"""

import bz2
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.sources import Source, SourceFile, find_source_files
from assets.ingestion.world.plan import draw_plan
from assets.ingestion.world.write import download_hash
from assets.ingestion.yfcc100m import LAYOUTS
from benchmarks.report import say

REAL_ROWS = Path(__file__).parents[1] / "../shared/data/yfcc100m"
LOCATED = 0.48
"""Share of rows with coordinates: 48 of YFCC100M's 100 million."""

_NAMES = LAYOUTS[25]
_AT = {name: place for place, name in enumerate(_NAMES)}
_VERSION = 2
"""Raised when other rows are made: files made before are not used again."""

Row = list[str]


@dataclass(frozen=True)
class Metadata:
    """A file of metadata rows.

    Attributes:
        path: The bzip2 file.
        rows: Rows in it.
        text_bytes: Bytes of text in it.
        what: Whose rows they are, in words.
    """

    path: Path
    rows: int
    text_bytes: int
    what: str

    @property
    def stored_bytes(self) -> int:
        """Bytes of the bzip2 file."""
        return self.path.stat().st_size

    def source_file(self) -> SourceFile:
        """The file as ingestion knows it."""
        (file,) = find_source_files(Source(str(self.path)))
        return file


def make_metadata(folder: Path, rows: int) -> Metadata:
    """The file of so many rows in a folder, made if it is not there yet.

    Args:
        folder: Where it lies.
        rows: Rows to make.
    """
    what, located, unlocated = _originals()
    path = folder / f"{'real' if what.startswith('real') else 'sample'}-{_VERSION}-{rows}.tsv.bz2"
    size = path.with_suffix(".size")
    if not size.is_file():
        say(f"making {rows:,} rows of metadata from {what}, once")
        size.write_text(str(_write(path, _rows(located, unlocated, rows))))
    return Metadata(path, rows, int(size.read_text()), what)


def _write(path: Path, lines: Iterator[bytes]) -> int:
    text_bytes = 0
    compressor = bz2.BZ2Compressor()
    with path.open("wb") as target:
        for line in lines:
            text_bytes += len(line)
            target.write(compressor.compress(line))
        target.write(compressor.flush())
    return text_bytes


def _originals() -> tuple[str, Sequence[Row], Sequence[Row]]:
    """What the rows are, those with coordinates, and those without."""
    if REAL_ROWS.is_dir():
        rows = [row for path in sorted(REAL_ROWS.glob("*.tsv")) for row in _of_25_columns(path.read_text().split("\n"))]
        what = f"real rows of YFCC100M ({len(rows)} of them, {LOCATED:.0%} with coordinates)"
    else:
        plan = draw_plan(WorldConfig.tiny(), Path("/world/images"))
        rows = _of_25_columns(line.strip("\n") for lines in plan.files.values() for line in lines)
        what = f"rows of the sample world ({len(rows)} of them, {LOCATED:.0%} with coordinates)"
    has_place = [row[_AT["longitude"]] not in ("", "-1.0") for row in rows]
    return (
        what,
        [row for row, has in zip(rows, has_place, strict=True) if has],
        [row for row, has in zip(rows, has_place, strict=True) if not has],
    )


def _of_25_columns(lines: Iterator[str] | list[str]) -> list[Row]:
    """Rows of either layout in that of 25 columns; what is no row is left out."""
    rows = []
    for line in lines:
        fields = line.split("\t")
        if len(fields) == 23:
            fields = ["", fields[0], "", *fields[1:]]
        if len(fields) == 25 and fields[_AT["photo_id"]].isdigit():
            rows.append(fields)
    return rows


def _rows(located: Sequence[Row], unlocated: Sequence[Row], rows: int) -> Iterator[bytes]:
    draw = random.Random(5)
    for number in range(rows):
        row = list(draw.choice(located if draw.random() < LOCATED else unlocated))
        photo_id, secret = str(2_000_000_000 + 7 * number), f"{draw.getrandbits(40):010x}"
        for name in ("page_url", "download_url"):
            place = _AT[name]
            new = row[place].replace(row[_AT["photo_id"]], photo_id)
            row[place] = new.replace(row[_AT["secret"]], secret) if row[_AT["secret"]] else new
        row[_AT["line"]], row[_AT["photo_id"]], row[_AT["secret"]] = str(number), photo_id, secret
        row[_AT["secret_original"]] = f"{draw.getrandbits(40):010x}"
        row[_AT["hash"]] = download_hash(row[_AT["download_url"]])
        yield ("\t".join(row) + "\n").encode()
