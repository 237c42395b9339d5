"""Which table of an SQLite database holds YFCC100M's metadata, and under which names: checked before a row is read.

Nothing in such a file is trusted. Names are compared and quoted; views, virtual tables and generated columns are no
candidates, since reading one could run anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import apsw

from assets.base.sentences import shorten
from assets.ingestion.errors import WrongFormatError
from assets.ingestion.lines import shown

TABLE = "yfcc100m_dataset"
COLUMNS = (
    "photoid", "uid", "unickname", "datetaken", "dateuploaded", "capturedevice", "title", "description", "usertags",
    "machinetags", "longitude", "latitude", "accuracy", "pageurl", "downloadurl", "licensename", "licenseurl",
    "serverid", "farmid", "secret", "secretoriginal", "ext", "marker",
)  # fmt: skip
"""The columns of the public bucket's table, in the order of the text files of 23 columns."""

_ROWIDS = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True)
class Table:
    """A table that has been looked at; names are quoted where they go into SQL.

    Attributes:
        name: Its name, fit to be shown.
        sql: Its name in SQL.
        rowid: Name of the rowid in SQL.
        columns: Names of the columns in SQL, by those of `COLUMNS` and in their order.
    """

    name: str
    sql: str
    rowid: str
    columns: Mapping[str, str]


def find_table(url: str, connection: apsw.Connection) -> Table:
    """The table named `yfcc100m_dataset`; without one, the only table that has its columns.

    Args:
        url: The file, for the sentence.
        connection: The open database.

    Raises:
        WrongFormatError: There is none, or there are several, or what is named so is no such table.
    """
    encoding = connection.pragma("encoding")
    if encoding != "UTF-8":
        raise WrongFormatError(f"source file {url} is an SQLite database in {encoding}: expected UTF-8")
    name = _name(url, connection)
    columns = _columns(connection, name)
    rowid = next((name for name in _ROWIDS if name not in columns), None)
    if rowid is None or not _has_rowids(connection, name, rowid):
        raise WrongFormatError(
            f"source file {url}: table {harmless(name)} has no rowids: expected an ordinary table, not one made "
            "WITHOUT ROWID or with columns of that name"
        )
    return Table(harmless(name), _quoted(name), rowid, {column: _quoted(columns[column]) for column in COLUMNS})


def harmless(text: str) -> str:
    """The beginning of a text out of a database, control characters escaped."""
    return shown(text.encode("utf-8", "replace"))


def _name(url: str, connection: apsw.Connection) -> str:
    # A view has no page of its own, nor has a virtual table.
    pages: dict[str, int] = dict(
        connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
    )
    tables = {name: _columns(connection, name) for name, page in pages.items() if page}
    named = next((name for name in pages if name.lower() == TABLE), None)
    if named is None:
        return _only_one(url, tables)
    if named not in tables:
        raise WrongFormatError(f"source file {url}: {TABLE} is a view or a virtual table, expected an ordinary table")
    missing = [column for column in COLUMNS if column not in tables[named]]
    if missing:
        raise WrongFormatError(
            f"source file {url}: expected the columns {', '.join(COLUMNS)} in table {TABLE}, which lacks "
            f"{', '.join(missing)}"
        )
    return named


def _only_one(url: str, tables: Mapping[str, Mapping[str, str]]) -> str:
    fitting = [name for name, columns in tables.items() if columns.keys() >= set(COLUMNS)]
    if len(fitting) == 1:
        return fitting[0]
    names = shorten([harmless(name) for name in fitting or tables], 12)
    raise WrongFormatError(
        f"source file {url}: expected an SQLite table {TABLE}, or one table with its columns {', '.join(COLUMNS)}; "
        f"found {'several with them' if fitting else 'the tables'}: {names}"
    )


def _columns(connection: apsw.Connection, table: str) -> dict[str, str]:
    """Ordinary columns of a table by their lower-case names."""
    names = connection.execute("SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0", (table,))
    return {name.lower(): name for (name,) in names}


def _has_rowids(connection: apsw.Connection, table: str, rowid: str) -> bool:
    try:
        connection.execute(f"SELECT {rowid} FROM {_quoted(table)} LIMIT 0")  # noqa: S608 - quoted
    except apsw.SQLError:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
