"""Building `locsens.duckdb`: one view per table, union views, provenance and macros, into a local file.

What the SQL says is in `sql`; opening and publishing the file are in `access`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from assets.base.keys import METHODS
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.catalog.access import connect_to
from assets.catalog.sql import MACROS, comments_sql, union_sql, view_sql

if TYPE_CHECKING:
    import duckdb

UNIONS = ("image_embeddings", "tag_embeddings")


class CatalogError(ValueError):
    """The catalog cannot be built."""


def build_catalog(
    path: Path,
    files: Mapping[str, Sequence[str]],
    widths: Mapping[str, int],
    provenance: pa.Table,
    storage: Storage | None = None,
) -> None:
    """Write the catalog into a new local file and close it.

    Args:
        path: Local file; replaced if it is there.
        files: Absolute paths or URLs of each table's recorded files; without files, an empty view.
        widths: Length of the vectors of each table that has some.
        provenance: One row per output, as `assets.base.provenance.Ledger.table` makes it.
        storage: Where the files are, needed if that is no local disk.

    Raises:
        CatalogError: A file is not what the contract says; the sentence names the table.
    """
    import duckdb

    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with connect_to(str(path), storage) as database:
        database.execute("BEGIN")  # one commit instead of some two hundred
        for statement in MACROS:
            database.execute(statement)
        for name, table in TABLES.items():
            try:
                database.execute(view_sql(table, files.get(name, ()), widths.get(name)))
            except duckdb.Error as error:
                raise CatalogError(f"catalog, view {name}: {str(error).splitlines()[0]}") from error
            for statement in comments_sql(table):
                database.execute(statement)
        for name in UNIONS:
            database.execute(union_sql(name, [(method, TABLES[f"{name}_{method}"]) for method in METHODS]))
        _add_provenance(database, provenance)
        database.execute("COMMIT")
        database.execute("CHECKPOINT")


def _add_provenance(database: "duckdb.DuckDBPyConnection", provenance: pa.Table) -> None:
    """Records are many small JSON files: the catalog keeps a copy of what they say, times as UTC."""
    times = {"started_at", "finished_at"}
    columns = ", ".join(
        f"CAST(substr({name}, 1, 19) AS TIMESTAMP) AS {name}" if name in times else f'"{name}"'
        for name in provenance.column_names
    )
    database.register("recorded", provenance)
    database.execute("CREATE SCHEMA stored")
    # Column names are those of our own schema, no outside text.
    database.execute(f"CREATE TABLE stored.provenance AS SELECT {columns} FROM recorded")  # noqa: S608
    database.unregister("recorded")
    database.execute("CREATE VIEW provenance AS FROM stored.provenance")
    database.execute("COMMENT ON VIEW provenance IS 'One row per output: what was made, of what, when (UTC).'")
