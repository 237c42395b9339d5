"""Ingestion beside decompression alone: time of every step, what Dagster adds to a shard, and peak memory."""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import polars as pl
import rapidgzip

from assets.base.execute import execute
from assets.base.profiles.sections.ingestion import FilterConfig
from assets.base.settings import Settings
from assets.base.step import Step
from assets.base.storage import Storage
from assets.base.workspace import Workspace
from assets.ingestion.assets import duplicate_photos, geotagged_photos, tag_counts
from assets.ingestion.discovery import discover
from assets.ingestion.filters import RAW_COLUMNS, filter_photos
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.tags import count_tags
from assets.splits.assets import photos
from assets.steps import all_steps
from assets.vocabulary.assets import vocabulary
from benchmarks.metadata import Metadata, make_metadata
from benchmarks.report import Measured, say
from benchmarks.timing import Cost, in_a_child, interleaved, median_and_spread, print_figures, ratios
from pipelines.build import build_defs
from pipelines.home import open_instance
from pipelines.runs import InstanceRunner
from pipelines.sources import follow_storage

ROWS = 1_000_000
SHARD_ROWS = 100_000
ROUNDS = 3
TARGET, AMBITION = 2.0, 1.5
MEMORY_MB = 1_500.0

_RAW = "bz2 → raw_photos, rejected_rows"
_GEOTAGGED = "raw_photos → geotagged_photos, dropped_photos"
_COUNTS = "geotagged_photos → tag_counts"
_ALONE = "decompression alone"


