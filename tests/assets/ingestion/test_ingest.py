"""Ingesting a database and a first look at any source: what is read, what is not read again, and what is kept of it."""

import bz2
import io
import json
import logging
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from given_sources import GOOD, FileServer, write_database

from assets.base.execute import Outcome, execute
from assets.base.freshness import judge
from assets.base.profiles import load_profile
from assets.base.profiles.sections.ingestion import IngestionConfig
from assets.base.settings import Settings
from assets.base.step import StepRegistry
from assets.base.workspace import Workspace
from assets.ingestion import assets, ingest
from assets.ingestion.database_table import COLUMNS
from assets.ingestion.discovery import discover, fingerprint
from assets.ingestion.errors import DamagedSourceError

ROOT = Path(__file__).parents[3]
LOG = logging.getLogger("tests")
ROWS = 100
SHARD_ROWS = 7

CHILD = """
import sys, time
sys.path.insert(0, "tests/assets/ingestion")
import test_ingest
from assets.ingestion import ingest

def slowly(*arguments, write=ingest.write_shard, **options):
    write(*arguments, **options)
    time.sleep(0.05)  # so that it has not ended when it is to be killed

ingest.write_shard = slowly
test_ingest.ingest_all(test_ingest.open_workspace(*sys.argv[1:4]))
"""


def open_workspace(source: object, storage: object, work: object, **settings: Any) -> Workspace:
    steps = StepRegistry()
    steps.add(assets.source_files)
    profile = load_profile("tiny").model_copy(update={"ingestion": IngestionConfig(shard_rows=SHARD_ROWS)})
    values = {"source": str(source), "storage": str(storage), "work": Path(str(work)), "profile": "tiny"}
    return Workspace(Settings(**values | settings), steps, profile)


def ingest_all(workspace: Workspace, *, force: bool = False) -> Outcome:
    """Ingest the one source file."""
    discover(workspace)
    (key,) = workspace.keys("source_file")
    return execute(assets.source_files, workspace, key, LOG, force=force).raise_if_failed()


def tables(workspace: Workspace) -> dict[str, list[str]]:
    """Every recorded table as sorted rows."""
    found = {}
    for asset in workspace.steps.assets():
        rows = []
        for key, record in workspace.ledger.records(asset).items():
            for file in record.files:
                assert workspace.storage.holds(file)
                rows += [f"{key} {row}" for row in workspace.storage.read_table(file.path).to_pylist()]
        found[asset] = sorted(rows)
    return found


def ids(workspace: Workspace) -> list[int]:
    return [
        photo_id
        for _, record in sorted(workspace.ledger.records("raw_photos").items())
        for file in record.files
        for photo_id in workspace.storage.read_table(file.path)["photo_id"].to_pylist()
    ]


def only_row(workspace: Workspace) -> dict[str, Any]:
    ((_, record),) = workspace.ledger.records("source_files").items()
    (row,) = workspace.storage.read_table(record.files[0].path).to_pylist()
    return dict(row)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A hundred rows with gaps, some of them rejected: fourteen shards of seven and one of two."""
    rows = ({"rowid": 3 * n, "photoid": n if n % 10 else "x", "title": "y" * (n * 37 % 900)} for n in range(ROWS))
    return write_database(tmp_path / "meta.sql", rows)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Shards read, by their index, of all runs in this process."""
    found: list[int] = []
    original = ingest.read_shards

    def spied(*arguments: Any) -> Any:
        for shard in original(*arguments):
            found.append(shard.index)
            yield shard

    monkeypatch.setattr(ingest, "read_shards", spied)
    return found


