"""Rows of YFCC100M against a parser that is as simple as can be, on any bytes and on real rows."""

import bz2
import csv
import hashlib
import io
import math
import random
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simple_fields import simple_stamp, simple_tag

from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.profiles.sections.world import WorldConfig
from assets.base.tables.photos import RAW_PHOTOS, REJECTED_ROWS
from assets.ingestion.filters import filter_photos
from assets.ingestion.lines import MAX_LINE_BYTES
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.shards import Shard
from assets.ingestion.sources import Source, find_source_files
from assets.ingestion.tags import count_tags
from assets.ingestion.world.plan import draw_plan
from assets.ingestion.yfcc100m import LAYOUTS, read_yfcc100m


def text_of(field: str) -> str | None:
    if field == "":
        return None
    return unquote_to_bytes(field.replace("+", " ")).decode("utf-8", "replace").replace("\0", "\ufffd")


def number_of(field: str) -> float | None:
    """A coordinate; raises ValueError where it is no number."""
    field = field.strip()
    if field == "":
        return None
    if re.fullmatch(r"(?i)[+-]?(nan|inf|infinity)", field):
        return math.nan
    if not re.fullmatch(r"[0-9eE.+-]+", field):
        raise ValueError(field)
    return float(field)


def simple_row(line: bytes, columns: int) -> dict[str, Any]:
    """One row; raises ValueError where it must be rejected."""
    if len(line) > MAX_LINE_BYTES or b"\0" in line:
        raise ValueError("line")
    fields = line.decode("utf-8").split("\t")
    if len(fields) != columns:
        raise ValueError("columns")
    row = dict(zip(LAYOUTS[columns], fields, strict=True))
    marker = row["marker"].rstrip("\r")
    if not re.fullmatch("[0-9]{1,19}", row["photo_id"]) or int(row["photo_id"]) >= 2**63:
        raise ValueError("id")
    if marker not in ("0", "1"):
        raise ValueError("marker")
    if row["longitude"] == row["latitude"] == "-1.0":
        row["longitude"] = row["latitude"] = ""
    url = row["download_url"] or None
    computed = "".join(f"{b:x}" for b in hashlib.md5(url.encode()).digest()) if url else None
    given_hash = row.get("hash", "")
    return {
        "photo_id": int(row["photo_id"]),
        "source_id": row["photo_id"],
        "hash": given_hash if re.fullmatch("[0-9a-f]{16,32}", given_hash) else computed,
        "user_id": row["user_id"] or None,
        "taken_at": simple_stamp(row["taken_at"]),
        "title": text_of(row["title"]),
        "description": text_of(row["description"]),
        "tags": [text_of(tag) for tag in row["tags"].split(",") if tag],
        "machine_tags": [text_of(tag) for tag in row["machine_tags"].split(",") if tag],
        "longitude": number_of(row["longitude"]),
        "latitude": number_of(row["latitude"]),
        "page_url": row["page_url"] or None,
        "download_url": url,
        "license": row["license"] or None,
        "extension": row["extension"].lower(),
        "is_video": marker == "1",
    }


def simple_parse(data: bytes, columns: int) -> tuple[list[dict[str, Any]], list[int]]:
    raw, rejected = [], []
    text = data.removeprefix(b"\xef\xbb\xbf")
    lines = text.removesuffix(b"\n").split(b"\n") if text else []
    for number, line in enumerate(lines, 1):
        try:
            raw.append(simple_row(line, columns) | {"line_number": number})
        except ValueError:
            rejected.append(number)
    return raw, rejected


def parse(data: bytes, columns: int, shard_rows: int = 1000, size: int = 1 << 20) -> list[Shard]:
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    return list(read_yfcc100m("f", blocks, columns, shard_rows))


def same(one: Any, other: Any) -> bool:
    both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return both_nan or one == other


