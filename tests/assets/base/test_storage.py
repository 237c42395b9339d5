"""Published files appear whole or not at all, on a folder and on an object store alike."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest

from assets.base.storage import Storage, StorageError


@pytest.fixture
def storage(storage_url: str) -> Storage:
    return Storage(storage_url)


def test_a_file_is_read_back_with_its_hash(storage: Storage) -> None:
    stored = storage.write_bytes("a/b.bin", b"content")
    assert (stored.path, stored.bytes, stored.sha256) == ("a/b.bin", 7, hashlib.sha256(b"content").hexdigest())
    assert storage.read_bytes("a/b.bin") == b"content"


def test_a_failed_write_leaves_nothing_and_keeps_the_old(storage: Storage) -> None:
    storage.write_bytes("a/old", b"old")
    for path in ("a/old", "a/new"):
        with pytest.raises(ZeroDivisionError), storage.create(path) as sink:
            sink.write(b"half" * (1 // 0 if sink.write(b"half") else 1))
    assert storage.read_bytes("a/old") == b"old"
    assert storage.list("") == ["a/old"]


def test_an_unfinished_file_is_not_listed(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    with storage.create("a/b") as sink:
        sink.write(b"half")
        assert storage.list("a") == []
    assert storage.list("a") == ["a/b"]


def test_a_table_comes_back_without_columns_from_its_folders(storage: Storage) -> None:
    table = pa.table({"photo_id": pa.array([1, 2], pa.int64())})
    stored = storage.write_table("tables/t/shard=a/part-0.parquet", table)
    assert stored.rows == 2
    assert storage.read_table(stored.path) == table
    assert storage.folders("tables/t") == ["shard=a"]


def test_equal_tables_have_equal_bytes(storage: Storage) -> None:
    first, second = (storage.write_table(name, pa.table({"a": ["x", None]})) for name in ("one", "two"))
    assert first.sha256 == second.sha256


def test_removing_takes_folders_and_what_is_not_there(storage: Storage) -> None:
    storage.write_bytes("a/b/c", b"1")
    storage.remove("a")
    storage.remove("nothing")
    assert storage.list("") == []
    assert not storage.exists("a/b/c")


@pytest.mark.parametrize("path", ["/etc/passwd", "../out", "a/../../out"])
def test_paths_outside_the_storage_are_refused(storage: Storage, path: str) -> None:
    with pytest.raises(StorageError, match="below the storage"):
        storage.write_bytes(path, b"")


def test_a_missing_file_is_named(storage: Storage) -> None:
    with pytest.raises(StorageError, match=r"cannot (read|open) a/gone"):
        storage.read_bytes("a/gone")


def test_many_files_are_read_at_once_without_those_that_have_gone(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "a[b]*"))
    for name in ("one", "t[w]o", "thr*e"):
        storage.write_bytes(name, name.encode())
    assert storage.read_all(["thr*e", "gone", "t[w]o"]) == {"thr*e": b"thr*e", "t[w]o": b"t[w]o"}
    assert storage.read_all([]) == {}
    (tmp_path / "a[b]*/folder").mkdir()
    with pytest.raises(StorageError, match="cannot read folder in "):
        storage.read_all(["one", "folder"])


def test_an_unknown_store_is_a_sentence() -> None:
    with pytest.raises(StorageError, match=r"storage nostore://x: expected a folder or an fsspec URL"):
        Storage("nostore://user:secret@x?token=1")


def test_a_store_that_does_not_answer_where_it_is_opened() -> None:
    with pytest.raises(StorageError, match=r"storage ftp://127\.0\.0\.1:9/x: it does not answer: "):
        Storage("ftp://127.0.0.1:9/x")


def test_a_website_cannot_be_written() -> None:
    with pytest.raises(StorageError, match=r"storage http://localhost:9/x: expected one that can be written, found a"):
        Storage("http://localhost:9/x")


def test_unwritable_storage_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(StorageError, match="cannot write a/b"):
        Storage(str(tmp_path / "file")).write_bytes("a/b", b"")


def test_a_full_disk_is_a_sentence_and_leaves_nothing() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    storage = Storage("/dev/shm")
    name = "locsens-test-full"
    try:
        with pytest.raises(StorageError, match="No space left"), storage.create(name):
            raise OSError(28, "No space left on device")
        assert not storage.exists(name)
    finally:
        storage.remove(name)


def test_a_file_is_held_as_long_as_it_is_what_was_written(storage: Storage) -> None:
    stored = storage.write_bytes("a/b", b"content")
    assert storage.holds(stored)
    storage.write_bytes("a/b", b"CONTENT")
    assert not storage.holds(stored)
    storage.remove("a/b")
    assert not storage.holds(stored)
