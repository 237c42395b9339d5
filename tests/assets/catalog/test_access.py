import subprocess
import sys
from contextlib import contextmanager

import duckdb
import pytest
from given import WIDTHS, example

from assets.base.provenance import PROVENANCE_SCHEMA
from assets.base.storage import Storage
from assets.catalog.access import CATALOG, WAL, CatalogHeldError, open_catalog, refuse_if_held
from assets.catalog.build import build_catalog

HOLDER = """
import duckdb, sys
database = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reader")
if sys.argv[2] == "writing":
    database.execute("SET wal_autocheckpoint = '1GB'")
    database.execute("CREATE TABLE notes AS SELECT 1 AS a")
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by(path: str, how: str):
    """Another program that has the catalog open until the block ends."""
    arguments = [sys.executable, "-c", HOLDER, path, how]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


def publish(storage: Storage, tmp_path) -> bytes:
    storage.write_table("tables/vocabulary/part-0.parquet", example("vocabulary"))
    storage.write_table("tables/tag_counts/shard=a-00001/part-0.parquet", example("tag_counts"))
    files = {
        "vocabulary": [storage.url("tables/vocabulary/part-0.parquet")],
        "tag_counts": [storage.url("tables/tag_counts/shard=a-00001/part-0.parquet")],
    }
    built = tmp_path / "built.duckdb"
    build_catalog(built, files, WIDTHS, PROVENANCE_SCHEMA.empty_table(), storage)
    storage.write_bytes(CATALOG, built.read_bytes())
    return built.read_bytes()


def test_opened_from_a_folder_and_from_memory(storage_url, tmp_path):
    storage = Storage(storage_url)
    publish(storage, tmp_path)
    refuse_if_held(storage)
    with open_catalog(storage) as database:
        assert database.execute("SELECT tag, shard FROM tag_counts").fetchall() == [("text", "a-00001")]
        assert database.execute("SELECT near(0, 0, 0, 1, 112)").fetchone() == (True,)
        with pytest.raises(duckdb.Error, match="read-only"):
            database.execute("CREATE TABLE notes (a INTEGER)")


def test_opened_from_s3(s3_storage, tmp_path):
    publish(s3_storage, tmp_path)
    refuse_if_held(s3_storage)
    with open_catalog(s3_storage.shown) as database:
        assert database.execute("SELECT tag, shard FROM tag_counts").fetchall() == [("text", "a-00001")]
        assert database.execute("SELECT tag_id FROM vocabulary").fetchall() == [(4,)]


def test_no_catalog_yet(storage_url):
    with pytest.raises(FileNotFoundError, match=r"has no locsens\.duckdb yet: run"):
        open_catalog(Storage(storage_url))


@pytest.mark.parametrize(("how", "sentence"), [("writing", "lies beside it"), ("writer", "open for writing")])
def test_held_for_writing_stops_with_a_sentence(tmp_path, how, sentence):
    storage = Storage(str(tmp_path / "s"))
    content = publish(storage, tmp_path)
    with held_by(storage.url(CATALOG), how), pytest.raises(CatalogHeldError, match=sentence) as caught:
        refuse_if_held(storage)
    assert storage.url(CATALOG) in str(caught.value)
    assert storage.read_bytes(CATALOG) == content


def test_what_a_killed_writer_leaves_behind_stops_too_until_it_is_opened_once(tmp_path):
    storage = Storage(str(tmp_path / "s"))
    publish(storage, tmp_path)
    with held_by(storage.url(CATALOG), "writing") as child:
        child.kill()
        child.wait()
        with pytest.raises(CatalogHeldError, match="open the file once with DuckDB"):
            refuse_if_held(storage)
    duckdb.connect(storage.url(CATALOG)).close()
    assert not storage.exists(WAL)
    refuse_if_held(storage)


def test_a_reader_is_no_obstacle_and_keeps_the_old_catalog(tmp_path):
    storage = Storage(str(tmp_path / "s"))
    publish(storage, tmp_path)
    with held_by(storage.url(CATALOG), "reader"):
        refuse_if_held(storage)
    with open_catalog(storage) as database:
        refuse_if_held(storage)
        storage.write_bytes(CATALOG, publish(storage, tmp_path))
        assert database.execute("SELECT count(*) FROM vocabulary").fetchone() == (1,)


def test_a_file_that_is_no_database_is_nobodys(tmp_path):
    storage = Storage(str(tmp_path / "s"))
    storage.write_bytes(CATALOG, b"something else, and long enough to be looked at" * 400)
    refuse_if_held(storage)
