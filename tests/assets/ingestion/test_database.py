"""A database is opened read-only, its rows come by rowid, and damage of any kind is a sentence."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from given_sources import Text, found, write_database

from assets.ingestion.database import Row, open_database
from assets.ingestion.errors import DamagedSourceError, UnreachableSourceError
from assets.ingestion.lines import MAX_LINE_BYTES


def rows_of(path: Path, after: int | None = None, limit: int = 0) -> list[Row]:
    with open_database(found(path)) as database:
        return list(database.rows(after, limit))


def field(row: Row, place: int) -> bytes:
    assert row[1] is not None
    return row[1].split(b"\t")[place]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A database of a thousand rows with gaps between their rowids."""
    return write_database(tmp_path / "meta.sql", ({"rowid": 10 * n - 5_000, "photoid": n} for n in range(1_000)))


def test_rows_come_by_rowid_from_anywhere(many: Path) -> None:
    rows = rows_of(many)
    assert [rowid for rowid, _ in rows] == list(range(-5_000, 5_000, 10))
    assert rows[3][1] == (
        b"3\t39089491@N00\t\t2012-02-16 09:56:37.0\t\t\tIMG%5F0520\t\tkey+west,%E5%85%83\t\t-81.804885\t24.550558\t"
        b"12\t\thttp://example.org/1.jpg\tAttribution License\t\t\t\t\t\tJPG\t0"
    )
    assert rows_of(many, after=-4_970) == rows[4:]
    assert rows_of(many, after=-4_975, limit=2) == rows[3:5]
    assert rows_of(many, after=4_990) == []


def test_rowids_at_both_ends(tmp_path: Path) -> None:
    path = write_database(tmp_path / "meta.sql", [{"rowid": -(2**63)}, {"rowid": 2**63 - 1}])
    assert [rowid for rowid, _ in rows_of(path)] == [-(2**63), 2**63 - 1]
    assert rows_of(path, after=2**63 - 1) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, b""),
        ("", b""),
        (12, b"12"),
        (-(2**63), b"-9223372036854775808"),
        (2.5, b"2.5"),
        (float("inf"), b"Inf"),
        (b"\xff\0", b"\xff\0"),
        (Text(b"\xff\0\xfe"), b"\xff\0\xfe"),
        ("é", "é".encode()),
    ],
)
def test_any_value_as_text(tmp_path: Path, value: object, text: bytes) -> None:
    (row,) = rows_of(write_database(tmp_path / "meta.sql", [{"title": value}]))
    assert field(row, 6) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-1, b"-1.0"), (-1.0, b"-1.0"), ("-1", b"-1"), (1 / 3, b"0.33333333333333332"), (None, b"")]
)
def test_degrees_keep_their_digits(tmp_path: Path, value: object, text: bytes) -> None:
    (row,) = rows_of(write_database(tmp_path / "meta.sql", [{"longitude": value, "latitude": value}]))
    assert (field(row, 10), field(row, 11)) == (text, text)
    assert value is None or float(text) == float(value)  # type: ignore[arg-type]


def test_a_row_that_is_too_long_is_not_loaded(tmp_path: Path) -> None:
    others = sum(len(str(value)) for value in (7, "39089491@N00", "2012-02-16 09:56:37.0", "IMG%5F0520"))
    others += len(b"key+west,%E5%85%83-81.80488524.55055812http://example.org/1.jpgAttribution LicenseJPG0") + 22
    fitting = MAX_LINE_BYTES - others
    path = write_database(
        tmp_path / "meta.sql",
        [{"description": "x" * fitting}, {"description": "x" * (fitting + 1)}, {"secret": b"x" * 3_000_000}],
    )
    with open_database(found(path)) as database:
        first, *others = database.rows(None, 0)
        assert first[1] is not None
        assert len(first[1]) == MAX_LINE_BYTES
        assert others == [(2, None), (3, None)]
        assert database.beginning(2).startswith(
            b"7\t39089491@N00\t\t2012-02-16 09:56:37.0\t\t\tIMG%5F0520\t\xe2\x80\xa6\t"
        )
        assert database.beginning(99) == b""