def assert_agrees(data: bytes, columns: int, shard_rows: int = 1000, size: int = 1 << 20) -> None:
    shards = parse(data, columns, shard_rows, size)
    raw, rejected = simple_parse(data, columns)
    found = [row for shard in shards for row in shard.raw.to_pylist()]
    assert [row["line_number"] for row in found] == [row["line_number"] for row in raw]
    for row, expected in zip(found, raw, strict=True):
        differing = {key for key in expected if not same(row[key], expected[key])}
        assert differing == set(), {key: (row[key], expected[key]) for key in differing}
    lines = [row["line_number"] for shard in shards for row in shard.rejected.to_pylist()]
    assert lines == rejected
    for shard in shards:
        assert shard.raw.schema == RAW_PHOTOS.schema()
        assert shard.rejected.schema == REJECTED_ROWS.schema()
        shard.raw.validate(full=True)
        shard.rejected.validate(full=True)
    assert [shard.index for shard in shards] == list(range(len(shards)))
    assert all(shard.rows == shard_rows for shard in shards[:-1])


def line(columns: int = 25, ending: str = "\n", **fields: str) -> bytes:
    good = {
        "line": "0",
        "photo_id": "6985418911",
        "hash": "4e2f7a26a1dfbf165a7e30bdabf7e72a",
        "user_id": "39089491@N00",
        "taken_at": "2012-02-16 09:56:37.0",
        "title": "IMG%5F0520",
        "tags": "key+west,%E5%85%83",
        "longitude": "-81.804885",
        "latitude": "24.550558",
        "accuracy": "12",
        "download_url": "http://example.org/1.jpg",
        "license": "Attribution License",
        "extension": "JPG",
        "marker": "0",
    }
    values = good | fields
    return ("\t".join(values.get(name, "") for name in LAYOUTS[columns]) + ending).encode()


FIELD_VALUES = {
    "photo_id": "1|007|9223372036854775807|9223372036854775808|-5|+5|1.0| 1|1_0|٣",
    "longitude": "|-1.0|0|nan|NaN|-inf|1e5|12,5|abc|.5|5.|1e999| 3 |0x1",
    "latitude": "|-1.0|-90|+nan|--1|1e|e5|infinity|12_0|  ",
    "marker": "0|1||2|0\r|1\r|0 ",
    "hash": "|../../etc/passwd|ABCDEF0123456789|0123456789abcdef|4e2f7a26a1dfbf165a7e30bdabf7e72a0",
    "tags": '|,|a,,b|%2C|a%2Cb|%C3,%A9|%F0%9F%98%80|%ED%A0%80|+|%00|"|a b',
    "title": "%|%4|%zz|é%C3|\ufeff|a\rb|'\"|\x1b|+%2B",
    "taken_at": "2012-02-16 09:56:37.0||null|2012-02-30 00:00:00.0|2012-02-16",
    "extension": "jpg|PNG||gif",
    "download_url": "|http://example.org/é.jpg",
}


@st.composite
def rows(draw: st.DrawFn, columns: int) -> bytes:
    names = draw(st.lists(st.sampled_from(sorted(FIELD_VALUES)), max_size=4, unique=True))
    fields = {name: draw(st.sampled_from(FIELD_VALUES[name].split("|"))) for name in names}
    row = line(columns, ending=draw(st.sampled_from(["\n", "\r\n"])), **fields)
    match draw(st.integers(0, 9)):
        case 0:
            return row.replace(b"\t", b"", 1)
        case 1:
            return row.replace(b"\t", b"\t\t", 1)
        case 2:
            place = draw(st.integers(0, len(row)))
            return row[:place] + draw(st.binary(min_size=1, max_size=5)) + row[place:]
        case _:
            return row


@pytest.mark.parametrize("columns", [23, 25])
@settings(max_examples=150)
@given(st.data())
def test_agrees_with_the_simple_parser(columns: int, data: st.DataObject) -> None:
    lines = b"".join(data.draw(st.lists(rows(columns) | st.binary(max_size=40), max_size=6)))
    if data.draw(st.booleans()):
        lines = lines.removesuffix(b"\n")
    # Odd dates are compared apart: the reference reads more forms than YFCC100M writes.
    assert_agrees(
        re.sub(rb"\t2012-02-16\t", b"\t\t", lines),
        columns,
        data.draw(st.integers(1, 4)),
        data.draw(st.integers(1, 900)),
    )


