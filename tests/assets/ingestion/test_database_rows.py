"""Rows of a database become what the same rows in a text file become, whatever their values are."""

import itertools
import math
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from given_sources import Text, found, write_database
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.base.tables.photos import RAW_PHOTOS, REJECTED_ROWS
from assets.ingestion import database_rows
from assets.ingestion.database import open_database
from assets.ingestion.database_rows import read_database
from assets.ingestion.database_table import COLUMNS
from assets.ingestion.errors import DamagedSourceError, EmptySourceError
from assets.ingestion.lines import MAX_LINE_BYTES
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.shards import Done, Shard
from assets.ingestion.yfcc100m import read_yfcc100m

PLACED_BY_NUMBER = {"longitude": "real", "latitude": "real", "accuracy": "integer", "marker": "integer"}
PUBLIC = PLACED_BY_NUMBER | {"photoid": "integer primary key"}


def read(path: Path, shard_rows: int = 1_000, limit_rows: int = 0, done: Done | None = None) -> list[Shard]:
    with open_database(found(path)) as database:
        shards = list(read_database(database, shard_rows, limit_rows, done or Done()))
    for shard in shards:
        assert shard.raw.schema == RAW_PHOTOS.schema()
        assert shard.rejected.schema == REJECTED_ROWS.schema()
        shard.raw.validate(full=True)
        shard.rejected.validate(full=True)
    return shards


def reread(shards: Sequence[Shard]) -> Done:
    done = Done()
    for shard in shards:
        done = done.plus(
            rows=shard.rows, rejected_rows=shard.rejected.num_rows, taken_down=0, last_line=shard.last_line
        )
    return done


def numbers(shard: Shard) -> list[int]:
    return sorted(shard.raw["line_number"].to_pylist() + shard.rejected["line_number"].to_pylist())


def content(table: pa.Table, *without: str) -> list[dict[str, Any]]:
    """Rows without what depends on the file; not-a-number made equal to itself."""
    return [
        {name: "nan" if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in table.drop(["source_file", *without]).to_pylist()
    ]


# Sizes


@pytest.mark.parametrize("shard_rows", [1, 7, 1_000, 5_000])
@pytest.mark.parametrize("block_bytes", [1, 1_000, 1 << 24])
def test_shards_are_the_next_so_many_rows_however_large_the_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shard_rows: int, block_bytes: int
) -> None:
    monkeypatch.setattr(database_rows, "BLOCK_BYTES", block_bytes)
    rng = random.Random(3)
    rowids = sorted({rng.randrange(-(2**62), 2**62) for _ in range(50)} | {0, 1, 2})
    path = write_database(tmp_path / "a", [{"rowid": rowid, "photoid": rowid} for rowid in rowids])
    shards = read(path, shard_rows)
    assert [shard.index for shard in shards] == list(range(len(shards)))
    assert [numbers(shard) for shard in shards] == [
        rowids[start : start + shard_rows] for start in range(0, len(rowids), shard_rows)
    ]
    assert [shard.last_line for shard in shards] == [numbers(shard)[-1] for shard in shards]
    assert {row["reason"] for shard in shards for row in shard.rejected.to_pylist()} == {
        "photo id is not a whole number"
    }


@pytest.mark.parametrize("before", [0, 1, 3, 5, 8])
@pytest.mark.parametrize("limit", [0, 1, 10, 11, 30, 31, 32, 99])
def test_what_was_read_before_is_not_read_again(tmp_path: Path, before: int, limit: int) -> None:
    path = write_database(tmp_path / "a", [{"rowid": 3 * n, "photoid": 3 * n} for n in range(1, 32)])
    whole = read(path, 4)
    assert len(whole) == 8
    done = reread(whole[:before])
    rest = read(path, 4, limit, done)
    wanted = range(done.rows + 1, min(limit or 31, 31) + 1)
    assert [number for shard in rest for number in numbers(shard)] == [3 * n for n in wanted]
    assert [shard.index for shard in rest] == list(range(before, before + len(rest)))
    if not limit:
        assert all(one.raw.equals(other.raw) for one, other in zip(rest, whole[before:], strict=True))
        assert reread([*whole[:before], *rest]) == reread(whole)


def test_an_empty_table(tmp_path: Path) -> None:
    path = write_database(tmp_path / "a.sql", [])
    with pytest.raises(EmptySourceError, match=r"a\.sql is empty: expected rows of metadata in table yfcc100m_dataset"):
        read(path)


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    path = write_database(tmp_path / "a.sql", [{"title": "x" * 2_000} for _ in range(1_000)])
    data = path.read_bytes()
    path.write_bytes(data[: 4096 * 900] + b"\xff" * (len(data) - 4096 * 900))
    (shard,) = read(path, limit_rows=50)
    assert numbers(shard) == list(range(1, 51))
    with pytest.raises(DamagedSourceError):
        read(path)


