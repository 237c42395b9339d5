import logging

import pyarrow as pa
import pytest
from given import example, open_given, put

from assets.base.execute import execute
from assets.base.tables import TABLES
from assets.catalog.access import CATALOG, WAL, CatalogHeldError, open_catalog
from assets.catalog.assets import duckdb_catalog
from assets.catalog.build import CatalogError

LOG = logging.getLogger("tests")


def photo(*ids: int) -> pa.Table:
    rows = [example("photos").to_pylist()[0] | {"photo_id": i} for i in ids]
    return pa.Table.from_pylist(rows, schema=TABLES["photos"].schema())


@pytest.fixture
def workspace(storage_url, tmp_path):
    given = {
        "photos": {"a-00000": photo(1, 2), "a-00001": photo(3)},
        "vocabulary": example("vocabulary"),
        "image_embeddings_mcc": {
            "a-00000": example("image_embeddings_mcc"),
            "a-00001": TABLES["image_embeddings_mcc"].empty(),
        },
    }
    return open_given(duckdb_catalog, given, storage_url, tmp_path / "work", folders={"photos": "split=train"})


def test_recorded_tables_become_views(workspace):
    workspace.storage.write_table("tables/photos/split=test/shard=a-00009/part-0.parquet", photo(9))
    outcome = execute(duckdb_catalog, workspace, None, LOG).raise_if_failed()
    assert [file.path for file in outcome.records["duckdb_catalog"].files] == [CATALOG]
    checks = {check.name: check.values for check in outcome.checks["duckdb_catalog"]}
    assert checks == {
        "every_view_answers": {"views": len(TABLES) + 3, "failed": 0},
        "photo_ids_unique": {"photos": 3, "twice": 0},
    }
    with open_catalog(workspace.storage) as database:
        assert database.execute("SELECT photo_id, split, shard FROM photos ORDER BY 1").fetchall() == [
            (1, "train", "a-00000"), (2, "train", "a-00000"), (3, "train", "a-00001"),
        ]  # fmt: skip
        assert database.execute("SELECT typeof(embedding) FROM image_embeddings_mcc").fetchall() == [("FLOAT[3]",)]
        assert database.execute("SELECT count(*) FROM tagging_results").fetchone() == (0,)
        assert database.execute(
            "SELECT asset, partition, rows FROM provenance WHERE asset = 'photos' ORDER BY partition"
        ).fetchall() == [("photos", "a-00000", 2), ("photos", "a-00001", 1)]
    assert outcome.notes["duckdb_catalog"]["files"] == 6


def test_up_to_date_until_something_changes(workspace):
    execute(duckdb_catalog, workspace, None, LOG).raise_if_failed()
    assert execute(duckdb_catalog, workspace, None, LOG).unchanged
    put(workspace, "photos", "a-00001", photo(3, 4), "split=train")
    assert not execute(duckdb_catalog, workspace, None, LOG).raise_if_failed().unchanged
    with open_catalog(workspace.storage) as database:
        assert database.execute("SELECT count(*) FROM photos").fetchone() == (4,)


def test_a_photo_twice_over_shards_fails_the_check(workspace):
    put(workspace, "photos", "a-00001", photo(2), "split=test")
    outcome = execute(duckdb_catalog, workspace, None, LOG)
    assert outcome.failed == ["photo_ids_unique: 1 of 3 photos twice"]
    assert workspace.ledger.get("duckdb_catalog") is None


def test_held_open_leaves_the_old_file(workspace):
    execute(duckdb_catalog, workspace, None, LOG).raise_if_failed()
    before = workspace.storage.read_bytes(CATALOG)
    workspace.storage.write_bytes(WAL, b"log")
    with pytest.raises(CatalogHeldError, match="The old catalog is left as it is"):
        execute(duckdb_catalog, workspace, None, LOG, force=True)
    assert workspace.storage.read_bytes(CATALOG) == before


def test_vectors_of_two_lengths_stop_with_their_files(workspace):
    put(workspace, "image_embeddings_mcc", "a-00001", example("image_embeddings_mcc", 5))
    with pytest.raises(CatalogError, match=r"image_embeddings_mcc: .* 3 in .*a-00000.*, 5 in .*a-00001"):
        execute(duckdb_catalog, workspace, None, LOG)
