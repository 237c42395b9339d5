"""The one way in: any source file becomes a stream of shards."""

from collections.abc import Iterator

from assets.ingestion.database import open_database
from assets.ingestion.database_rows import read_database
from assets.ingestion.manifest import read_manifest
from assets.ingestion.manifest_rows import RowBatch, csv_batches, first_rows, json_batches, parquet_batches
from assets.ingestion.recognise import SourceFormat
from assets.ingestion.shards import Done, Shard
from assets.ingestion.sources import SourceFile
from assets.ingestion.streams import open_stored, read_blocks
from assets.ingestion.yfcc100m import read_yfcc100m

NOTHING = Done()


def read_shards(
    file: SourceFile, source_format: SourceFormat, shard_rows: int, limit_rows: int = 0, done: Done = NOTHING
) -> Iterator[Shard]:
    """Read a source file, shard by shard; never more than about one shard is in memory.

    Every row of the file is in exactly one shard, as raw or as rejected. Nothing of the file may be taken as
    read before the iterator has ended: a file that is cut off shows it only then.

    Args:
        file: The file.
        source_format: What it is, as `assets.ingestion.recognise` found it.
        shard_rows: Rows in a shard, rejected ones included.
        limit_rows: Rows to read of the file, those that are done included; 0 for all.
        done: What was read of a database before and is not read again; any other file is read from its beginning.

    Raises:
        DamagedSourceError: The file is cut off or damaged.
        WrongFormatError: It is nothing that can be read after all.
        EmptySourceError: There is nothing in it.
        UnreachableSourceError: Its store does not answer.
    """
    if source_format.layout == "sqlite":
        with open_database(file) as database:
            yield from read_database(database, shard_rows, limit_rows, done)
    elif isinstance(source_format.layout, int):
        blocks = read_blocks(file, source_format.compression)
        yield from read_yfcc100m(file.key, blocks, source_format.layout, shard_rows, limit_rows)
    else:
        batches = first_rows(_manifest_batches(file, source_format, shard_rows), limit_rows)
        yield from read_manifest(file.key, file.url, batches)


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
