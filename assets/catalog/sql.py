"""The catalog's SQL, as text: types, views over Parquet files, macros. Nothing is executed here."""

from collections.abc import Sequence

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.sql import quote_name, quote_text
from models.geography import EQUATOR_RADIUS_KM, FLATTENING, TINY

_SCALARS = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.binary(): "BLOB",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float16(): "FLOAT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us"): "TIMESTAMP",
}

_NUMERIC_FOLDERS = {"seed"}


def literal_path(path: str) -> str:
    """A path that matches nothing but itself, where DuckDB takes `*`, `?` and `[` for patterns."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def sql_type(kind: pa.DataType, width: int | None = None) -> str:
    """DuckDB's type for an Arrow type; with a width, a list becomes an array of that length.

    Raises:
        KeyError: The catalog does not know the type.
    """
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[{'' if width is None else width}]"
    return _SCALARS[kind]


def folder_type(folder: str) -> str:
    """DuckDB's type for a column that lives in the path: text, but for those that are numbers."""
    return "BIGINT" if folder in _NUMERIC_FOLDERS else "VARCHAR"


def _column_type(table: Table, column: Column, width: int | None) -> str:
    return sql_type(column.type, width if column.name == table.width_of else None)


def view_sql(table: Table, paths: Sequence[str], width: int | None = None) -> str:
    """`CREATE VIEW` of one table over its files, typed by the contract; without files, typed and empty.

    Args:
        table: The table.
        paths: Absolute paths or URLs of its Parquet files, below their `name=value` folders.
        width: Length of the vectors in `width_of`, None where it is not known (nothing was written).
    """
    typed = [(column.name, _column_type(table, column, width)) for column in table.columns]
    typed += [(folder, folder_type(folder)) for folder in table.folders]
    source = _files_sql(table, paths) if paths else ""
    value = "{name}" if paths else "NULL"
    columns = ",\n  ".join(
        f"CAST({value.format(name=quote_name(name))} AS {kind}) AS {quote_name(name)}" for name, kind in typed
    )
    tail = f"FROM {source}" if paths else "WHERE false"
    return f"CREATE VIEW {quote_name(table.name)} AS SELECT\n  {columns}\n{tail}"


def _files_sql(table: Table, paths: Sequence[str]) -> str:
    listed = ", ".join(quote_text(literal_path(path)) for path in paths)
    hive = ""
    if table.folders:
        kinds = ", ".join(f"{quote_name(folder)}: {folder_type(folder)}" for folder in table.folders)
        hive = f", hive_types = {{{kinds}}}"
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = {bool(table.folders)!s}{hive})"


def union_sql(name: str, parts: Sequence[tuple[str, Table]]) -> str:
    """`CREATE VIEW` of the same table of several methods, with a column `method`; vectors become `FLOAT[]`.

    The methods' widths differ: with a fixed width the view would be created and fail when a row is read.

    Args:
        name: Name of the view.
        parts: Method and its table; all have the same columns.
    """
    selects = []
    for method, table in parts:
        columns = ", ".join(
            f"CAST({quote_name(column.name)} AS {sql_type(column.type)}) AS {quote_name(column.name)}"
            for column in table.columns
        )
        folders = "".join(f", {quote_name(folder)}" for folder in table.folders)
        source = quote_name(table.name)
        selects.append(f"SELECT {quote_text(method)} AS method, {columns}{folders} FROM {source}")  # noqa: S608 - quoted
    return f"CREATE VIEW {quote_name(name)} AS\n" + "\nUNION ALL\n".join(selects)


def comments_sql(table: Table) -> list[str]:
    """What the table and its columns are, as comments on the view."""
    view = quote_name(table.name)
    return [f"COMMENT ON VIEW {view} IS {quote_text(table.description)}"] + [
        f"COMMENT ON COLUMN {view}.{quote_name(column.name)} IS {quote_text(column.description)}"
        for column in table.columns
    ]


MACROS = (
    f"CREATE MACRO reduced_latitude(lat) AS atan({1 - FLATTENING!r} * tan(radians(lat)))",
    """CREATE MACRO haversine_of(beta1, beta2, dlambda) AS
  pow(sin((beta2 - beta1) / 2), 2) + cos(beta1) * cos(beta2) * pow(sin(dlambda / 2), 2)""",
    # Rounding puts antipodes a hair above 1. LEAST would cut that off too, but turns NULL and NaN into 1.
    "CREATE MACRO capped(value) AS value - greatest(value - 1, 0)",
    f"""CREATE MACRO lambert_km(haversine, sigma, middle, half) AS
  {EQUATOR_RADIUS_KM!r} * (sigma - {FLATTENING / 2!r} * (
    (sigma - sin(sigma)) * pow(sin(middle) * cos(half), 2) / greatest(1 - haversine, {TINY!r})
    + (sigma + sin(sigma)) * pow(cos(middle) * sin(half), 2) / greatest(haversine, {TINY!r})))""",
    """CREATE MACRO reduced_km(beta1, beta2, haversine) AS
  lambert_km(haversine, 2 * asin(sqrt(haversine)), (beta1 + beta2) / 2, (beta2 - beta1) / 2)""",
    """CREATE MACRO distance_km(lat1, lon1, lat2, lon2) AS
  reduced_km(reduced_latitude(lat1), reduced_latitude(lat2), capped(haversine_of(
    reduced_latitude(lat1), reduced_latitude(lat2), radians(lon2 - lon1))))""",
    """CREATE MACRO near(lat, lon, to_lat, to_lon, km) AS
  distance_km(lat, lon, to_lat, to_lon) <= km""",
)
"""`distance_km` is the formula of `models.geography.distance_km`; NULL in, NULL out. The others are its parts."""