# The same rows as in a text file


def text_file(rows: Sequence[Sequence[bytes]]) -> bytes:
    return b"".join(b"\t".join(row) + b"\n" for row in rows)


GOOD_FIELDS = [b"1", *[b""] * 21, b"0"]
FIELD = st.one_of(
    st.sampled_from([b"", b"-1.0", b"0", b"1", b"7", b"2.5", b"nan", b"a%C3%A9,+b", b"\xff", b"\0", b"12\r", b"%zz"]),
    st.text(st.characters(blacklist_characters="\t\n", blacklist_categories=("Cs",)), max_size=8).map(str.encode),
    st.binary(max_size=8).map(lambda data: data.translate(None, b"\t\n")),
)
STORED = st.sampled_from([lambda data: data, Text])  # as a blob or as text


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.lists(FIELD, min_size=23, max_size=23),
            st.dictionaries(st.sampled_from([0, 10, 11, 22]), st.sampled_from([b"5", b"0", b"1.5"]), max_size=4),
            st.lists(STORED, min_size=23, max_size=23),
        ),
        max_size=5,
    ),
    st.integers(1, 4),
)
def test_rows_equal_those_of_a_text_file(
    rows: list[tuple[list[bytes], dict[int, bytes], list[Callable[[bytes], bytes]]]], shard_rows: int
) -> None:
    # A good row comes first: a byte order mark at its beginning is the text file's own.
    fields = [GOOD_FIELDS, *([good.get(place, one) for place, one in enumerate(row)] for row, good, _ in rows)]
    stored = [[Text] * 23, *(kinds for _, _, kinds in rows)]
    values = [
        [kind(one) for kind, one in zip(kinds, row, strict=True)] for kinds, row in zip(stored, fields, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        from_database = read(write_database(Path(folder) / "a", values), shard_rows)
    from_text = list(read_yfcc100m("f", [text_file(fields)], 23, shard_rows))
    assert len(from_database) == len(from_text)
    for one, other in zip(from_database, from_text, strict=True):
        assert content(one.raw) == content(other.raw)
        assert content(one.rejected) == content(other.rejected)


VALUE = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=30),
    st.binary(max_size=30),
    st.binary(max_size=30).map(Text),
)


