import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from assets.base.tables import TABLES
from assets.evaluation.report.maps import densities
from assets.evaluation.report.sql import QUESTIONS, of_cells


@pytest.fixture
def catalog() -> duckdb.DuckDBPyConnection:
    """The contract's tables, empty, and the catalog's macros."""
    database = duckdb.connect()
    for name, table in TABLES.items():
        if table.width_of is not None:  # float16 embeddings: the catalog reads them from Parquet
            continue
        schema = table.schema()
        for folder in table.folders:
            schema = schema.append(pa.field(folder, pa.string()))
        rows = schema.empty_table()
        database.register("rows", rows)
        database.execute(f"CREATE TABLE {name} AS FROM rows")
    database.execute("CREATE MACRO near(a, b, c, d, km) AS abs(a - c) + abs(b - d) < km / 111")
    return database


@pytest.mark.parametrize("question", range(len(QUESTIONS)))
def test_every_query_of_the_report_runs(catalog: duckdb.DuckDBPyConnection, question: int) -> None:
    assert catalog.execute(QUESTIONS[question][1]).fetchall() == []


def test_hashtags_around_a_place(catalog: duckdb.DuckDBPyConnection) -> None:
    rows = pa.table(
        {
            "photo_id": [1, 2, 3],
            "tags": [["bridge", "thames"], ["bridge"], ["temple"]],
            "latitude": [51.5, 51.51, 35.0],
            "longitude": [-0.13, -0.12, 139.0],
        }
    )
    catalog.register("three_photos", rows)
    catalog.execute("CREATE OR REPLACE TABLE photos AS FROM three_photos")
    sql = next(sql for question, sql in QUESTIONS if "around a place" in question)
    assert catalog.execute(sql).fetchall() == [("bridge", 2), ("thames", 1)]


@pytest.mark.parametrize("spread", [5.0, 60.0])
def test_cells_of_a_map_are_what_its_query_gives(spread: float) -> None:
    draws = np.random.default_rng(0)
    places = draws.normal((48.1, -11.6), spread / 6, (500, 2)).clip(-89, 89)
    photos = pl.DataFrame({"latitude": places[:, 0], "longitude": places[:, 1]})
    with duckdb.connect() as database:
        database.register("photos", photos.to_arrow())
        drawn = [one for one in densities(photos.lazy(), 2.0) if one is not None]
        assert len(drawn) == (2 if spread < 30 else 1)
        for one in drawn:
            assert database.execute(of_cells(one.degrees, one.within)).fetchall() == one.cells.rows()
    if spread < 30:
        assert drawn[1].cells["photos"].sum() < 500, "without the farthest ones"
