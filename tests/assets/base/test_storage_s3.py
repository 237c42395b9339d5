"""The storage on a real S3 server, and on one that fails: a file is there whole, or not at all, or as it was before."""

import gc
import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import FAULTS, FaultyProxy, now_and_then, s3_served

from assets.base.provenance import Ledger, Record, content_version
from assets.base.storage import Storage, StorageError

BLOCK = 5 << 20  # the least that S3 takes as a part of an upload


@pytest.fixture
def served() -> Iterator[tuple[Storage, FaultyProxy]]:
    """A storage of small blocks on a server that works until a test lets it fail."""
    with s3_served(lambda *_: "", default_block_size=BLOCK) as (bucket, proxy):
        assert proxy is not None
        yield Storage(f"{bucket}/collection"), proxy


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore tries once."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def uploads(storage: Storage) -> list[str]:
    """Uploads that were begun and neither completed nor aborted."""
    bucket = storage.root.split("/")[0]
    return [one["Key"] for one in storage.filesystem.list_multipart_uploads(bucket)]


def test_files_tables_and_folders(served: tuple[Storage, FaultyProxy]) -> None:
    storage, _ = served
    table = pa.table({"photo_id": pa.array(range(1000), pa.int64())})
    stored = storage.write_table("tables/t/shard=a/part-0.parquet", table)
    storage.write_bytes("tables/t/shard=b/part-0.parquet", b"other")
    assert storage.read_table(stored.path) == table
    assert storage.folders("tables/t") == ["shard=a", "shard=b"]
    assert storage.list("tables") == ["tables/t/shard=a/part-0.parquet", "tables/t/shard=b/part-0.parquet"]
    assert storage.read_all(["tables/t/shard=b/part-0.parquet", "gone"]) == {
        "tables/t/shard=b/part-0.parquet": b"other"
    }
    with storage.open(stored.path) as file, pq.ParquetFile(file) as parquet:
        assert parquet.read(["photo_id"]) == table
    storage.remove("tables/t/shard=a")
    assert storage.folders("tables/t") == ["shard=b"]
    assert not storage.exists(stored.path)
    with pytest.raises(StorageError, match=r"cannot open tables/t/shard=a/part-0\.parquet in s3://bucket-"):
        storage.open(stored.path)


def test_what_another_process_writes_and_removes_is_seen(served: tuple[Storage, FaultyProxy]) -> None:
    storage, _ = served
    other = type(storage.filesystem)(skip_instance_cache=True)
    storage.write_bytes("a/one", b"one")
    assert storage.list("a") == ["a/one"]
    other.pipe_file(f"{storage.root}/a/one", b"changed")
    other.pipe_file(f"{storage.root}/a/two", b"two")
    assert storage.list("a") == ["a/one", "a/two"]
    with storage.open("a/one") as file:
        assert file.read() == b"changed"
    other.rm(f"{storage.root}/a/one")
    assert not storage.exists("a/one")
    storage.remove("a/one")


