"""The table that is read is the one meant, and a sentence says so where none can be."""

import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from given_sources import write_database

from assets.ingestion.database_table import COLUMNS, TABLE, Table, find_table
from assets.ingestion.errors import WrongFormatError

ALL = ", ".join(COLUMNS)
FEW = ", ".join(column for column in COLUMNS if column not in ("secret", "marker"))


def table_of(path: Path) -> Table:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return find_table("file:///meta.sql", connection)


def made_by(tmp_path: Path, *statements: str) -> Path:
    path = tmp_path / "meta.sql"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.parametrize("name", [TABLE, TABLE.upper()])
def test_the_table_of_the_public_bucket(tmp_path: Path, name: str) -> None:
    path = write_database(tmp_path / "meta.sql", [], table=name)
    write_database(path, [], table="another with the same columns")
    table = table_of(path)
    assert (table.name, table.sql, table.rowid) == (name, f'"{name}"', "rowid")
    assert table.columns == {column: f'"{column}"' for column in COLUMNS}


def test_names_of_columns_in_any_case_and_order_and_more_of_them(tmp_path: Path) -> None:
    columns = ", ".join(["more", *(column.title() for column in reversed(COLUMNS))])
    table = table_of(made_by(tmp_path, f"CREATE TABLE {TABLE} ({columns})"))
    assert list(table.columns.items()) == [(column, f'"{column.title()}"') for column in COLUMNS]


@pytest.mark.parametrize("name", ["photos", 'x"; DROP TABLE y; --', "a b\tc", "sélect", ""])
def test_another_name_if_it_is_the_only_one(tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    path = made_by(tmp_path, f"CREATE TABLE {quoted} ({ALL})", f"CREATE TABLE other ({FEW})")
    assert table_of(path).sql == quoted


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        ([], r"expected an SQLite table yfcc100m_dataset, or one table with its columns .*; found the tables: none$"),
        ([f"CREATE TABLE a ({FEW})", "CREATE TABLE b (x)"], "found the tables: a, b$"),
        ([f"CREATE TABLE a ({ALL})", f"CREATE TABLE b ({ALL})"], "found several with them: a, b$"),
        ([f"CREATE TABLE {TABLE} ({FEW})"], "in table yfcc100m_dataset, which lacks secret, marker$"),
        ([f"CREATE TABLE {TABLE} ({FEW})", f"CREATE TABLE b ({ALL})"], "which lacks secret, marker$"),
        ([f"CREATE TABLE b ({ALL})", f"CREATE VIEW {TABLE} AS SELECT * FROM b"], "is a view or a virtual table"),
        (["CREATE TABLE x (y)", f"CREATE VIEW v AS SELECT {', '.join(f'y {c}' for c in COLUMNS)} FROM x"], "s: x$"),
        ([f"CREATE VIRTUAL TABLE {TABLE} USING fts5({ALL})"], "is a view or a virtual table"),
        ([f"CREATE TABLE {TABLE} ({ALL}, PRIMARY KEY (photoid)) WITHOUT ROWID"], "has no rowids"),
        ([f"CREATE TABLE {TABLE} ({ALL}, rowid, oid, _rowid_)"], "has no rowids"),
        (
            [f"CREATE TABLE {TABLE} ({FEW}, secret, marker AS (length(ext)))"],
            "which lacks marker$",
        ),
        (["PRAGMA encoding = 'UTF-16le'", f"CREATE TABLE {TABLE} ({ALL})"], "in UTF-16le: expected UTF-8$"),
        (['CREATE TABLE "a\x1b[31m" (x)'], r"found the tables: a\\x1b\[31m$"),
    ],
)  # fmt: skip
def test_none_that_can_be_read(tmp_path: Path, statements: list[str], sentence: str) -> None:
    with pytest.raises(WrongFormatError, match=f"source file file:///meta.sql.*{sentence}"):
        table_of(made_by(tmp_path, *statements))


def test_a_column_named_rowid_is_not_taken_for_the_rowid(tmp_path: Path) -> None:
    assert table_of(made_by(tmp_path, f"CREATE TABLE {TABLE} (RowId, {ALL})")).rowid == "_rowid_"
