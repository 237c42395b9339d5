"""Opening the catalog, read-only for whoever asks; replacing it, only when nobody writes to the old one."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from assets.base.storage import Storage

if TYPE_CHECKING:
    import duckdb

# duckdb is imported where it is used: loading the graph does without it, and at the end of a process in which a module
# holds it, it reports leaks.

CATALOG = "locsens.duckdb"
WAL = CATALOG + ".wal"


class CatalogHeldError(RuntimeError):
    """Another program has the catalog open for writing."""


def connect_to(path: str, storage: Storage | None = None, *, read_only: bool = False) -> "duckdb.DuckDBPyConnection":
    """A DuckDB connection that reads through the storage's own filesystem where that is no local disk."""
    import duckdb

    database = duckdb.connect(path, read_only=read_only)
    if storage is not None and not storage.is_local:
        database.register_filesystem(storage.filesystem)
    return database


def open_catalog(storage: Storage | str) -> "duckdb.DuckDBPyConnection":
    """A storage's catalog, read-only, wherever the storage is: its views read through the storage's own file system.

    Close it when done; it is a context manager.

    Args:
        storage: The storage, or its URL, such as `s3://bucket/prefix`.

    Raises:
        FileNotFoundError: There is no catalog yet.
        StorageError: The storage cannot be reached.
    """
    storage = Storage(storage) if isinstance(storage, str) else storage
    if not storage.exists(CATALOG):
        raise FileNotFoundError(f"{storage.shown} has no {CATALOG} yet: run `locsens materialize`")
    if storage.is_local:
        return connect_to(storage.url(CATALOG), read_only=True)
    # DuckDB attaches a file on an object store only through its extension httpfs, which is not bundled.
    # The catalog is small, and the tables that its views name stay where they are; an open file outlives its
    # name.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / CATALOG
        copy.write_bytes(storage.read_bytes(CATALOG))
        return connect_to(str(copy), storage, read_only=True)


def refuse_if_held(storage: Storage) -> None:
    """Stop if another program has the catalog open for writing: replacing it beside its log would ruin it.

    Readers are no obstacle: they keep the old file until they close it.

    Raises:
        CatalogHeldError: It is held; the old file is left as it is.
    """
    import duckdb

    if storage.exists(WAL):
        raise CatalogHeldError(
            f"{storage.url(CATALOG)} is open in another program, or was when that ended badly: "
            f"{WAL} lies beside it. The old catalog is left as it is. Close that program (or, if it is gone, "
            "open the file once with DuckDB and close it), then run again"
        )
    if not storage.is_local or not storage.exists(CATALOG):
        return
    try:
        connect_to(storage.url(CATALOG), read_only=True).close()
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        if isinstance(error, duckdb.IOException) and "lock" not in str(error).lower():
            return  # a damaged or foreign file is nobody's: it is replaced
        raise CatalogHeldError(
            f"{storage.url(CATALOG)} is open for writing in another program ({str(error).splitlines()[0]}). "
            "The old catalog is left as it is. Close that program, then run again"
        ) from error