def test_a_value_of_fifty_megabytes_is_not_loaded(tmp_path: Path) -> None:
    path = write_database(tmp_path / "meta.sql", [{}])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE yfcc100m_dataset SET description = zeroblob(50000000)")
    apsw.memory_high_water(True)
    with open_database(found(path)) as database:
        assert list(database.rows(None, 0)) == [(1, None)]
        assert database.beginning(1).startswith(b"7\t39089491@N00\t")
    assert apsw.memory_high_water() < 5_000_000


def test_nothing_is_written_beside_it(many: Path) -> None:
    before = many.read_bytes()
    many.chmod(0o400)
    rows_of(many)
    assert many.read_bytes() == before
    assert [path.name for path in many.parent.iterdir()] == [many.name]


def test_a_name_that_is_awkward_in_a_url(many: Path, tmp_path: Path) -> None:
    path = tmp_path / "a ?#%41&mode=rwc.sql"
    shutil.copyfile(many, path)
    assert len(rows_of(path)) == 1_000


def in_wal_mode(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def test_wal_mode_without_a_log(many: Path) -> None:
    with closing(in_wal_mode(many)) as connection:
        connection.execute("DELETE FROM yfcc100m_dataset WHERE photoid >= 10")
        connection.commit()
    assert many.read_bytes()[18:20] == b"\2\2"
    assert len(rows_of(many)) == 10


def test_wal_mode_with_changes_in_the_log(many: Path) -> None:
    with closing(in_wal_mode(many)) as connection:
        connection.execute("DELETE FROM yfcc100m_dataset WHERE photoid >= 10")
        connection.commit()
        with pytest.raises(DamagedSourceError, match=r"meta\.sql: meta\.sql-wal beside it holds changes"):
            rows_of(many)


def test_a_journal_that_is_to_be_rolled_back(many: Path) -> None:
    with closing(sqlite3.connect(many)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("UPDATE yfcc100m_dataset SET title = hex(randomblob(50))")
        with pytest.raises(DamagedSourceError, match=r"meta\.sql: meta\.sql-journal beside it holds changes"):
            rows_of(many)
    (many.parent / "meta.sql-journal").write_bytes(bytes(512))  # one that is kept and says that it is over
    assert len(rows_of(many)) == 1_000


def replaced(data: bytes, start: int, new: bytes) -> bytes:
    return data[:start] + new + data[start + len(new) :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[: len(data) // 2 + 100],
        lambda data: data[:-1],
        lambda data: data[:100],
        lambda data: data[:16],
        lambda data: data[:100] + bytes(4096),
        lambda data: replaced(data, 4096 * 5, b"\xff" * 4096),
        lambda data: replaced(data, 4096 * 5, bytes(4096)),
        lambda data: replaced(data, 4096 * 6, data[4096 * 5 : 4096 * 6]),  # rows a second time
        lambda data: replaced(data, 18, bytes([9, 9])),
        lambda data: replaced(data, data.index(b"CREATE TABLE"), b"CREXTE TABLE"),
        lambda data: replaced(data, data.index(b"CREATE TABLE") + 13, b"\xff\xfe"),
    ],
)
def test_a_damaged_file(many: Path, damage: Callable[[bytes], bytes]) -> None:
    many.write_bytes(damage(many.read_bytes()))
    with pytest.raises(
        DamagedSourceError, match=r"source file file://.*meta\.sql is .*damaged.*; nothing of it is kept"
    ):
        rows_of(many)


def test_a_form_of_the_future(many: Path) -> None:
    many.write_bytes(replaced(many.read_bytes(), 44, (9).to_bytes(4, "big")))
    with pytest.raises(UnreachableSourceError, match="cannot be read as an SQLite database: unsupported file format"):
        rows_of(many)


def test_a_file_that_is_gone(many: Path) -> None:
    file = found(many)
    many.unlink()
    with pytest.raises(UnreachableSourceError, match="unable to open"), open_database(file):
        pass