@settings(max_examples=100)
@given(st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "rowid"]), VALUE), max_size=5), st.integers(1, 3))
def test_any_values_are_accounted_for(rows: list[dict[str, Any]], shard_rows: int) -> None:
    for number, row in enumerate(rows):
        rowid = row.get("rowid")
        row["rowid"] = rowid if isinstance(rowid, int) and -(2**63) < rowid < 2**62 else number
    rows = list({row["rowid"]: row for row in rows}.values())
    with tempfile.TemporaryDirectory() as folder:
        path = write_database(Path(folder) / "a", rows)
        if not rows:
            with pytest.raises(EmptySourceError):
                read(path)
            return
        shards = read(path, shard_rows)
    assert [number for shard in shards for number in numbers(shard)] == sorted(row["rowid"] for row in rows)
    assert all(shard.rows == shard_rows for shard in shards[:-1])


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_degrees_stored_as_numbers_are_exact(longitude: float, latitude: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (shard,) = read(write_database(Path(folder) / "a", [{"longitude": longitude, "latitude": latitude}]))
    expected = [
        None if longitude == latitude == -1.0 else longitude,
        None if longitude == latitude == -1.0 else latitude,
    ]
    found_place = [shard.raw[name][0].as_py() for name in ("longitude", "latitude")]
    for value, wanted in zip(found_place, expected, strict=True):
        assert (value is None and wanted is None) or (math.isnan(value) if math.isinf(wanted) else value == wanted)


def test_rejected_rows_say_why(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {},
        {"photoid": None},
        {"photoid": 1.5},
        {"photoid": -3},
        {"longitude": b"\x01"},
        {"latitude": "north"},
        {"marker": 2},
        {"marker": None},
        {"title": "a\tb"},
        {"title": "a\nb"},
        {"title": "a\0b"},
        {"title": Text(b"caf\xe9")},
        {"secret": b"\xff\xfe"},
        {"description": "x" * (MAX_LINE_BYTES + 1)},
        {"unickname": b"x" * 5_000_000},
        {"marker": 1, "photoid": 12},
    ]
    (shard,) = read(write_database(tmp_path / "a", rows))
    assert shard.raw["line_number"].to_pylist() == [1, 16]
    assert shard.raw["is_video"].to_pylist() == [False, True]
    assert [row["reason"] for row in shard.rejected.to_pylist()] == [
        "photo id is not a whole number",
        "photo id is not a whole number",
        "photo id is not a whole number",
        "longitude is not a number",
        "latitude is not a number",
        "marker is neither 0 (photo) nor 1 (video)",
        "marker is neither 0 (photo) nor 1 (video)",
        "holds a tab or a newline within a field",
        "holds a tab or a newline within a field",
        "holds a NUL character",
        "not UTF-8",
        "not UTF-8",
        "longer than 1,000,000 bytes",
        "longer than 1,000,000 bytes",
    ]
    texts = shard.rejected["text"].to_pylist()
    assert texts[8] == (
        "7\\t39089491@N00\\t\\t2012-02-16 09:56:37.0\\t\\t\\ta\\x0ab\\t\\tkey+west,%E5%85%83\\t\\t-81.804885\\t"
        "24.550558\\t12\\t\\thttp://example.org/1.jpg\\tAttribution License\\t\\t\\t\\t\\t\\tJPG\\t0"
    )
    assert texts[12].startswith("7\\t39089491@N00\\t\\t2012-02-16 09:56:37.0\\t\\t\\tIMG%5F0520\\t…\\tkey+west")


@pytest.mark.parametrize("missing", ["", None])
@pytest.mark.parametrize("place", [("", ""), (None, None), (-1, -1), (-1.0, -1.0), ("-1.0", "-1.0")])
def test_what_is_missing(tmp_path: Path, missing: object, place: tuple[object, object]) -> None:
    names = ("uid", "datetaken", "title", "description", "usertags", "machinetags", "accuracy", "downloadurl", "ext")
    row = dict.fromkeys(names, missing) | dict(zip(("longitude", "latitude"), place, strict=True))
    (shard,) = read(write_database(tmp_path / "a", [row], types=PUBLIC))
    (raw,) = shard.raw.to_pylist()
    empty = ("user_id", "taken_at", "title", "description", "accuracy", "download_url", "hash", "longitude", "latitude")
    assert {raw[name] for name in empty} == {None}
    assert (raw["tags"], raw["machine_tags"], raw["extension"]) == ([], [], "")


def real_fields(folder: Path) -> tuple[list[list[str]], list[str | None]]:
    """Fields of all real rows in the order of the layout of 23 columns, and their hashes where the file has them."""
    rows: list[list[str]] = []
    hashes: list[str | None] = []
    for name, columns in (("yfcc100m_dataset_25col.tsv", 25), ("yfcc100m_dataset_23col.tsv", 23)):
        for line in (folder / name).read_text(encoding="utf-8").removesuffix("\n").split("\n"):
            fields = line.split("\t")
            assert len(fields) == columns
            rows.append([fields[1], *fields[3:]] if columns == 25 else fields)
            hashes.append(fields[2] if columns == 25 else None)
    return rows, hashes


@pytest.mark.parametrize("types", [{}, PLACED_BY_NUMBER, PUBLIC], ids=["text", "numbers", "id is the rowid"])
def test_real_rows_equal_those_of_their_text_files(real_rows: Path, tmp_path: Path, types: dict[str, str]) -> None:
    rows, hashes = real_fields(real_rows)
    path = write_database(tmp_path / "yfcc100m_dataset.sql", rows, types=types)
    file = found(path)
    assert recognise(file).describe() == "yfcc100m, sqlite, plain"
    shards = list(read_shards(file, recognise(file), 64))
    assert sum(shard.rejected.num_rows for shard in shards) == 0
    from_database = [row for shard in shards for row in content(shard.raw, "line_number")]
    from_text = [
        row
        for name in ("yfcc100m_dataset_25col.tsv", "yfcc100m_dataset_23col.tsv")
        for shard in read_shards(found(real_rows / name), recognise(found(real_rows / name)), 1_000)
        for row in content(shard.raw, "line_number")
    ]
    by_id = lambda row: row["photo_id"]  # noqa: E731
    assert sorted(from_database, key=by_id) == sorted(from_text, key=by_id)
    known = {int(row[0]): one for row, one in zip(rows, hashes, strict=True) if one is not None}
    assert {row["photo_id"]: row["hash"] for row in from_database if row["photo_id"] in known} == known
    assert list(itertools.chain(*(numbers(shard) for shard in shards))) == (
        sorted(int(row[0]) for row in rows) if types is PUBLIC else list(range(1, len(rows) + 1))
    )
