import math
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from given import WIDTHS, example

from assets.base.provenance import PROVENANCE_SCHEMA
from assets.base.sql import quote_text
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.catalog.access import connect_to
from assets.catalog.build import UNIONS, CatalogError, build_catalog
from assets.catalog.checks import view_names
from assets.catalog.sql import literal_path, sql_type
from models.geography import distance_km

FOLDERS = {"split": "test", "shard": "a-00001", "source_file": "a", "model": "locsens_sampling_0.1", "seed": 2}


def write(storage: Storage, names=tuple(TABLES)) -> dict[str, list[str]]:
    files = {}
    for name in names:
        folders = [f"{folder}={FOLDERS[folder]}" for folder in TABLES[name].folders]
        path = "/".join(["tables", name, *folders, "part-0.parquet"])
        storage.write_table(path, example(name, WIDTHS.get(name, 3)))
        files[name] = [storage.url(path)]
    return files


@pytest.fixture
def storage(storage_url) -> Storage:
    return Storage(storage_url)


def build(path: Path, files, storage: Storage, widths=None, provenance=None) -> Path:
    records = PROVENANCE_SCHEMA.empty_table() if provenance is None else provenance
    build_catalog(path, files, WIDTHS if widths is None else widths, records, storage)
    return path


def test_a_row_of_every_view_with_the_types_of_the_contract(storage, tmp_path):
    path = build(tmp_path / "c.duckdb", write(storage), storage)
    with connect_to(str(path), storage, read_only=True) as database:
        assert view_names(database) == sorted([*TABLES, *UNIONS, "provenance"])
        for name, table in TABLES.items():
            found = database.sql(f'FROM "{name}"').to_arrow_table()
            assert found.num_rows == 1, name
            assert found.column_names == [*(column.name for column in table.columns), *table.folders]
            (row,), (wanted,) = found.to_pylist(), example(name, WIDTHS.get(name, 3)).to_pylist()
            assert row == wanted | {folder: FOLDERS[folder] for folder in table.folders}
            kinds = {column: str(kind) for column, kind, *_ in database.execute(f'DESCRIBE "{name}"').fetchall()}
            for column in table.columns:
                width = WIDTHS[name] if column.name == table.width_of else None
                assert kinds[column.name] == sql_type(column.type, width)
            assert {folder: kinds[folder] for folder in table.folders} == {
                folder: "BIGINT" if folder == "seed" else "VARCHAR" for folder in table.folders
            }


def test_union_views_hold_all_methods_whatever_their_width(storage, tmp_path):
    path = build(tmp_path / "c.duckdb", write(storage), storage)
    with connect_to(str(path), storage, read_only=True) as database:
        found = database.execute(
            "SELECT method, len(embedding), typeof(embedding), shard FROM image_embeddings ORDER BY method"
        ).fetchall()
        assert found == [
            (method, width, "FLOAT[]", "a-00001") for method, width in (("her", 3), ("mcc", 3), ("mlc", 5))
        ]
        found = database.execute(
            "SELECT method, tag_id, len(embedding), bias FROM tag_embeddings ORDER BY method"
        ).fetchall()
        assert found == [("her", 4, 3, 0.25), ("mcc", 4, 3, 0.25), ("mlc", 4, 5, 0.25)]
        # an array of fixed length is what DuckDB's similarity functions take
        similarity = database.execute(
            "SELECT array_cosine_similarity(i.embedding, t.embedding) FROM image_embeddings_mcc i, tag_embeddings_mcc t"
        ).fetchone()
        assert similarity[0] == pytest.approx(1.0)


def test_without_files_every_view_is_typed_and_empty(storage, tmp_path):
    path = build(tmp_path / "c.duckdb", {}, storage, widths={"image_embeddings_mcc": 3})
    with connect_to(str(path), storage, read_only=True) as database:
        for name in view_names(database):
            assert database.execute(f'SELECT count(*) FROM "{name}"').fetchone() == (0,)
        kinds = {name: str(kind) for name, kind, *_ in database.execute("DESCRIBE photos").fetchall()}
        assert kinds["tag_ids"] == "INTEGER[]"
        assert kinds["taken_at"] == "TIMESTAMP"
        assert kinds["split"] == kinds["shard"] == "VARCHAR"
        kinds = {name: str(kind) for name, kind, *_ in database.execute("DESCRIBE image_embeddings_mcc").fetchall()}
        assert kinds["embedding"] == "FLOAT[3]"


def test_some_methods_without_files(storage, tmp_path):
    files = write(storage, ["image_embeddings_mcc", "tag_embeddings_mcc"])
    with connect_to(str(build(tmp_path / "c.duckdb", files, storage)), storage, read_only=True) as database:
        assert database.execute("SELECT method FROM image_embeddings").fetchall() == [("mcc",)]
        assert database.execute("SELECT method FROM tag_embeddings").fetchall() == [("mcc",)]


def test_only_the_files_given_are_read(storage, tmp_path):
    files = write(storage, ["photos"])
    storage.write_table("tables/photos/split=train/shard=a-00009/part-0.parquet", example("photos"))
    with connect_to(str(build(tmp_path / "c.duckdb", files, storage)), storage, read_only=True) as database:
        assert database.execute("SELECT split, shard FROM photos").fetchall() == [("test", "a-00001")]


