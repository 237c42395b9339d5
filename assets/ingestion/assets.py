"""The steps of ingestion: from source files to geotagged photos, their duplicates and hashtag counts."""

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.run import Run
from assets.base.shards import discard_shards
from assets.base.show import markdown_table, picture
from assets.base.step import Reads, step
from assets.ingestion.checks import (
    most_rows_are_readable,
    one_row_is_kept,
    photo_ids_are_unique,
    raw_photos_are_geotagged_or_dropped,
    rows_are_raw_or_rejected,
    something_is_kept,
    tags_are_counted_once,
)
from assets.ingestion.discovery import fingerprint
from assets.ingestion.duplicates import find_duplicates
from assets.ingestion.errors import DamagedSourceError
from assets.ingestion.figures import location_map
from assets.ingestion.filters import RAW_COLUMNS, filter_photos
from assets.ingestion.ingest import ingest
from assets.ingestion.tags import count_tags


@step(
    stage="ingestion",
    outputs=("source_files",),
    shard_outputs=("raw_photos", "rejected_rows"),
    by="source_file",
    profile=("ingestion",),
    code_version="4",
    kinds={"polars", "parquet"},
    checks=(rows_are_raw_or_rejected, most_rows_are_readable),
    outside=fingerprint,
)
def source_files(run: Run) -> None:
    """One file of metadata, read to its end and cut into shards of raw photos and of rejected rows."""
    try:
        ingest(run)
    except DamagedSourceError:
        discard_shards(run)
        raise


@step(
    stage="ingestion",
    outputs=("geotagged_photos", "dropped_photos"),
    by="shard",
    reads=(Reads("raw_photos"),),
    profile=("filters",),
    kinds={"polars", "parquet"},
    checks=(raw_photos_are_geotagged_or_dropped, photo_ids_are_unique, something_is_kept),
)
def geotagged_photos(run: Run) -> None:
    """Photos with a place and a hashtag, hashtags normalised; of every other row why it is dropped."""
    kept, dropped = filter_photos(run.table("raw_photos", RAW_COLUMNS), run.profile.filters)
    run.write("geotagged_photos", kept)
    run.write("dropped_photos", dropped)
    if kept.num_rows == 0:
        run.log.warning("shard %s keeps no photo: `dropped_photos` says why", run.partition)
    locations = location_map(kept["latitude"].to_numpy(), kept["longitude"].to_numpy())
    run.note("geotagged_photos", {"locations": picture(locations, "Map of the photos of this shard")})
    reasons = (
        pl.Series("reason", dropped["reason"]).value_counts(name="photos").sort("photos", "reason", descending=True)
    )
    run.note("dropped_photos", {"reasons": markdown_table(("reason", "photos"), reasons.rows())})


@step(
    stage="ingestion",
    outputs=("duplicate_photos",),
    reads=(Reads("geotagged_photos"),),
    kinds={"numpy", "parquet"},
    checks=(one_row_is_kept,),
)
def duplicate_photos(run: Run) -> None:
    """Photo ids found in more than one shard; the row of the file registered first is kept."""
    records = {str(record.partition): record for record in run.records("geotagged_photos")}

    def photo_ids(shard: str) -> npt.NDArray[np.int64]:
        tables = [run.storage.read_table(file.path, ["photo_id"]) for file in records[shard].files]
        return np.concatenate([table["photo_id"].to_numpy() for table in tables])

    found = find_duplicates(list(records), photo_ids, sum(record.rows or 0 for record in records.values()))
    run.write("duplicate_photos", found.table)
    run.slices.update(found.slices)
    run.note("duplicate_photos", {"ids": len(found.table["photo_id"].unique()), "shards": len(records)})


@step(
    stage="ingestion",
    outputs=("tag_counts",),
    by="shard",
    reads=(Reads("geotagged_photos"),),
    kinds={"polars", "parquet"},
    checks=(tags_are_counted_once,),
)
def tag_counts(run: Run) -> None:
    """How many photos of a shard carry each hashtag."""
    counts = count_tags(run.frame("geotagged_photos", ["tags"]))
    run.write("tag_counts", counts)
    run.note("tag_counts", {"hashtags": counts.num_rows})