class StopError(Exception):
    """Stands in for a kill."""


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Makes the next runs stop when so many shards are written."""
    original = ingest.write_shard

    def stop(shards: int | None) -> None:
        left = shards

        def writes(*arguments: Any, **options: Any) -> None:
            nonlocal left
            if left == 0:
                raise StopError
            left = None if left is None else left - 1
            original(*arguments, **options)

        monkeypatch.setattr(ingest, "write_shard", writes)

    return stop


# Databases


def test_a_database_becomes_shards(database: Path, storage_url: str, tmp_path: Path) -> None:
    workspace = open_workspace(database, storage_url, tmp_path / "work")
    ingest_all(workspace)
    row = only_row(workspace)
    assert (row["rows"], row["rejected_rows"], row["shards"]) == (100, 10, 15)
    assert row["format"] == "yfcc100m, sqlite, plain"
    assert ids(workspace) == [n for n in range(ROWS) if n % 10]
    facts = {key: record.facts for key, record in workspace.ledger.records("rejected_rows").items()}
    assert facts[workspace.keys("shard")[1]] == {"rows": 7, "rejected_rows": 1, "taken_down": 0, "last_line": 39}
    assert ingest_all(open_workspace(database, storage_url, tmp_path / "work")).unchanged


@pytest.mark.parametrize("stops", [[1], [5, 3], [0, 14]])
def test_shards_of_a_run_that_was_stopped_are_not_read_again(
    database: Path, tmp_path: Path, storage_url: str, reads: list[int], stop_after, stops: list[int]
) -> None:
    calm = open_workspace(database, tmp_path / "calm", tmp_path / "work")
    ingest_all(calm)
    written = 0
    for shards in stops:
        reads.clear()
        stop_after(shards)
        with pytest.raises(StopError):
            ingest_all(open_workspace(database, storage_url, tmp_path / "work"))
        written += shards
        assert reads == list(range(written - shards, written + 1))
    reads.clear()
    stop_after(None)
    workspace = open_workspace(database, storage_url, tmp_path / "work")
    ingest_all(workspace)
    assert reads == list(range(written, 15))
    assert tables(workspace) == tables(calm)
    versions = [
        {key: record.data_version for key, record in one.ledger.records("raw_photos").items()}
        for one in (workspace, calm)
    ]
    assert versions[0] == versions[1]
    assert not list((tmp_path / "work/runs").rglob("*.jsonl"))


def test_a_run_that_was_stopped_when_all_shards_were_written(
    database: Path, tmp_path: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise StopError

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "refuse_change", stop)
        with pytest.raises(StopError):
            ingest_all(open_workspace(database, tmp_path / "data", tmp_path / "work"))
    assert reads == list(range(15))
    reads.clear()
    workspace = open_workspace(database, tmp_path / "data", tmp_path / "work")
    ingest_all(workspace)
    assert reads == []
    assert only_row(workspace)["rows"] == ROWS


def test_a_shard_that_was_changed_since_is_read_again(
    database: Path, tmp_path: Path, reads: list[int], stop_after
) -> None:
    stop_after(6)
    with pytest.raises(StopError):
        ingest_all(open_workspace(database, tmp_path / "data", tmp_path / "work"))
    for shard, change in ((2, lambda path: path.write_bytes(b"other")), (4, Path.unlink)):
        reads.clear()
        stop_after(6 - shard)
        (part,) = (tmp_path / "data/tables/rejected_rows").glob(f"*-0000{shard - 1}/part-0.parquet")
        change(part)
        with pytest.raises(StopError):
            ingest_all(open_workspace(database, tmp_path / "data", tmp_path / "work"))
        assert reads[0] == shard - 1


def test_another_version_of_the_file_is_read_from_its_beginning(
    database: Path, tmp_path: Path, reads: list[int], stop_after
) -> None:
    stop_after(6)
    with pytest.raises(StopError):
        ingest_all(open_workspace(database, tmp_path / "data", tmp_path / "work"))
    write_database(database, [{"rowid": 1, "photoid": 1_000}])
    stop_after(None)
    reads.clear()
    workspace = open_workspace(database, tmp_path / "data", tmp_path / "work")
    ingest_all(workspace)
    assert reads == list(range(15))
    assert 1_000 in ids(workspace)


def test_a_text_file_is_read_from_its_beginning(tmp_path: Path, reads: list[int], stop_after) -> None:
    (tmp_path / "a.tsv").write_bytes(as_text(range(30)))
    stop_after(3)
    with pytest.raises(StopError):
        ingest_all(open_workspace(tmp_path / "a.tsv", tmp_path / "data", tmp_path / "work"))
    stop_after(None)
    reads.clear()
    ingest_all(open_workspace(tmp_path / "a.tsv", tmp_path / "data", tmp_path / "work"))
    assert reads == list(range(5))


def test_a_database_that_changes_while_it_is_read(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = ingest.read_shards

    def changing(*arguments: Any) -> Any:
        yield from original(*arguments)
        write_database(database, [{}])

    monkeypatch.setattr(ingest, "read_shards", changing)
    workspace = open_workspace(database, tmp_path / "data", tmp_path / "work")
    with pytest.raises(DamagedSourceError, match=r"meta\.sql changed while it was read"):
        ingest_all(workspace)
    assert workspace.keys("shard") == []


def kill_when(child: subprocess.Popen, notes: Path, shards: int, delay: float) -> None:
    """Kill a child some time after it has finished so many shards."""
    while child.poll() is None and len(list(notes.glob("runs/*/*/*/shards/*.jsonl"))) < shards:
        time.sleep(0.001)
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "it ended before it could be killed"


def check_kills(database: Path, tmp_path: Path, reads: list[int], moments: list[tuple[int, float]]) -> None:
    calm = open_workspace(database, tmp_path / "calm", tmp_path / "calm-work")
    ingest_all(calm)
    where = (database, tmp_path / "data", tmp_path / "work")
    for shards, delay in moments:
        child = subprocess.Popen([sys.executable, "-c", CHILD, *map(str, where)], cwd=ROOT)
        kill_when(child, tmp_path / "work", shards, delay)
    noted = len(list((tmp_path / "work").glob("runs/*/*/*/shards/*.jsonl")))
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("part-0.parquet")}
    reads.clear()
    workspace = open_workspace(*where)
    ingest_all(workspace)
    assert reads == list(range(noted, 15))
    for path, changed in parts.items():
        if path.parent.name.startswith("shard=") and int(path.parent.name[-5:]) < noted:
            assert path.stat().st_mtime_ns == changed
    assert tables(workspace) == tables(calm)
    assert not list((tmp_path / "work/runs").rglob("*.jsonl"))


def test_killed_then_finished(database: Path, tmp_path: Path, reads: list[int]) -> None:
    check_kills(database, tmp_path, reads, [(6, 0.02)])


@pytest.mark.slow
def test_killed_twice_then_finished(database: Path, tmp_path: Path, reads: list[int]) -> None:
    check_kills(database, tmp_path, reads, [(4, 0.0), (8, 0.02)])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_seeded_moment(database: Path, tmp_path: Path, reads: list[int], seed: int) -> None:
    draw = random.Random(seed)
    check_kills(database, tmp_path, reads, [(draw.randrange(0, 11), draw.uniform(0, 0.1))])


# Remote databases


def copies_in(work: Path) -> list[str]:
    return sorted(path.name for path in (work / "copies").rglob("*") if path.is_file()) if work.exists() else []


def test_a_remote_database_is_copied_once_and_the_copy_goes_when_all_is_well(
    database: Path, storage_url: str, tmp_path: Path, web: FileServer, stop_after, reads: list[int]
) -> None:
    web.files["meta.sql"] = database.read_bytes()
    place = f"{web.url('meta.sql')}?token=secret"
    stop_after(4)
    with pytest.raises(StopError):
        ingest_all(open_workspace(place, storage_url, tmp_path / "work"))
    assert copies_in(tmp_path / "work") == ["version.json", "whole"]
    asked = [piece for _, piece in web.asked if piece not in ((0, 16), (1, 2))]
    assert asked == [(0, len(web.files["meta.sql"]))]
    web.asked.clear()
    reads.clear()
    stop_after(None)
    workspace = open_workspace(place, storage_url, tmp_path / "work")
    ingest_all(workspace)
    assert {piece for _, piece in web.asked} == {(0, 16)}
    assert reads == list(range(4, 15))
    assert copies_in(tmp_path / "work") == []
    assert only_row(workspace)["url"] == web.url("meta.sql")
    assert ids(workspace) == [n for n in range(ROWS) if n % 10]


def test_a_first_look_at_a_remote_database_copies_nothing(database: Path, tmp_path: Path, web: FileServer) -> None:
    web.files["meta.sql"] = database.read_bytes()
    workspace = open_workspace(web.url("meta.sql"), tmp_path / "data", tmp_path / "work", limit_rows=10)
    ingest_all(workspace)
    assert ids(workspace) == list(range(1, 10))
    assert not (tmp_path / "work/copies").exists()


# First looks


def as_text(numbers: Any) -> bytes:
    rows = (dict.fromkeys(COLUMNS, "") | GOOD | {"photoid": n} for n in numbers)
    return b"".join("\t".join(str(value) for value in row.values()).encode() + b"\n" for row in rows)


def as_manifest(numbers: Any) -> list[dict[str, Any]]:
    return [{"photo_id": n, "tags": "a", "latitude": 1.5, "longitude": 2.5, "image": "x.jpg"} for n in numbers]


def as_csv(numbers: Any) -> bytes:
    rows = [list(row.values()) for row in as_manifest(numbers)]
    return "\n".join(",".join(map(str, row)) for row in [list(as_manifest([0])[0]), *rows]).encode()


def as_parquet(numbers: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(as_manifest(numbers)), target, row_group_size=4)
    return target.getvalue()


SOURCES: dict[str, Callable[[Any], bytes]] = {
    "text": as_text,
    "bzip2": lambda numbers: bz2.compress(as_text(numbers)),
    "csv": as_csv,
    "json": lambda numbers: "\n".join(json.dumps(row) for row in as_manifest(numbers)).encode(),
    "parquet": as_parquet,
}


@pytest.fixture(params=[*SOURCES, "sqlite"])
def thirty(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A source of thirty photos, of every kind."""
    path = tmp_path / "source"
    if request.param == "sqlite":
        return write_database(path, ({"photoid": n} for n in range(30)))
    path.write_bytes(SOURCES[request.param](range(30)))
    return path