def measure(work: Path) -> Iterator[Measured]:
    """Ingestion's targets."""
    metadata = make_metadata(work, ROWS)
    yield from _speed(metadata, work / "storage")
    yield from _memory(metadata, make_metadata(work, ROWS // 5), work / "storage")
    yield from _dagster(make_metadata(work, SHARD_ROWS), work)


# speed


def decompress(metadata: Metadata) -> None:
    """Decompress with all cores, as the fastest reader at hand does it, and do nothing with the text."""
    with rapidgzip.IndexedBzip2File(str(metadata.path), parallelization=0) as stream:
        while stream.read(4 << 20):
            pass


def to_raw_photos(metadata: Metadata, storage: Storage) -> None:
    """The first step: a file becomes shards."""
    file = metadata.source_file()
    for shard in read_shards(file, recognise(file, "yfcc100m"), SHARD_ROWS):
        for asset, table in (("raw_photos", shard.raw), ("rejected_rows", shard.rejected)):
            storage.write_table(_path(asset, shard.index), table)


def to_geotagged_photos(storage: Storage, shard: int) -> None:
    """The second, for one shard, which it reads from the storage again."""
    kept, dropped = filter_photos(storage.read_table(_path("raw_photos", shard), RAW_COLUMNS), FilterConfig())
    storage.write_table(_path("geotagged_photos", shard), kept)
    storage.write_table(_path("dropped_photos", shard), dropped)


def to_tag_counts(storage: Storage, shard: int) -> None:
    """The third, for one shard."""
    photos = pl.DataFrame(pl.from_arrow(storage.read_table(_path("geotagged_photos", shard), ["tags"])))
    storage.write_table(_path("tag_counts", shard), count_tags(photos))


def _path(asset: str, shard: int) -> str:
    return f"tables/{asset}/shard=file-{shard:05}/part-0.parquet"


def _speed(metadata: Metadata, folder: Path) -> Iterator[Measured]:
    storage = Storage(str(folder))
    shards = range(-(-metadata.rows // SHARD_ROWS))

    def each_shard(work: Callable[[Storage, int], None]) -> None:
        for shard in shards:
            work(storage, shard)

    works = {
        _ALONE: partial(decompress, metadata),
        _RAW: partial(to_raw_photos, metadata, storage),
        _GEOTAGGED: partial(each_shard, to_geotagged_photos),
        _COUNTS: partial(each_shard, to_tag_counts),
    }
    shutil.rmtree(folder, ignore_errors=True)
    say(f"ingesting {metadata.rows:,} rows, {ROUNDS} rounds")
    costs = interleaved(works, ROUNDS)
    alone, steps = costs.pop(_ALONE), list(costs.values())
    for name, times in {_ALONE: alone, **costs}.items():
        yield _seconds(name, times)
    of_what = f"{metadata.text_bytes / 1e6:,.0f} MB of text, {metadata.stored_bytes / 1e6:,.0f} MB stored"
    note = f"{metadata.rows:,} rows, {of_what}: {metadata.what}"
    wall = ratios([sum(cost.wall for cost in one) for one in zip(*steps, strict=True)], [cost.wall for cost in alone])
    cpu = ratios([sum(cost.cpu for cost in one) for one in zip(*steps, strict=True)], [cost.cpu for cost in alone])
    for target, words in ((TARGET, "wall time"), (AMBITION, "wall time, the ambition")):
        median, spread = median_and_spread(wall)
        yield Measured("bz2 → tag_counts", f"{words}, over {_ALONE}", "times", median, target, "lower", spread, note)
    median, spread = median_and_spread(cpu)
    yield Measured("bz2 → tag_counts", f"processor time over {_ALONE}", "times", median, None, "lower", spread)
    yield _bytes_per_row(metadata, storage)
    shutil.rmtree(folder)


def _seconds(name: str, times: list[Cost]) -> Measured:
    median, spread = median_and_spread([cost.wall for cost in times])
    user, _ = median_and_spread([cost.user for cost in times])
    system, _ = median_and_spread([cost.system for cost in times])
    return Measured(name, "wall time", "s", median, None, "lower", spread, f"user {user:.2f} s, system {system:.2f} s")


def _bytes_per_row(metadata: Metadata, storage: Storage) -> Measured:
    assets = storage.folders("tables")
    each = {
        asset: sum(storage.filesystem.size(storage.url(path)) for path in storage.list(f"tables/{asset}"))
        for asset in assets
    }
    note = ", ".join(f"{asset} {size / metadata.rows:.1f}" for asset, size in each.items())
    return Measured("tables of ingestion", "disk", "bytes/row", sum(each.values()) / metadata.rows, note=note)


# memory


def _memory(whole: Metadata, part: Metadata, folder: Path) -> Iterator[Measured]:
    for metadata in (part, whole):
        say(f"memory of ingesting {metadata.rows:,} rows in a process of its own")
        shutil.rmtree(folder, ignore_errors=True)
        peak = in_a_child("benchmarks.ingestion", str(metadata.path), str(folder))["peak_memory"]
        words, note = f"peak memory of a process, {metadata.rows:,} rows", f"shards of {SHARD_ROWS:,} rows"
        yield Measured("bz2 → tag_counts", words, "MB", peak, MEMORY_MB, note=note)
    shutil.rmtree(folder)


def main(path: str, folder: str) -> None:
    """Ingest a file in this process, which does nothing else, and print its peak memory."""
    storage = Storage(folder)
    to_raw_photos(Metadata(Path(path), 0, 0, ""), storage)
    for shard in range(len(storage.folders("tables/raw_photos"))):
        to_geotagged_photos(storage, shard)
        to_tag_counts(storage, shard)
    print_figures()


# Dagster


def _dagster(metadata: Metadata, work: Path) -> Iterator[Measured]:
    folder = work / "collection"
    shutil.rmtree(folder, ignore_errors=True)
    settings = Settings(
        storage=str(folder / "data"), source=f"yfcc100m:{metadata.path}", profile="paper", work=folder / "work"
    )
    workspace = Workspace(settings, all_steps())
    log = logging.getLogger("benchmarks")
    logging.getLogger("dagster").setLevel(logging.ERROR)
    discover(workspace)
    plain = Storage(str(folder / "plain"))
    (file,) = workspace.keys("source_file")
    with patch.dict(os.environ, DAGSTER_HOME=str(folder / "home")), open_instance(settings) as instance:
        follow_storage(workspace, instance)
        runner = InstanceRunner(build_defs(workspace), instance)
        say("one shard by the plain functions, as steps, and as runs of Dagster")
        execute(workspace.steps.maker("raw_photos"), workspace, file, log).raise_if_failed()
        follow_storage(workspace, instance)
        to_raw_photos(metadata, plain)
        (shard,) = [key for key in workspace.keys("shard") if key]
        for step, by_hand in ((geotagged_photos, to_geotagged_photos), (tag_counts, to_tag_counts)):
            costs = interleaved(
                {
                    "plain": partial(by_hand, plain, 0),
                    "step": partial(execute, step, workspace, shard, log, force=True),
                    "run": partial(_run, runner, step, shard),
                },
                rounds=7,
            )
            walls = {name: [cost.wall for cost in times][1:] for name, times in costs.items()}
            for name, other, words in (
                ("step", "plain", "checks, records and figures"),
                ("run", "step", "Dagster's run, events and checks"),
            ):
                added = [one - more for one, more in zip(walls[name], walls[other], strict=True)]
                median, spread = median_and_spread(added)
                base, _ = median_and_spread(walls["plain"])
                yield Measured(
                    f"{step.name}, one shard", f"{words} add", "s", median, None, "lower", spread,
                    f"the plain functions take {base:.3f} s",
                )  # fmt: skip
        for step in (duplicate_photos, vocabulary):
            execute(step, workspace, None, log).raise_if_failed()
        times = interleaved(
            {
                "step": partial(execute, photos, workspace, shard, log, force=True),
                "run": partial(_run, runner, photos, shard),
            },
            rounds=7,
        )
        yield _seconds("photos, one shard, as a step", times["step"][1:])
        yield _seconds("photos, one shard, as a run of Dagster", times["run"][1:])
    shutil.rmtree(folder)


def _run(runner: InstanceRunner, step: Step, shard: str) -> None:
    result = runner.run(step, shard, force=True)
    if not result.ok:
        raise RuntimeError(f"the run of {step.name} failed: {result.message}")


if __name__ == "__main__":
    main(*sys.argv[1:])