def test_a_folder_whose_first_file_appears_while_it_is_listed_is_no_file(
    served: tuple[Storage, FaultyProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, _ = served
    listing = storage.filesystem._lsdir

    async def before_and_after(path: str, **options: object) -> object:
        before = await listing(path, **options)
        if not await storage.filesystem._exists(f"{path}/first"):
            await storage.filesystem._pipe_file(f"{path}/first", b"first")
        return before

    monkeypatch.setattr(storage.filesystem, "_lsdir", before_and_after)
    assert storage.list("a") == []
    assert storage.list("a") == ["a/first"]


def test_a_large_file_goes_in_parts(served: tuple[Storage, FaultyProxy]) -> None:
    storage, _ = served
    data = os.urandom(2 * BLOCK + 7)
    with storage.create("large") as sink:
        for start in range(0, len(data), 1 << 20):
            sink.write(data[start : start + (1 << 20)])
        assert not storage.exists("large")
        assert uploads(storage) == ["collection/large"]
    assert storage.read_bytes("large") == data
    assert uploads(storage) == []


@pytest.mark.parametrize("size", [100, BLOCK + 1], ids=["small", "in parts"])
def test_a_block_that_fails_publishes_nothing_and_leaves_no_upload(
    served: tuple[Storage, FaultyProxy], size: int
) -> None:
    storage, _ = served
    storage.write_bytes("old", b"old")

    def fail(path: str) -> None:
        with storage.create(path) as sink:
            sink.write(bytes(size))
            raise ZeroDivisionError

    for path in ("old", "new"):
        with pytest.raises(ZeroDivisionError):
            fail(path)
    gc.collect()  # a file that is only forgotten would publish itself now
    assert storage.list("") == ["old"]
    assert storage.read_bytes("old") == b"old"
    assert uploads(storage) == []


def test_uploads_that_a_killed_run_began_are_aborted_below_the_storage_alone(
    served: tuple[Storage, FaultyProxy],
) -> None:
    storage, _ = served
    bucket = storage.root.split("/")[0]
    for key in ("collection/large", "collection-2/large", "large"):
        storage.filesystem.call_s3("create_multipart_upload", Bucket=bucket, Key=key)
    storage.abort_uploads()
    assert uploads(storage) == ["collection-2/large", "large"]
    Storage(f"s3://{bucket}").abort_uploads()
    assert uploads(storage) == []


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("method", "fault"), [("PUT", "cut_put"), ("POST", "500")], ids=["part", "completion"])
def test_an_upload_that_cannot_be_ended_is_aborted(
    served: tuple[Storage, FaultyProxy], method: str, fault: str
) -> None:
    storage, proxy = served
    storage.write_bytes("large", b"old")

    def write() -> None:
        with storage.create("large") as sink:
            sink.write(bytes(BLOCK + 1))
            proxy.schedule = lambda _, asked: fault if asked == method else ""
            sink.write(bytes(BLOCK + 1))

    with pytest.raises(StorageError, match="cannot write large in s3://bucket-"):
        write()
    assert sum(proxy.failed.values()) > 0
    assert storage.read_bytes("large") == b"old"
    assert uploads(storage) == []


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("fault", FAULTS)
def test_an_outage_is_a_sentence_for_everything_that_is_asked(
    served: tuple[Storage, FaultyProxy], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, proxy = served
    monkeypatch.setattr(storage.filesystem, "retries", 1)
    storage.write_bytes("a/old", b"old" * 1000)
    opened = storage.open("a/old")
    puts = fault in ("cut_put", "cut_after_put")
    proxy.schedule = lambda _, method: fault if (method == "PUT") == puts else ""
    if puts:
        with pytest.raises(StorageError, match="cannot write a/old in s3://bucket-"):
            storage.write_bytes("a/old", b"new" * 1000)
    else:
        with pytest.raises(StorageError, match="cannot read a/old in s3://bucket-"):
            opened.read()
        with pytest.raises(StorageError, match="cannot read a/old in s3://bucket-"):
            storage.read_bytes("a/old")
        with pytest.raises(StorageError, match="cannot list a in s3://bucket-"):
            storage.list("a")
    proxy.schedule = lambda *_: ""
    assert storage.read_bytes("a/old") == (b"new" if fault == "cut_after_put" else b"old") * 1000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_store_that_fails_now_and_then_is_asked_again(served: tuple[Storage, FaultyProxy], seed: int) -> None:
    storage, proxy = served
    proxy.schedule = now_and_then(seed, 0.15)
    ledger = Ledger(storage)
    for number in range(12):
        table = pa.table({"photo_id": pa.array(range(1000 * number), pa.int64())})
        file = storage.write_table(f"tables/t/shard={number}/part-0.parquet", table)
        assert storage.read_table(file.path) == table
        stamp = "2026-01-02T03:04:05+00:00"
        ledger.put(
            Record(
                asset="t", partition=str(number), files=(file,), inputs=(), code_version="1", profile_hash="",
                rows=table.num_rows, started_at=stamp, finished_at=stamp, status="done", reason="",
                data_version=content_version([file]),
            )
        )  # fmt: skip
    assert Ledger(storage).records("t") == ledger.records("t")
    assert sum(proxy.failed.values()) >= 3
