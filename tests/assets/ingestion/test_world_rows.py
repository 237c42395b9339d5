"""The tiny sample world read like any other source: its ledger says what must come out, to the row."""

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.duplicates import find_duplicates
from assets.ingestion.filters import filter_photos
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.sources import Source, find_source_files
from assets.ingestion.world.account import account
from assets.ingestion.world.ledger import Ledger
from assets.ingestion.world.plan import draw_plan
from assets.ingestion.world.write import write_metadata

SHARD_ROWS = 1_500


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger]:
    """Metadata and ledger of the tiny world; its pictures are not needed here."""
    folder = tmp_path_factory.mktemp("world")
    config = WorldConfig.tiny()
    plan = draw_plan(config, folder / "images")
    write_metadata(folder / "metadata", plan.files)
    return folder / "metadata", account(config, folder, plan)


@pytest.fixture(scope="module")
def tables(world: tuple[Path, Ledger]) -> dict[str, pl.DataFrame]:
    """All tables of the stage, with the file's name and the shard beside each row."""
    metadata, _ = world
    found: dict[str, list[pl.DataFrame]] = {}
    for file in find_source_files(Source(str(metadata / "*.bz2"), "yfcc100m")):
        source_format = recognise(file, "yfcc100m")
        assert source_format.describe() == "yfcc100m, 25 columns, bzip2"
        for shard in read_shards(file, source_format, SHARD_ROWS):
            geotagged, dropped = filter_photos(shard.raw, FilterConfig())
            parts = {
                "raw_photos": shard.raw,
                "rejected_rows": shard.rejected,
                "geotagged_photos": geotagged,
                "dropped_photos": dropped,
            }
            for name, table in parts.items():
                frame = pl.DataFrame(pl.from_arrow(table)).with_columns(
                    file=pl.lit(file.url.rpartition("/")[2]), shard=pl.lit(f"{file.key}-{shard.index}")
                )
                found.setdefault(name, []).append(frame)
    return {name: pl.concat(frames) for name, frames in found.items()}


def test_rows(world: tuple[Path, Ledger], tables: dict[str, pl.DataFrame]) -> None:
    _, ledger = world
    for name, count in ledger.files.items():
        of_file = {table: frame.filter(pl.col("file") == name).height for table, frame in tables.items()}
        assert of_file["raw_photos"] + of_file["rejected_rows"] == count.rows
        assert of_file["rejected_rows"] == count.rejected
    assert tables["raw_photos"].height == tables["geotagged_photos"].height + tables["dropped_photos"].height


def test_drop_reasons(world: tuple[Path, Ledger], tables: dict[str, pl.DataFrame]) -> None:
    _, ledger = world
    assert Counter(tables["dropped_photos"]["reason"].to_list()) == ledger.dropped
    assert tables["geotagged_photos"].height == ledger.geotagged


def test_duplicates(world: tuple[Path, Ledger], tables: dict[str, pl.DataFrame]) -> None:
    _, ledger = world
    by_shard = {
        str(shard): frame["photo_id"].to_numpy()
        for (shard,), frame in tables["geotagged_photos"].group_by(["shard"], maintain_order=True)
    }
    found = find_duplicates(list(by_shard), lambda shard: np.asarray(by_shard[shard]), ledger.geotagged)
    assert len(found.table["photo_id"].unique()) == ledger.duplicates
    assert sum(found.table["kept"].to_pylist()) == ledger.duplicates


def test_each_defect_is_found_where_the_ledger_says(
    world: tuple[Path, Ledger], tables: dict[str, pl.DataFrame]
) -> None:
    _, ledger = world
    looked_at = set()
    for defect in ledger.defects:
        if not defect.detectable or defect.table not in ("rejected_rows", "dropped_photos"):
            continue
        looked_at.add(defect.table)
        frame = tables[defect.table]
        if defect.table == "dropped_photos":
            frame = frame.filter(pl.col("reason") == defect.reason)
        lines = set(zip(frame["file"].to_list(), frame["line_number"].to_list(), strict=True))
        assert len(defect.lines) == defect.count > 0
        assert set(map(tuple, defect.lines)) <= lines, defect.name
    assert looked_at == {"rejected_rows", "dropped_photos"}


def test_defects_that_must_change_nothing(world: tuple[Path, Ledger], tables: dict[str, pl.DataFrame]) -> None:
    _, ledger = world
    kept = set(tables["geotagged_photos"]["photo_id"].to_list())
    for name in ("crlf", "repeated_tags"):
        assert set(ledger.defect(name).photo_ids) <= kept
    repeated = tables["geotagged_photos"].filter(pl.col("photo_id").is_in(ledger.defect("repeated_tags").photo_ids))
    assert repeated["tags"].list.n_unique().to_list() == repeated["tags"].list.len().to_list()