@given(st.binary(max_size=300), st.sampled_from([23, 25]), st.integers(1, 5))
def test_any_bytes_are_accounted_for(data: bytes, columns: int, shard_rows: int) -> None:
    shards = parse(data, columns, shard_rows)
    text = data.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n")
    expected = text.count(b"\n") + 1 if data.removeprefix(b"\xef\xbb\xbf") else 0
    assert sum(shard.rows for shard in shards) == expected
    for shard in shards:
        shard.rejected.validate(full=True)


def test_rejected_rows_say_why() -> None:
    data = b"".join(
        [
            line(),
            line(photo_id="abc"),
            line(longitude="12,5"),
            line(latitude="north"),
            line(marker="2"),
            line(marker="1", ending="\r\n"),
            line().replace(b"\t", b"", 1),
            line(title="caf\u0000"),
            line().replace(b"IMG", b"\xe9"),
            line(title="x" * (MAX_LINE_BYTES + 1)),
            b"\n",
            line().removesuffix(b"\n"),
        ]
    )
    (shard,) = parse(data, 25)
    assert shard.raw["line_number"].to_pylist() == [1, 6, 12]
    assert shard.raw["is_video"].to_pylist() == [False, True, False]
    assert [(row["line_number"], row["reason"]) for row in shard.rejected.to_pylist()] == [
        (2, "photo id is not a whole number"),
        (3, "longitude is not a number"),
        (4, "latitude is not a number"),
        (5, "marker is neither 0 (photo) nor 1 (video)"),
        (7, "24 columns instead of 25"),
        (8, "holds a NUL character"),
        (9, "not UTF-8"),
        (10, "longer than 1,000,000 bytes"),
        (11, "1 columns instead of 25"),
    ]
    texts = shard.rejected["text"].to_pylist()
    assert texts[0].startswith("0\\tabc\\t4e2f7a26")
    assert "\\xe9%5F0520" in texts[6]
    assert len(texts[7]) < 300
    assert set(shard.rejected["source_file"].to_pylist()) == {"f"}


@pytest.mark.parametrize("columns", [23, 25])
@pytest.mark.parametrize("shard_rows", [1, 2, 10])
def test_byte_order_mark_in_the_middle_depends_on_no_border(columns: int, shard_rows: int) -> None:
    marked = b"\xef\xbb\xbf" + line(columns)
    assert_agrees(marked + line(columns) + marked + marked, columns, shard_rows)


def test_million_byte_field_is_read_if_the_line_is_short_enough() -> None:
    (shard,) = parse(line(title="x" * 990_000), 25)
    assert len(shard.raw["title"][0].as_py()) == 990_000


def test_values_are_decoded_and_typed() -> None:
    (shard,) = parse(line(machine_tags="geo:lat=1,exif%3Amodel=x"), 25)
    (row,) = shard.raw.to_pylist()
    assert row["tags"] == ["key west", "元"]
    assert row["machine_tags"] == ["geo:lat=1", "exif:model=x"]
    assert row["title"] == "IMG_0520"
    assert row["extension"] == "jpg"
    assert row["accuracy"] == 12
    assert row["taken_at"] == datetime(2012, 2, 16, 9, 56, 37)  # noqa: DTZ001 - local time, as in the file
    assert (row["longitude"], row["latitude"]) == (-81.804885, 24.550558)


@pytest.mark.parametrize(
    ("longitude", "latitude", "expected"),
    [
        ("", "", (None, None)),
        ("-1.0", "-1.0", (None, None)),
        ("-1.0", "5.5", (-1.0, 5.5)),
        ("-1", "-1", (-1.0, -1.0)),
        ("", "5.5", (None, 5.5)),
    ],
)
@pytest.mark.parametrize("columns", [23, 25])
def test_missing_locations(columns: int, longitude: str, latitude: str, expected: tuple) -> None:
    (shard,) = parse(line(columns, longitude=longitude, latitude=latitude), columns)
    assert (shard.raw["longitude"][0].as_py(), shard.raw["latitude"][0].as_py()) == expected


def test_hash_is_the_files_own_or_computed() -> None:
    computed = "".join(f"{byte:x}" for byte in hashlib.md5(b"http://example.org/1.jpg").digest())
    (with_hash,) = parse(line() + line(hash="../../etc/passwd"), 25)
    assert with_hash.raw["hash"].to_pylist() == ["4e2f7a26a1dfbf165a7e30bdabf7e72a", computed]
    (without,) = parse(line(23) + line(23, download_url=""), 23)
    assert without.raw["hash"].to_pylist() == [computed, None]


