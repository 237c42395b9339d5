"""A manifest gives the same rows in whatever form it is written."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.tables.photos import RAW_PHOTOS, REJECTED_ROWS
from assets.ingestion.errors import DamagedSourceError, WrongFormatError
from assets.ingestion.filters import filter_photos
from assets.ingestion.ids import PhotoIds
from assets.ingestion.manifest import read_manifest
from assets.ingestion.manifest_rows import csv_batches, json_batches
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.shards import Shard
from assets.ingestion.sources import SourceFile

Write = Callable[[str, bytes], SourceFile]

ROWS: list[dict[str, Any]] = [
    {"photo_id": "12", "tags": "Sea, cliff ,,", "latitude": "-33.9", "longitude": "151.2",
     "image": "a/b c#1.JPG", "user_id": "eva", "taken_at": "2020-05-06T07:08:09Z",
     "title": "two,\nlines", "license": "CC BY"},
    {"photo_id": "IMG-7", "tags": "", "latitude": "", "longitude": "", "image": "https://host/x.png?size=2",
     "user_id": "", "taken_at": "2020:05:06 07:08:09", "title": "", "license": ""},
    {"photo_id": "007", "tags": "ü", "latitude": "0", "longitude": "0", "image": "/abs/y.webp",
     "user_id": "1", "taken_at": "some day", "title": "\"q\"", "license": ""},
]  # fmt: skip


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    return target.getvalue()


FORMS = {"csv": as_csv, "json lines": as_json, "parquet": as_parquet}


def shards(file: SourceFile, shard_rows: int = 1000) -> list[Shard]:
    found = list(read_shards(file, recognise(file, "manifest"), shard_rows))
    for shard in found:
        assert shard.raw.schema == RAW_PHOTOS.schema()
        assert shard.rejected.schema == REJECTED_ROWS.schema()
        shard.raw.validate(full=True)
    assert [shard.index for shard in found] == list(range(len(found)))
    assert all(shard.rows == shard_rows for shard in found[:-1])
    return found


@pytest.mark.parametrize("form", FORMS)
def test_rows_in_every_form(source_file: Write, tmp_path: Path, form: str) -> None:
    file = source_file("m%20 #.x", FORMS[form](ROWS))
    assert recognise(file).describe() == f"manifest, {form}, plain"
    (shard,) = shards(file)
    first, second, third = shard.raw.to_pylist()
    assert first["photo_id"] == 12
    assert (first["latitude"], first["longitude"]) == (-33.9, 151.2)
    assert first["tags"] == ["Sea", "cliff"]
    assert first["download_url"] == f"file://{tmp_path}/a/b%20c%231.JPG"
    assert first["extension"] == "jpg"
    assert first["taken_at"] == second["taken_at"] == datetime(2020, 5, 6, 7, 8, 9)  # noqa: DTZ001 - local time
    assert (first["user_id"], first["title"], first["license"]) == ("eva", "two,\nlines", "CC BY")
    assert (second["tags"], second["latitude"], second["user_id"], second["title"]) == ([], None, None, None)
    assert second["download_url"] == "https://host/x.png?size=2"
    assert second["extension"] == "png"
    assert third["download_url"] == "file:///abs/y.webp"
    assert third["taken_at"] is None
    assert [row["source_id"] for row in shard.raw.to_pylist()] == ["12", "IMG-7", "007"]
    assert second["photo_id"] == 6451025324319051033
    assert len({row["photo_id"] for row in shard.raw.to_pylist()}) == 3
    assert [row["line_number"] for row in shard.raw.to_pylist()] == [1, 2, 3]
    assert shard.rejected.num_rows == 0


@pytest.mark.parametrize("form", FORMS)
def test_shards_are_consecutive_rows(source_file: Write, form: str) -> None:
    rows = [ROWS[0] | {"photo_id": str(number)} for number in range(10)]
    found = shards(source_file("m", FORMS[form](rows)), 4)
    assert [shard.raw["photo_id"].to_pylist() for shard in found] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_parquet_shards_cross_row_groups(source_file: Write) -> None:
    target = io.BytesIO()
    rows = [ROWS[0] | {"photo_id": str(number)} for number in range(10)]
    pq.write_table(pa.Table.from_pylist(rows), target, row_group_size=3)
    found = shards(source_file("m", target.getvalue()), 4)
    assert [shard.raw["line_number"].to_pylist() for shard in found] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_typed_columns_of_parquet(source_file: Write) -> None:
    table = pa.table(
        {
            "photo_id": pa.array([5, None], pa.uint32()),
            "tags": pa.array([["a,b", None, ""], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
            "latitude": pa.array([1.5, float("nan")], pa.float32()),
            "longitude": pa.array([2, 3], pa.int16()),
            "image": ["x.jpg", None],
            "taken_at": pa.array([datetime(2020, 1, 2, 3, tzinfo=UTC), None], pa.timestamp("ms", "Europe/Paris")),
            "title": pa.array([7, 8]),
            "other": [{"any": "thing"}, None],
        }
    )
    target = io.BytesIO()
    pq.write_table(table, target)
    (shard,) = shards(source_file("m", target.getvalue()))
    (row,) = shard.raw.to_pylist()
    assert (row["photo_id"], row["tags"], row["latitude"], row["longitude"]) == (5, ["a,b"], 1.5, 2.0)
    assert (row["title"], row["taken_at"]) == ("7", datetime(2020, 1, 2, 4))  # noqa: DTZ001 - the wall's clock
    assert shard.rejected.to_pylist()[0]["reason"] == "photo_id is missing"


def test_dates_of_parquet(source_file: Write) -> None:
    file = source_file("m", as_parquet([ROWS[0] | {"taken_at": date(2020, 1, 2)}]))
    (shard,) = shards(file)
    assert shard.raw["taken_at"][0].as_py() == datetime(2020, 1, 2)  # noqa: DTZ001 - local time


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("tags", pa.array([{"a": 1}]), "expected text or a list of text, found Struct"),
        ("latitude", pa.array([[1.0]]), "expected text or numbers, found List"),
        ("longitude", pa.array([datetime(2020, 1, 1)]), "expected text or numbers, found Datetime"),  # noqa: DTZ001
        ("image", pa.array([b"JPEG"]), "expected text or numbers, found Binary"),
    ],
)
def test_columns_of_a_wrong_type(source_file: Write, name: str, values: pa.Array, found: str) -> None:
    table = pa.Table.from_pylist(ROWS[:1])
    target = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index(name), name, values), target)
    with pytest.raises(WrongFormatError, match=f"column {name}: {found}"):
        shards(source_file("m", target.getvalue()))


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_cut_off_parquet(source_file: Write, keep: float) -> None:
    data = as_parquet(ROWS * 100)
    with pytest.raises(DamagedSourceError, match="is cut off or damaged"):
        shards(source_file("m", data[: int(len(data) * keep)]))


@pytest.mark.parametrize("form", FORMS)
def test_missing_columns_stop_a_table_and_reject_an_object(source_file: Write, form: str) -> None:
    rows = [{name: value for name, value in row.items() if name not in ("image", "tags")} for row in ROWS]
    file = source_file("m", FORMS[form](rows))
    if form == "json lines":
        (shard,) = shards(file)
        assert set(shard.rejected["reason"].to_pylist()) == {"lacks tags, image"}
        return
    with pytest.raises(WrongFormatError, match=r"found photo_id, .*, which lacks tags, image"):
        shards(file)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_column_given_twice(source_file: Write, form: str) -> None:
    names = ["photo_id", "tags", "latitude", "longitude", "image", "tags"]
    if form == "csv":
        data = ",".join(names).encode() + b"\n1,a,2,3,x.jpg,b\n"
    else:
        target = io.BytesIO()
        pq.write_table(pa.Table.from_arrays([pa.array(["1"])] * 6, names=names), target)
        data = target.getvalue()
    with pytest.raises(WrongFormatError, match="the column tags is there 2 times, expected once"):
        shards(source_file("m", data))


def test_bad_rows_of_csv(source_file: Write) -> None:
    data = (
        b"photo_id,tags,latitude,longitude,image\n"
        b"1,a,2,3,x.jpg\r\n"
        b"2,a,2,3\n"
        b"\n"
        b"3,caf\xe9,2,3,x.jpg\n"
        b"4,a\0,2,3,x.jpg\n"
        b"5,a,north,3,x.jpg\n"
        b',a,2,3,x.jpg\n'
        b'6,"a,b",nan,3,x.jpg\n'
        b"7,a,2,1 2,x.jpg"
    )  # fmt: skip
    (shard,) = shards(source_file("m.csv", data))
    assert shard.raw["line_number"].to_pylist() == [1, 8]
    assert shard.raw["tags"].to_pylist() == [["a"], ["a", "b"]]
    assert [(row["line_number"], row["reason"]) for row in shard.rejected.to_pylist()] == [
        (2, "4 columns instead of 5"),
        (3, "empty line"),
        (4, "not UTF-8"),
        (5, "holds a NUL character"),
        (6, "latitude is not a number"),
        (7, "photo_id is missing"),
        (9, "longitude is not a number"),
    ]
    texts = shard.rejected["text"].to_pylist()
    assert (texts[2], texts[4], texts[5]) == ("3,caf\\xe9,2,3,x.jpg", "5,a,north,3,x.jpg", ",a,2,3,x.jpg")


@pytest.mark.parametrize("after", [0, 3, 80_000])
@pytest.mark.parametrize("closed", [b"", b'7,a,2,3,"x"".jpg"\n', b'7,"a,b",2,3,x.jpg\n'])
def test_a_quote_that_never_ends_costs_its_own_line(source_file: Write, after: int, closed: bytes) -> None:
    header = b"photo_id,tags,latitude,longitude,image\n"
    rest = b"".join(b"%d,a,2,3,x.jpg\n" % number for number in range(100, 100 + after))
    file = source_file("m", header + b'1,a,2,3,x.jpg\n2,"a,2,3,x.jpg\n' + rest + closed + rest)
    (shard,) = shards(file, 200_000)
    (rejected,) = shard.rejected.to_pylist()
    assert (rejected["line_number"], rejected["text"]) == (2, '2,"a,2,3,x.jpg')
    known = list(range(100, 100 + after))
    assert shard.raw["photo_id"].to_pylist() == [1, *known, *([7] if closed else []), *known]


def test_a_quoted_field_may_hold_newlines_quotes_and_delimiters(source_file: Write) -> None:
    header = b"photo_id,tags,latitude,longitude,image,title\n"
    data = header + b'1,"a,b",2,3,x.jpg,"two\nlines, ""quoted"""\n2,c,2,3,y.jpg,5" wide\n'
    (shard,) = shards(source_file("m", data))
    assert shard.rejected.num_rows == 0
    assert shard.raw["title"].to_pylist() == ['two\nlines, "quoted"', '5" wide']