@pytest.mark.parametrize("limit", [1, 6, 7, 8, 14, 29, 30, 31])
def test_a_first_look_at_every_kind_of_source(thirty: Path, tmp_path: Path, limit: int) -> None:
    workspace = open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=limit)
    ingest_all(workspace)
    assert ids(workspace) == list(range(min(limit, 30)))
    row = only_row(workspace)
    assert (row["rows"], row["shards"]) == (min(limit, 30), -(-min(limit, 30) // SHARD_ROWS))
    assert row["format"].endswith(f", the first {limit} rows") == (limit <= 30)


def test_a_later_run_without_a_limit_ingests_the_rest(thirty: Path, tmp_path: Path) -> None:
    def run(limit: int) -> Workspace:
        workspace = open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=limit)
        ingest_all(workspace)
        return workspace

    assert ids(run(10)) == list(range(10))
    assert ids(run(20)) == list(range(20))
    assert ids(run(5)) == list(range(20))  # a limit takes nothing away
    assert ids(run(0)) == list(range(30))
    whole = run(0)
    assert only_row(whole)["format"].count("first") == 0
    assert tables(run(5)) == tables(whole)
    undisturbed = open_workspace(thirty, tmp_path / "calm", tmp_path / "work")
    ingest_all(undisturbed)
    assert tables(whole) == tables(undisturbed)


def test_what_a_limit_means_for_freshness(thirty: Path, tmp_path: Path) -> None:
    def standing(limit: int) -> tuple[str, str]:
        workspace = open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=limit)
        verdict = judge(assets.source_files, workspace, workspace.keys("source_file")[0])
        return verdict.state, verdict.why

    ingest_all(open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=10))
    assert standing(10) == standing(3) == ("fresh", "")
    assert standing(11) == ("outdated", "changed: LOCSENS_LIMIT_ROWS")
    assert standing(0) == ("outdated", "gone: LOCSENS_LIMIT_ROWS")
    ingest_all(open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=31))
    assert standing(0) == standing(10) == standing(1_000) == ("fresh", "")  # it was read to its end