def test_keys_that_look_like_numbers_or_dates_stay_text(tmp_path):
    storage = Storage(str(tmp_path / "s"))
    paths = []
    for shard in ("007", "2010-01-01"):
        path = f"tables/tag_counts/shard={shard}/part-0.parquet"
        storage.write_table(path, example("tag_counts"))
        paths.append(storage.url(path))
    with connect_to(str(build(tmp_path / "c.duckdb", {"tag_counts": paths}, storage)), read_only=True) as database:
        assert database.execute("SELECT shard FROM tag_counts ORDER BY shard").fetchall() == [
            ("007",),
            ("2010-01-01",),
        ]


@pytest.mark.parametrize("name", ["st*r", "wh[a]t?", "o'clock", "day=1", 'quo"te', "blank space", "brücke"])
def test_folders_with_odd_names(tmp_path, name):
    storage = Storage(str(tmp_path / name / "s"))
    Storage(str(tmp_path / "stxr" / "s")).write_table("tables/vocabulary/part-0.parquet", example("vocabulary"))
    files = write(storage, ["vocabulary", "photos"])
    with connect_to(str(build(tmp_path / "c.duckdb", files, storage)), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM vocabulary").fetchone() == (1,)
        assert database.execute("SELECT split FROM photos").fetchone() == ("test",)


@pytest.mark.parametrize("missing", ["tag", "photos"])
def test_a_file_that_is_not_what_the_contract_says(tmp_path, missing):
    broken = example("vocabulary").drop_columns([missing])
    pq.write_table(broken, tmp_path / "broken.parquet")
    with pytest.raises(CatalogError, match="catalog, view vocabulary: "):
        build(tmp_path / "c.duckdb", {"vocabulary": [str(tmp_path / "broken.parquet")]}, Storage(str(tmp_path)))


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(CatalogError, match=r"catalog, view vocabulary: .*nowhere\.parquet"):
        build(tmp_path / "c.duckdb", {"vocabulary": [str(tmp_path / "nowhere.parquet")]}, Storage(str(tmp_path)))


def test_provenance_and_comments(storage, tmp_path):
    row = dict.fromkeys(PROVENANCE_SCHEMA.names) | {
        "asset": "photos", "partition": "a-00001", "status": "done", "rows": 7,
        "inputs": ["vocabulary:all@x"],
        "started_at": "2026-01-02T03:04:05+00:00", "finished_at": "2026-01-02T03:05:05+00:00",
    }  # fmt: skip
    records = pa.Table.from_pylist([row], schema=PROVENANCE_SCHEMA)
    path = build(tmp_path / "c.duckdb", {}, storage, provenance=records)
    with connect_to(str(path), read_only=True) as database:
        found = database.execute(
            "SELECT asset, rows, inputs, epoch(finished_at - started_at), typeof(started_at) FROM provenance"
        ).fetchall()
        assert found == [("photos", 7, ["vocabulary:all@x"], 60.0, "TIMESTAMP")]
        assert database.execute("SELECT column_name FROM (DESCRIBE provenance)").fetchall() == [
            (name,) for name in PROVENANCE_SCHEMA.names
        ]
        comment = database.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'vocabulary'").fetchone()
        assert comment == (TABLES["vocabulary"].description,)


def test_building_again_replaces_a_leftover(storage, tmp_path):
    path = tmp_path / "c.duckdb"
    path.write_bytes(b"half a file")
    (tmp_path / "c.duckdb.wal").write_bytes(b"log")
    build(path, write(storage, ["vocabulary"]), storage)
    assert not (tmp_path / "c.duckdb.wal").exists()
    with connect_to(str(path), storage, read_only=True) as database:
        assert database.execute("SELECT count(*) FROM vocabulary").fetchone() == (1,)


@pytest.fixture
def macros(tmp_path):
    path = build(tmp_path / "c.duckdb", {}, Storage(str(tmp_path)))
    with duckdb.connect(str(path), read_only=True) as database:
        yield database


def test_distance_macro_is_the_formula_of_the_models(macros):
    rng = np.random.default_rng(11)
    points = np.stack([rng.uniform(low, high, 500) for low, high in ((-90, 90), (-180, 180)) * 2], axis=1)
    points = np.concatenate([points, [[0, 0, 0, 180], [90, 0, -90, 0], [1, 1, 1, 1], [10, 179.9999, 10, -179.9999]]])
    table = pa.table({name: points[:, i] for i, name in enumerate(("a", "b", "c", "d"))})
    macros.register("points", table)
    found = macros.sql("SELECT distance_km(a, b, c, d) AS km FROM points").to_arrow_table().column("km").to_numpy()
    np.testing.assert_allclose(found, distance_km(*points.T), rtol=1e-12, atol=1e-9)


def test_distance_macro_passes_null_and_nan_on(macros):
    assert macros.execute("SELECT distance_km(NULL, 0, 0, 0), distance_km(0, 0, 0, NULL)").fetchone() == (
        None,
        None,
    )
    assert math.isnan(macros.execute("SELECT distance_km('nan'::DOUBLE, 0, 0, 0)").fetchone()[0])


def test_near(macros):
    one_degree = float(distance_km(0, 0, 1, 0))
    answer = macros.execute(
        "SELECT near(0, 0, 1, 0, ?), near(0, 0, 1, 0, ?), near(NULL, 0, 1, 0, 5)",
        [one_degree + 1e-6, one_degree - 1e-6],
    ).fetchone()
    assert answer == (True, False, None)
    assert macros.execute("SELECT near(51.5, -0.12, 51.6, -0.1, 25)").fetchone() == (True,)


def test_quoting():
    assert quote_text("o'clock") == "'o''clock'"
    assert literal_path("/a[b]/*?.parquet") == "/a[[]b]/[*][?].parquet"
    with pytest.raises(KeyError):
        sql_type(pa.date32())