def test_bad_rows_of_json(source_file: Write) -> None:
    good = {"photo_id": 1, "tags": ["a", 5], "latitude": 1, "longitude": "2", "image": "x.jpg"}
    lines = [
        json.dumps(good),
        "{",
        "[]",
        "",
        json.dumps(good | {"tags": [["a"]]}),
        json.dumps(good | {"latitude": {"deg": 1}}),
        json.dumps(good | {"latitude": "x"}),
        json.dumps(good | {"photo_id": None}),
        json.dumps(good | {"photo_id": True}),
        "[" * 100_000,
        json.dumps(good | {"photo_id": "\ud800", "tags": "a\udfff,b", "latitude": float("nan")}),
    ]
    (shard,) = shards(source_file("m", "\n".join(lines).encode()))
    assert shard.raw["line_number"].to_pylist() == [1, 11]
    assert shard.raw["tags"].to_pylist() == [["a", "5"], ["a\ufffd", "b"]]
    assert [row["reason"] for row in shard.rejected.to_pylist()] == [
        "not JSON",
        "no JSON object",
        "empty line",
        "tags is not a list of text",
        "latitude is neither text nor a number",
        "latitude is not a number",
        "photo_id is missing",
        "photo_id is neither text nor a number",
        "not JSON",
    ]


