"""What a file of a table is to hold once photos are taken down. Nothing is written here.

Every answer depends on the tables as they are now and on nothing that happened before: what was killed half-way is
finished by asking again.
"""

from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa

from assets.base.keys import shard_key
from assets.base.provenance import Record
from assets.base.tables import TABLES
from assets.base.takedowns import Bools, Takedowns
from assets.base.workspace import Workspace
from assets.ingestion.tags import count_tags

BY_PHOTO = tuple(name for name, table in TABLES.items() if any(one.name == "photo_id" for one in table.columns))
"""Tables with a photo in each row."""


class Cleaning:
    """Says what files are to hold.

    Attributes:
        takedowns: The photos.
    """

    def __init__(self, workspace: Workspace, takedowns: Takedowns) -> None:
        self.takedowns = takedowns
        self._workspace = workspace
        self._storage = workspace.storage

    def of(self, record: Record, path: str) -> pa.Table | None:
        """A recorded file without the photos; None if it is as it should be."""
        if record.asset == "source_files":
            return self._accounted(record, path)
        if record.asset == "tag_counts":
            return self._recounted(record, path)
        return self.of_file(record.asset, path)

    def of_file(self, asset: str, path: str) -> pa.Table | None:
        """A file of a table without the photos; None if it holds nothing of them."""
        if asset == "rejected_rows":
            table = self._storage.read_table(path)
            cleaned = self.takedowns.texts(table)
            return None if cleaned.equals(table) else cleaned
        if asset not in BY_PHOTO:
            return None
        taken = self._taken(asset, path)
        return self._storage.read_table(path).filter(pa.array(~taken)) if taken.any() else None

    def _taken(self, asset: str, path: str) -> Bools:
        if asset == "raw_photos":
            return self.takedowns.rows(self._storage.read_table(path, ["photo_id", "source_id"]))
        if asset == "retrieval_rankings":
            table = self._storage.read_table(path, ["photo_id", "query_id"])
            # A removed photo's query goes with all its answers: they say how far they are from its place. Without
            # queries (a kill took their record) the answers to all of them go: they are to be made anew anyway.
            asked = np.isin(table["query_id"].to_numpy(), self._queries)
            return self.takedowns.hold(table["photo_id"]) | ~asked
        return self.takedowns.hold(self._storage.read_table(path, ["photo_id"])["photo_id"])

    @cached_property
    def _queries(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        record = self._workspace.ledger.get("retrieval_queries")
        files = record.files if record is not None else ()
        ids = [self._storage.read_table(file.path, ["query_id"])["query_id"].to_numpy() for file in files]
        return np.concatenate([np.zeros(0, np.int64), *ids])

    def _accounted(self, record: Record, path: str) -> pa.Table | None:
        """The row of a source file: what is neither raw nor rejected was taken down."""
        keys = (shard_key(str(record.partition), index) for index in range(int(record.facts["shards"])))
        raw = [self._workspace.ledger.records("raw_photos")[key] for key in keys]
        table = self._storage.read_table(path)
        if "taken_down" not in table.column_names:
            return None  # of an earlier version, and outdated: it is made anew with the list
        row = table.to_pylist()[0]
        taken_down = row["rows"] - row["rejected_rows"] - sum(one.rows or 0 for one in raw)
        if taken_down == row["taken_down"]:
            return None
        return pa.Table.from_pylist([{**row, "taken_down": taken_down}], table.schema)

    def _recounted(self, record: Record, path: str) -> pa.Table | None:
        photos = self._workspace.ledger.get("geotagged_photos", record.partition)
        counted = {one.data_version for one in record.inputs if one.asset == "geotagged_photos"}
        if photos is None or photos.data_version in counted:
            return None
        tags = pa.concat_tables([self._storage.read_table(file.path, ["tags"]) for file in photos.files])
        counts = count_tags(pl.DataFrame(pl.from_arrow(tags)))
        return None if counts.equals(self._storage.read_table(path)) else counts
