"""Files are what their content says, and a sentence says so when that is not what was expected."""

import bz2
import gzip
from collections.abc import Callable
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.ingestion.errors import DamagedSourceError, EmptySourceError, WrongFormatError
from assets.ingestion.recognise import recognise
from assets.ingestion.sources import SourceFile

Write = Callable[[str, bytes], SourceFile]


def line(columns: int) -> bytes:
    return b"\t".join([b"1"] * columns) + b"\n"


CSV = b"photo_id,tags,latitude,longitude,image\n1,a,2,3,x.jpg\n"


def parquet() -> bytes:
    target = BytesIO()
    pq.write_table(pa.table({"photo_id": [1]}), target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "described"),
    [
        (line(23) * 3, "yfcc100m, 23 columns, plain"),
        (bz2.compress(line(25) * 3), "yfcc100m, 25 columns, bzip2"),
        (gzip.compress(line(25)), "yfcc100m, 25 columns, gzip"),
        (line(24) + line(25) * 2 + line(2), "yfcc100m, 25 columns, plain"),
        (line(25).removesuffix(b"\n"), "yfcc100m, 25 columns, plain"),
        (b"\xef\xbb\xbf" + CSV, "manifest, csv, plain"),
        (gzip.compress(CSV), "manifest, csv, gzip"),
        (CSV.replace(b",", b";"), "manifest, csv, plain"),
        (CSV.replace(b",", b"\t"), "manifest, csv, plain"),
        (b'{"photo_id": 1}\n', "manifest, json lines, plain"),
        (b'\nnot json\n{"photo_id": 1}\n', "manifest, json lines, plain"),
        (parquet(), "manifest, parquet, plain"),
        (b"SQLite format 3\0" + bytes(84), "yfcc100m, sqlite, plain"),
    ],
)
def test_content_decides(source_file: Write, data: bytes, described: str) -> None:
    # The name lies on purpose.
    file = source_file("photos.parquet.gz", data)
    assert recognise(file).describe() == described
    assert recognise(file, recognise(file).kind).describe() == described


@pytest.mark.parametrize(
    ("data", "said", "sentence"),
    [
        (line(24) * 9, "yfcc100m", "expected YFCC100M .*, or an SQLite database; found lines of 24"),
        (line(24) * 9, None, r"expected YFCC100M .*, or a manifest: .*; found lines of 24 columns"),
        (line(24) * 9 + line(25), None, "found lines of 24 columns"),
        (CSV, "yfcc100m", r"found lines without tabs .* \(the beginning is 'photo_id,tags"),
        (line(25), "manifest", "expected a manifest: .* with photo_id, .*found lines of 25"),
        (b"x\t" * 24 + b"x\n", None, "lines of 25 columns of which none has a photo id where it belongs"),
        (b"hello\nworld\n", None, "found lines without tabs and no header"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", None, r"found binary data \(the beginning is '\\\\x89PNG"),
        (b"SQLite format 3\0" + bytes(99), "manifest", "expected a manifest: .*; found an SQLite database"),
        (gzip.compress(b"SQLite format 3\0" + bytes(99)), None, "SQLite database inside gzip: expected the database"),
        (gzip.compress(parquet()), "manifest", "is Parquet inside gzip: expected Parquet as it is"),
        (b"[1, 2]\n", "manifest", "found lines without tabs"),
    ],
)  # fmt: skip
def test_wrong_files_stop_with_a_sentence(source_file: Write, data: bytes, said: str | None, sentence: str) -> None:
    with pytest.raises(WrongFormatError, match=sentence):
        recognise(source_file("a", data), said)


@pytest.mark.parametrize("data", [b"\n\n", b" ", bz2.compress(b""), gzip.compress(b"\n"), b"\xef\xbb\xbf"])
def test_nothing_in_it(source_file: Write, data: bytes) -> None:
    with pytest.raises(EmptySourceError, match="is empty: expected rows of metadata, found none"):
        recognise(source_file("a", data))


def test_not_even_the_beginning_can_be_read(source_file: Write) -> None:
    with pytest.raises(DamagedSourceError, match="bzip2 data"):
        recognise(source_file("a", bz2.compress(line(25) * 99)[:40]))


def test_long_head_is_cut_at_a_line(source_file: Write) -> None:
    row = b"\t".join([b"1", *[b"x" * 40_000] * 22]) + b"\n"
    assert recognise(source_file("a", row * 3)).layout == 23