HEADER = b"photo_id,tags,latitude,longitude,image\n"


@settings(max_examples=150)
@given(
    st.binary(max_size=80) | st.text('1,"\n\r é\0{}[]:\ud800', max_size=40).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_are_accounted_for(data: bytes) -> None:
    csv_rows = list(csv_batches("m", [HEADER + data], ",", 3))
    for source in (csv_rows, list(json_batches([data], 3))):
        found = list(read_manifest("f", "file:///m", iter(source)))
        numbers = sorted(
            number
            for shard in found
            for table in (shard.raw, shard.rejected)
            for number in table["line_number"].to_pylist()
        )
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(shard.rows == 3 for shard in found[:-1])
    # Without quotes and lone carriage returns a row is a line, so that their number is known.
    if b'"' not in data and b"\r" not in data:
        expected = data.removesuffix(b"\n").count(b"\n") + 1 if data else 0
        assert sum(len(batch.fields) + len(batch.rejected) for batch in csv_rows) == expected


def test_different_ids_that_become_one_stop(source_file: Write) -> None:
    rows = [ROWS[0] | {"photo_id": name} for name in ("a1", "b1", "a1", "c2")]
    batches = csv_batches("m", [as_csv(rows)], ",", 2)
    ids = PhotoIds(lambda text: (text[1:] * 8 + text * 4).encode())
    with pytest.raises(WrongFormatError, match="the different photo ids of rows 2 and 3 both become"):
        list(read_manifest("f", "file:///m", batches, ids))
    harmless = csv_batches("m", [as_csv([rows[0], rows[2], rows[3]])], ",", 2)
    assert len(list(read_manifest("f", "file:///m", harmless, PhotoIds(ids.digest)))) == 2


def test_images_of_a_remote_manifest() -> None:
    rows = [ROWS[0] | {"image": image} for image in ("./a b.jpg", "/c.jpg", "s3://other/d.jpg")]
    for url, expected in {
        "s3://bucket/set/m.csv": ["s3://bucket/set/a b.jpg", "file:///c.jpg", "s3://other/d.jpg"],
        "https://host/set/m.csv": ["https://host/set/a b.jpg", "https://host/c.jpg", "s3://other/d.jpg"],
        "file:///home/m.csv": ["file:///home/a%20b.jpg", "file:///c.jpg", "s3://other/d.jpg"],
    }.items():
        (shard,) = read_manifest("f", url, csv_batches("m", [as_csv(rows)], ",", 9))
        assert shard.raw["download_url"].to_pylist() == expected


def test_real_manifest(real_manifest: Path, source_file: Write) -> None:
    file = source_file("photos.csv", real_manifest.read_bytes())
    found = shards(file, 2000)
    assert [shard.rows for shard in found] == [2000, 2000, 2000, 543]
    assert sum(shard.rejected.num_rows for shard in found) == 0
    kept = [filter_photos(shard.raw, FilterConfig()) for shard in found]
    assert sum(geotagged.num_rows for geotagged, _ in kept) == 6543
    first = kept[0][0].slice(0, 1).to_pylist()[0]
    assert first["photo_id"] == 18546893617289
    assert first["tags"] == ["adamstown", "awabakal"]
    assert first["download_url"].endswith("/images/adamstown-awabakal-adamstown/pb130001.jpg")


def test_ids_that_are_written_differently_are_different_photos_and_none_is_negative() -> None:
    numbers = PhotoIds().numbers(pl.Series(["7", "007", "-7", "a7", "0"]), pl.Series([1, 2, 3, 4, 5])).to_list()
    assert (numbers[0], numbers[4]) == (7, 0)
    assert len(set(numbers)) == 5
    assert min(numbers) >= 0
