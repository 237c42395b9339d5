"""The one way in: any source file becomes a stream of shards."""

from collections.abc import Iterator

from assets.ingestion.manifest import read_manifest
from assets.ingestion.manifest_rows import RowBatch, csv_batches, json_batches, parquet_batches
from assets.ingestion.recognise import SourceFormat, recognise
from assets.ingestion.shards import Shard
from assets.ingestion.sources import SourceFile, SourceKind
from assets.ingestion.streams import open_stored, read_blocks
from assets.ingestion.yfcc100m import read_yfcc100m


def describe_format(file: SourceFile, said: SourceKind | None) -> str:
    """How a file is read, in words, such as `yfcc100m, 25 columns, bzip2`.

    Raises:
        SourceError: As `assets.ingestion.recognise.recognise`.
    """
    return recognise(file, said).describe()


def read_shards(file: SourceFile, said: SourceKind | None, shard_rows: int) -> Iterator[Shard]:
    """Read a source file, shard by shard; never more than about one shard is in memory.

    Every row of the file is in exactly one shard, as raw or as rejected. Nothing of the file may be taken as
    read before the iterator has ended: a file that is cut off shows it only then.

    Args:
        file: The file.
        said: What the file is said to be; None leaves it to its content.
        shard_rows: Rows in a shard, rejected ones included.

    Raises:
        DamagedSourceError: The file is cut off or damaged.
        WrongFormatError: It is not what it is said to be, or nothing that can be read.
        EmptySourceError: There is nothing in it.
        UnreachableSourceError: Its store does not answer.
    """
    source_format = recognise(file, said)
    if isinstance(source_format.layout, int):
        blocks = read_blocks(file, source_format.compression)
        yield from read_yfcc100m(file.key, blocks, source_format.layout, shard_rows)
    else:
        yield from read_manifest(file.key, file.url, _manifest_batches(file, source_format, shard_rows))


def _manifest_batches(file: SourceFile, source_format: SourceFormat, shard_rows: int) -> Iterator[RowBatch]:
    if source_format.layout == "parquet":
        with open_stored(file) as stored:
            yield from parquet_batches(file.url, stored, shard_rows)
        return
    blocks = read_blocks(file, source_format.compression)
    if source_format.layout == "csv":
        yield from csv_batches(file.url, blocks, source_format.delimiter, shard_rows)
    else:
        yield from json_batches(blocks, shard_rows)
