"""A remote database is read in place: the right bytes, few pieces, and a sentence where a store fails."""

import uuid
from pathlib import Path

import fsspec
import pytest
from given_sources import FileServer, found, write_database
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ingestion import stored_pages
from assets.ingestion.errors import DamagedSourceError, UnreachableSourceError
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.sources import SourceFile
from assets.ingestion.stored_pages import BLOCK_BYTES, BlockCache

ROWS = 3_000


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database of some megabytes."""
    rows = ({"rowid": 7 * n, "photoid": n, "description": "x" * 2_000} for n in range(ROWS))
    return write_database(tmp_path_factory.mktemp("database") / "a.sql", rows).read_bytes()


def first_ids(file: SourceFile, limit: int) -> list[int]:
    return [
        one for shard in read_shards(file, recognise(file), 1_000, limit) for one in shard.raw["photo_id"].to_pylist()
    ]


def fetched(server: FileServer) -> int:
    return sum(stop - start for _, piece in server.asked if piece is not None for start, stop in [piece])


@settings(max_examples=60)
@given(
    st.integers(1, 5_000),
    st.lists(st.tuples(st.integers(0, 6_000), st.integers(1, 700)), max_size=30),
    st.integers(1, 70),
)
def test_the_cache_gives_what_the_file_holds(size: int, asked: list[tuple[int, int]], kept: int) -> None:
    data = bytes(number % 251 for number in range(size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_pages, "BLOCK_BYTES", 64)
        patch.setattr(stored_pages, "KEPT", kept)
        cache = BlockCache(lambda start, stop: data[start:stop], size)
        for start, amount in asked:
            assert cache.get(start, amount) == data[start : start + amount]
            assert len(cache) <= max(kept, stored_pages.MOST_AHEAD)


def test_pages_in_order_come_in_ever_larger_pieces_and_scattered_ones_in_small_ones() -> None:
    pieces: list[int] = []

    def read(start: int, stop: int) -> bytes:
        pieces.append((stop - start) // BLOCK_BYTES)
        return bytes(stop - start)

    cache = BlockCache(read, 1 << 40)
    for page in range(0, 200 * BLOCK_BYTES, 4096):
        cache.get(page, 4096)
    assert pieces == [2, 4, 8, 16, 32, 64, 64, 64]
    pieces.clear()
    for place in (10**9, 10**6 * 700, 10**9 * 2):
        cache.get(place, 4096)
    assert pieces == [1, 1, 1]


def test_a_first_look_over_the_web_fetches_little(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database
    file = found(web.url("a.sql"))
    assert first_ids(file, 20) == list(range(20))
    assert fetched(web) < len(database) / 10
    assert None not in {piece for _, piece in web.asked}
    assert first_ids(file, 0) == list(range(ROWS))


@pytest.mark.parametrize("protocol", ["memory", "s3"])
def test_in_any_store(protocol: str, request: pytest.FixtureRequest, database: bytes) -> None:
    name = uuid.uuid4().hex if protocol == "memory" else request.getfixturevalue("bucket")
    place = f"{protocol}://{name}/meta/a.sql"
    with fsspec.open(place, "wb") as target:
        target.write(database)
    assert first_ids(found(place), 1_500) == list(range(1_500))


def test_wal_mode_in_place(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database[:18] + b"\2\2" + database[20:]
    assert first_ids(found(web.url("a.sql")), 5) == list(range(5))


def test_a_file_that_is_cut_off(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database[: len(database) // 2]
    with pytest.raises(
        DamagedSourceError, match=rf"{web.url('a.sql')} is an SQLite database that is cut off or damaged"
    ):
        first_ids(found(web.url("a.sql")), 5)


def test_a_file_that_becomes_shorter_while_it_is_read(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database
    file = found(web.url("a.sql"))
    source_format = recognise(file)
    web.files["a.sql"] = database[: len(database) // 2]
    with pytest.raises(UnreachableSourceError, match=r"a\.sql: expected .* bytes, its store gives none beyond byte"):
        list(read_shards(file, source_format, 1_000))


def test_a_server_that_breaks_off(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database
    file = found(f"{web.url('a.sql')}?token=secret")
    source_format = recognise(file)
    web.broken = 1_000
    with pytest.raises(
        UnreachableSourceError, match=rf"source file {web.url('a.sql')} cannot be read \(Client"
    ) as caught:
        list(read_shards(file, source_format, 1_000))
    assert "secret" not in str(caught.value)


def test_a_server_that_gives_no_pieces(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database
    web.pieces = False
    with pytest.raises(UnreachableSourceError, match="cannot be read in place: its server gives no pieces of a file"):
        first_ids(found(web.url("a.sql")), 5)


def test_a_file_that_is_gone(web: FileServer, database: bytes) -> None:
    web.files["a.sql"] = database
    file = found(web.url("a.sql"))
    source_format = recognise(file)
    del web.files["a.sql"]
    with pytest.raises(UnreachableSourceError, match="cannot be read"):
        list(read_shards(file, source_format, 1_000))


def test_two_at_once(tmp_path: Path, web: FileServer, database: bytes) -> None:
    web.files |= {"a.sql": database, "b.sql": write_database(tmp_path / "b", [{"photoid": 77}]).read_bytes()}
    one, other = found(web.url("a.sql")), found(web.url("b.sql"))
    shards = read_shards(one, recognise(one), 1_000)
    assert next(shards).raw["photo_id"].to_pylist() == list(range(1_000))
    assert first_ids(other, 0) == [77]
    assert next(shards).raw["photo_id"].to_pylist() == list(range(1_000, 2_000))
