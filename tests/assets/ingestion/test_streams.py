"""Compressed files come out whole or not at all."""

import bz2
import gzip
import random
import re
import uuid
from collections.abc import Callable

import fsspec
import pyarrow as pa
import pytest

from assets.ingestion.errors import DamagedSourceError, UnreachableSourceError
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.shards import Shard
from assets.ingestion.sources import Source, SourceFile, find_source_files
from assets.ingestion.streams import compression_of, first_bytes, read_blocks

Write = Callable[[str, bytes], SourceFile]

TEXT = "".join(f"{number}\tuser{number * 7919 % 997}" + "\t" * 21 + "0\n" for number in range(40_000)).encode()


def zstd(data: bytes) -> bytes:
    target = pa.BufferOutputStream()
    with pa.CompressedOutputStream(target, "zstd") as stream:
        stream.write(data)
    return target.getvalue().to_pybytes()


COMPRESS = {"gzip": gzip.compress, "bzip2": lambda data: bz2.compress(data, 1), "zstd": zstd, "plain": bytes}


@pytest.fixture(scope="module")
def compressed() -> dict[str, bytes]:
    return {name: compress(TEXT) for name, compress in COMPRESS.items()}


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.parametrize("block", [1000, 1 << 20])
def test_recognised_by_content_and_read_in_blocks(
    source_file: Write, compressed: dict[str, bytes], name: str, block: int
) -> None:
    file = source_file("a.txt", compressed[name])
    assert compression_of(first_bytes(file)) == name
    blocks = list(read_blocks(file, name, block))
    assert {len(part) for part in blocks[:-1]} == {block} - ({block} if len(blocks) == 1 else set())
    assert b"".join(blocks) == TEXT


@pytest.mark.parametrize("name", ["gzip", "bzip2", "zstd"])
def test_several_streams_in_a_file(source_file: Write, name: str) -> None:
    halves = (TEXT[:100_001], TEXT[100_001:])
    file = source_file("a", b"".join(COMPRESS[name](half) for half in halves))
    assert b"".join(read_blocks(file, name)) == TEXT


@pytest.mark.parametrize("name", ["gzip", "bzip2", "zstd"])
def test_cut_off_anywhere(source_file: Write, compressed: dict[str, bytes], name: str) -> None:
    whole = compressed[name]
    rng = random.Random(3)
    cuts = [4, 5, 12, len(whole) // 2, len(whole) - 1, *(rng.randrange(4, len(whole)) for _ in range(12))]
    for cut in cuts:
        file = source_file("a", whole[:cut])
        with pytest.raises(DamagedSourceError, match=rf"cut off.*{cut:,} bytes.*beyond byte [\d,]+ of the text"):
            list(read_blocks(file, name, 65536))


@pytest.mark.parametrize("block", [1000, 1 << 24])
def test_cut_off_bzip2_says_at_which_byte(source_file: Write, compressed: dict[str, bytes], block: int) -> None:
    whole = compressed["bzip2"]
    rng = random.Random(7)
    one_block = 200_000  # at most so much text in a block of this file
    for cut in [4, 100, len(whole) - 1, *(rng.randrange(4, len(whole)) for _ in range(12))]:
        with pytest.raises(DamagedSourceError) as raised:
            list(read_blocks(source_file("a", whole[:cut]), "bzip2", block))
        found = re.search(
            r"beyond byte ([\d,]+) of the text: it breaks in or after the block that begins at byte ([\d,]+) \(",
            str(raised.value),
        )
        assert found is not None, raised.value
        text, block_begins = (int(number.replace(",", "")) for number in found.groups())
        # A plain decompressor makes a block of text once it has all of it.
        assert text <= decompressed_bytes(whole[:cut]) < text + one_block
        assert text - one_block < decompressed_bytes(whole[: block_begins + 1]) <= text


def decompressed_bytes(data: bytes) -> int:
    return len(bz2.BZ2Decompressor().decompress(data))


@pytest.mark.parametrize("name", ["gzip", "bzip2", "zstd"])
@pytest.mark.parametrize("extra", [b"BZ", b"BZh9", b"rubbish" * 5])
def test_what_follows_the_end_is_not_skipped(
    source_file: Write, compressed: dict[str, bytes], name: str, extra: bytes
) -> None:
    file = source_file("a", compressed[name] + extra)
    with pytest.raises(DamagedSourceError, match=r"damaged or cut off|cut off or damaged"):
        list(read_blocks(file, name))


def test_damaged_second_stream_of_bzip2(source_file: Write) -> None:
    first, second = bz2.compress(TEXT), bz2.compress(TEXT)
    file = source_file("a.bz2", first + b"\0" + second[1:])
    with pytest.raises(DamagedSourceError, match=f"end at byte {len(first):,} of {len(first) + len(second):,}"):
        list(read_blocks(file, "bzip2"))


@pytest.mark.parametrize("name", ["gzip", "bzip2"])
def test_changed_bits(source_file: Write, compressed: dict[str, bytes], name: str) -> None:
    rng = random.Random(4)
    for _ in range(10):
        damaged = bytearray(compressed[name])
        damaged[rng.randrange(20, len(damaged))] ^= 1 << rng.randrange(8)
        with pytest.raises(DamagedSourceError):
            list(read_blocks(source_file("a", bytes(damaged)), name))


def test_shards_of_a_cut_off_file_end_in_an_error(source_file: Write, compressed: dict[str, bytes]) -> None:
    file = source_file("a.bz2", compressed["bzip2"][: len(compressed["bzip2"]) * 2 // 3])
    found: list[Shard] = []
    with pytest.raises(DamagedSourceError):
        found.extend(read_shards(file, recognise(file, "yfcc100m"), 1000))
    assert sum(shard.rows for shard in found) < 40_000


@pytest.mark.parametrize("name", COMPRESS)
def test_any_store(compressed: dict[str, bytes], name: str) -> None:
    place = f"memory://{uuid.uuid4().hex}/a"
    with fsspec.open(place, "wb") as stored:
        stored.write(compressed[name])
    (file,) = find_source_files(Source(place))
    assert compression_of(first_bytes(file)) == name
    assert b"".join(read_blocks(file, name)) == TEXT


def test_file_that_vanished(source_file: Write, tmp_path) -> None:
    for name in ("plain", "bzip2"):
        file = source_file("gone", COMPRESS[name](b"x"))
        (tmp_path / "gone").unlink()
        with pytest.raises(UnreachableSourceError, match=r"gone cannot be read \(FileNotFoundError"):
            compression_of(first_bytes(file))
        with pytest.raises(UnreachableSourceError, match="gone cannot be read"):
            list(read_blocks(file, name))