@pytest.mark.parametrize(
    ("name", "columns", "kept", "reasons"),
    [
        ("yfcc100m_dataset_25col.tsv", 25, 57, {"no_location": 329, "no_tags": 14}),
        ("yfcc100m_dataset_23col.tsv", 23, 86, {"no_location": 9, "no_tags": 4, "extension": 1}),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_real_rows(
    real_rows: Path,
    tmp_path: Path,
    name: str,
    columns: int,
    kept: int,
    reasons: dict[str, int],
    compressed: bool,
) -> None:
    data = (real_rows / name).read_bytes()
    path = tmp_path / (f"{name}.bz2" if compressed else name)
    path.write_bytes(bz2.compress(data) if compressed else data)
    (file,) = find_source_files(Source(str(path)))
    source_format = recognise(file)
    assert source_format.describe() == f"yfcc100m, {columns} columns, {'bzip2' if compressed else 'plain'}"
    shards = list(read_shards(file, source_format, 64))
    total = len(data.splitlines())
    assert sum(shard.raw.num_rows for shard in shards) == total
    assert sum(shard.rejected.num_rows for shard in shards) == 0
    found: Counter[str] = Counter()
    for shard in shards:
        geotagged, dropped = filter_photos(shard.raw, FilterConfig())
        found.update(dropped["reason"].to_pylist(), kept=geotagged.num_rows)
    assert found == {**reasons, "kept": kept}
    assert_agrees(data, columns, shard_rows=64)


def test_hashes_of_real_rows_follow_from_their_urls(real_rows: Path) -> None:
    data = (real_rows / "yfcc100m_dataset_25col.tsv").read_bytes()
    rows_25 = list(csv.reader(io.StringIO(data.decode()), delimiter="\t", quoting=csv.QUOTE_NONE))
    without = "\n".join("\t".join([row[1], *row[3:]]) for row in rows_25).encode()
    (with_hash,), (computed,) = parse(data, 25), parse(without, 23)
    assert computed.raw["hash"].to_pylist() == with_hash.raw["hash"].to_pylist() == [row[2] for row in rows_25]
    assert computed.raw.drop(["line_number"]).equals(with_hash.raw.drop(["line_number"]))


def rows_of_the_sample_world() -> list[bytes]:
    plan = draw_plan(WorldConfig.tiny(), Path("/images"))
    lines = [line.encode() for lines in plan.files.values() for line in lines]
    return [line for line in lines if line.count(b"\t") == 24 and line.endswith(b"\n") and b"\r" not in line]


def simple_reason(row: dict[str, Any], tags: list[str], kept: set[int]) -> str | None:
    """Why a photo is dropped."""
    latitude, longitude = row["latitude"], row["longitude"]
    if row["is_video"]:
        return "video"
    if row["extension"] not in ("jpg", "jpeg", "png"):
        return "extension"
    if latitude is None or longitude is None:
        return "no_location"
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        return "bad_location"
    if not tags:
        return "no_tags"
    return "duplicate" if row["photo_id"] in kept else None


def assert_filters_agree(shards: list[Shard], rows: list[dict[str, Any]]) -> None:
    """Geotagged and dropped photos and hashtag counts of each shard, against one row at a time."""
    by_line = {row["line_number"]: row for row in rows}
    for shard in shards:
        kept: dict[int, list[str]] = {}
        dropped = []
        for line_number in shard.raw["line_number"].to_pylist():
            row = by_line[line_number]
            tags = list(dict.fromkeys(filter(None, map(simple_tag, row["tags"]))))
            reason = simple_reason(row, tags, set(kept))
            if reason is None:
                kept[row["photo_id"]] = tags
            else:
                dropped.append((row["photo_id"], reason, line_number))
        geotagged, found = filter_photos(shard.raw, FilterConfig())
        assert dict(zip(geotagged["photo_id"].to_pylist(), geotagged["tags"].to_pylist(), strict=True)) == kept
        assert [tuple(row.values()) for row in found.to_pylist()] == dropped
        counts = Counter(tag for tags in kept.values() for tag in tags)
        table = count_tags(pl.DataFrame(pl.from_arrow(geotagged)))
        expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        assert list(zip(table["tag"].to_pylist(), table["photos"].to_pylist(), strict=True)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["real", "sample"])
def test_ten_thousand_random_rows(request: pytest.FixtureRequest, whose: str) -> None:
    rng = random.Random(5)
    if whose == "real":
        folder = request.getfixturevalue("real_rows")
        lines = (folder / "yfcc100m_dataset_25col.tsv").read_bytes().splitlines(keepends=True)
    else:
        lines = rows_of_the_sample_world()
    made = []
    for number in range(10_000):
        fields = rng.choice(lines).removesuffix(b"\n").split(b"\t")
        fields[1] = str(rng.randrange(number + 1)).encode()
        if rng.random() < 0.3:
            place = rng.randrange(25)
            cut = rng.randrange(len(fields[place]) + 1)
            broken = [b"%", b"%C3", b"%00", b"\xff", b"\xed\xa0\x80", b"\t", b"\0", b"+", b",", b"A", "É".encode(), b""]
            fields[place] = fields[place][:cut] + rng.choice(broken)
        made.append(b"\t".join(fields) + rng.choice([b"\n", b"\n", b"\r\n"]))
    data = b"".join(made)
    assert_agrees(data, 25, shard_rows=777, size=100_000)
    rows, rejected = simple_parse(data, 25)
    assert len(rows) + len(rejected) == 10_000
    assert len(rejected) > 500
    assert_filters_agree(parse(data, 25, shard_rows=777, size=100_000), rows)


LARGE = [b"x" * 999_000, b"%E5%85%83" * 111_000, b"," * 990_000, b"%" * 990_000, b"9" * 990_000, b"\xff" * 1_000_100]
ODD_BYTES = [
    b"%",
    b"%C3",
    b"%zz",
    b"%00",
    b"%ED%A0%80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\r",
    b"-1.0",
    b"nan",
]
FIELDS = (
    st.binary(max_size=12)
    | st.text(st.characters(), max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.sampled_from(ODD_BYTES)
)


@st.composite
def odd_lines(draw: st.DrawFn, columns: int) -> bytes:
    """Lines of any number of fields, or of the right one with good ones among them, some fields of a million bytes."""
    if draw(st.booleans()):
        return b"\t".join(draw(st.lists(FIELDS, max_size=30)))
    fields = line(columns).removesuffix(b"\n").split(b"\t")
    for place in draw(st.lists(st.integers(0, columns - 1), max_size=4)):
        fields[place] = draw(FIELDS)
    if draw(st.integers(0, 19)) == 0:
        fields[draw(st.integers(0, columns - 1))] = draw(st.sampled_from(LARGE))
    return b"\t".join(fields)


@pytest.mark.parametrize("columns", [23, 25])
@settings(max_examples=150)
@given(st.data())
def test_anything_between_tabs_is_accounted_for(columns: int, data: st.DataObject) -> None:
    lines = data.draw(st.lists(odd_lines(columns), min_size=1, max_size=8))
    content = b"\n".join(lines) + b"\n"
    size = data.draw(st.sampled_from([50, 1000, 1 << 20])) if len(content) < 100_000 else 1 << 20
    shards = parse(content, columns, data.draw(st.integers(1, 5)), size)
    raw, rejected = simple_parse(content, columns)
    assert [row for shard in shards for row in shard.raw["line_number"].to_pylist()] == [r["line_number"] for r in raw]
    assert [row for shard in shards for row in shard.rejected["line_number"].to_pylist()] == rejected
    for shard in shards:
        shard.raw.validate(full=True)
        shard.rejected.validate(full=True)
        assert all(len(text) < 1000 for text in shard.rejected["text"].to_pylist())
        shard.raw.to_pylist()
        geotagged, dropped = filter_photos(shard.raw, FilterConfig())
        assert geotagged.num_rows + dropped.num_rows == shard.raw.num_rows
        count_tags(pl.DataFrame(pl.from_arrow(geotagged)))


def test_recognised_kind_may_be_said(real_rows: Path) -> None:
    files = find_source_files(Source(str(real_rows / "*.tsv")))
    assert [recognise(file, "yfcc100m").layout for file in files] == [23, 25]
