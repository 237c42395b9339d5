"""An SQLite database of YFCC100M's metadata, opened read-only, and its rows in the order of their rowids.

SQLite itself joins a row's fields by tabs, so that rows look as they do in the text files, and a value that is far too
large is never loaded. What a row means is in `assets.ingestion.yfcc100m`, which table is read in
`assets.ingestion.database_table`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import apsw

from assets.ingestion.database_table import COLUMNS, Table, find_table, harmless
from assets.ingestion.errors import DamagedSourceError, UnreachableSourceError
from assets.ingestion.lines import MAX_LINE_BYTES
from assets.ingestion.sources import SourceFile, local_path
from assets.ingestion.stored_pages import connect_in_place

_PLACES = ("longitude", "latitude")
_LOWEST_ROWID = -(1 << 63)
_HIGHEST_ROWID = (1 << 63) - 1
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_SHOWN_BYTES = 200

Row = tuple[int, bytes | None]


@dataclass(frozen=True)
class Database:
    """An open database.

    Attributes:
        file: The source file.
        table: Its table.
    """

    file: SourceFile
    table: Table
    _connection: apsw.Connection = field(repr=False)

    def rows(self, after: int | None, limit: int) -> Iterator[Row]:
        """Yield rows in the order of their rowids, read as they are asked for.

        Args:
            after: Only rows beyond this rowid, None for all.
            limit: At most so many, 0 for all.

        Yields:
            The rowid, and the 23 fields joined by tabs; None in their place if they are longer than a line may be.

        Raises:
            DamagedSourceError: The database is damaged.
            UnreachableSourceError: It cannot be read any more.
        """
        if after == _HIGHEST_ROWID:
            return
        size = " + ".join(f"ifnull(octet_length({name}), 0)" for name in self.table.columns.values())
        fields = (_as_text(name, is_place=column in _PLACES) for column, name in self.table.columns.items())
        most = MAX_LINE_BYTES - len(COLUMNS) + 1
        line = f"CASE WHEN {size} <= {most} THEN CAST(concat_ws(char(9), {', '.join(fields)}) AS BLOB) END"
        first = _LOWEST_ROWID if after is None else after + 1
        rowid = self.table.rowid
        before = after
        for row in self._select(line, f"{rowid} >= ? ORDER BY {rowid} LIMIT ?", (first, limit or -1)):
            if before is not None and row[0] <= before:
                raise DamagedSourceError(
                    f"source file {self.file.url} is damaged: rowid {row[0]} of table {self.table.name} comes after "
                    f"rowid {before}; nothing of it is kept"
                )
            before = row[0]
            yield row

    def beginning(self, rowid: int) -> bytes:
        """A row without its long fields: to show one that is too long."""
        short = (
            f"CASE WHEN octet_length({name}) > {_SHOWN_BYTES} THEN '…' ELSE ifnull({name}, '') END"
            for name in self.table.columns.values()
        )
        line = f"CAST(concat_ws(char(9), {', '.join(short)}) AS BLOB)"
        return next((line for _, line in self._select(line, f"{self.table.rowid} = ?", (rowid,)) if line), b"")

    def _select(self, value: str, which: str, bindings: tuple[int, ...]) -> Iterator[Row]:
        # With an index SQLite might choose another order than that of the pages.
        sql = f"SELECT {self.table.rowid}, {value} FROM {self.table.sql} NOT INDEXED WHERE {which}"  # noqa: S608
        with _reading(self.file):
            yield from self._connection.execute(sql, bindings)


@contextmanager
def open_database(file: SourceFile) -> Iterator[Database]:
    """Open a database; a remote one in place: only the pages that are read are fetched.

    Args:
        file: A file that begins as SQLite databases do.

    Raises:
        WrongFormatError: It has no table of YFCC100M's metadata, or more than one.
        DamagedSourceError: It is cut off or damaged, or in the middle of being changed.
        UnreachableSourceError: It cannot be opened.
    """
    path = local_path(file)
    if path is not None:
        _refuse_unfinished(file, path)
    with _reading(file):
        opened = connect_in_place(file) if path is None else closing(_connect(path))
    with opened as connection:
        with _reading(file):
            connection.pragma("trusted_schema", False)
            connection.pragma("cell_size_check", True)
            _refuse_cut(file, int(connection.pragma("page_size")) * int(connection.pragma("page_count")))
            table = find_table(file.url, connection)
        yield Database(file, table, connection)


@contextmanager
def _reading(file: SourceFile) -> Iterator[None]:
    """Say in a sentence what SQLite reports while a file is read."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise DamagedSourceError(
            f"source file {file.url} is an SQLite database that is cut off or damaged: {harmless(str(error))}; "
            "nothing of it is kept"
        ) from error
    except apsw.Error as error:
        raise UnreachableSourceError(
            f"source file {file.url} cannot be read as an SQLite database: {harmless(str(error))}"
        ) from error


def _connect(path: str) -> apsw.Connection:
    # Immutable: no lock, no journal, nothing written beside it, and a file in WAL mode opens without its log.
    uri = f"file:{quote(path.encode('utf-8', 'surrogateescape'))}?mode=ro&immutable=1"
    return apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def _refuse_unfinished(file: SourceFile, path: str) -> None:
    """Refuse a file of which a part lies in a journal beside it: it would be read in a state that never was."""
    log, journal = Path(f"{path}-wal"), Path(f"{path}-journal")
    if log.is_file() and log.stat().st_size:
        beside = log
    elif journal.is_file() and _begins_with(journal, _JOURNAL_MAGIC):
        beside = journal
    else:
        return
    raise DamagedSourceError(
        f"source file {file.url}: {beside.name} beside it holds changes that are not in it: close the program that "
        "writes to it, or open it once with the program sqlite3, which brings them in"
    )


def _refuse_cut(file: SourceFile, size: int) -> None:
    # SQLite itself reads what the last page lacks as zeros.
    if size > file.bytes:
        raise DamagedSourceError(
            f"source file {file.url} is an SQLite database that is cut off or damaged: expected {size:,} bytes, found "
            f"{file.bytes:,}; nothing of it is kept"
        )


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(magic)) == magic


def _as_text(name: str, *, is_place: bool) -> str:
    """A field as text; degrees that are stored as a number with all their digits, -1 as the text files write it."""
    text = f"ifnull({name}, '')"
    if not is_place:
        return text
    return f"CASE WHEN typeof({name}) IN ('integer', 'real') THEN format('%!.17g', {name}) ELSE {text} END"