def test_a_forced_run_under_a_limit_keeps_what_is_there(thirty: Path, tmp_path: Path) -> None:
    ingest_all(open_workspace(thirty, tmp_path / "data", tmp_path / "work"))
    workspace = open_workspace(thirty, tmp_path / "data", tmp_path / "work", limit_rows=3)
    assert not ingest_all(workspace, force=True).unchanged
    assert ids(workspace) == list(range(30))


def test_a_changed_file_is_ingested_under_the_limit_of_now(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(as_text(range(30)))
    ingest_all(open_workspace(path, tmp_path / "data", tmp_path / "work"))
    path.write_bytes(as_text(range(100, 140)))
    workspace = open_workspace(path, tmp_path / "data", tmp_path / "work", limit_rows=3)
    ingest_all(workspace)
    assert ids(workspace) == [100, 101, 102]
    assert len(workspace.keys("shard")) == 1


def test_a_file_that_has_vanished_stays_as_it_was_recorded(tmp_path: Path) -> None:
    for name in ("a.tsv", "b.tsv"):
        (tmp_path / name).write_bytes(as_text(range(30)))
    workspace = open_workspace(tmp_path / "*.tsv", tmp_path / "data", tmp_path / "work", limit_rows=5)
    discover(workspace)
    for key in workspace.keys("source_file"):
        execute(assets.source_files, workspace, key, LOG)
    (tmp_path / "a.tsv").unlink()
    later = open_workspace(tmp_path / "*.tsv", tmp_path / "data", tmp_path / "work")
    gone, there = later.keys("source_file")
    assert [one.asset for one in fingerprint(later, gone)][1:] == ["LOCSENS_LIMIT_ROWS"]
    assert [one.asset for one in fingerprint(later, there)][1:] == []


def test_two_manifest_ids_that_become_one_are_noticed_under_a_limit(tmp_path: Path, monkeypatch) -> None:
    called: list[str] = []
    monkeypatch.setattr("assets.ingestion.ids.PhotoIds.refuse_collisions", lambda self, url: called.append(url))
    (tmp_path / "m.csv").write_bytes(as_csv(range(30)))
    ingest_all(open_workspace(tmp_path / "m.csv", tmp_path / "data", tmp_path / "work", limit_rows=8))
    assert called == [f"file://{tmp_path}/m.csv"]
