"""What is left of a source file's shards is found and removed, also after a kill."""

import logging
from pathlib import Path

import pyarrow as pa
import pytest
from toy import Toy

from assets.base.execute import execute
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.shards import NOTES, adopt_shard, remove_partition, shards_of, write_shard
from assets.base.storage import PARTIAL
from assets.base.tables import TABLES


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def workspace(toy, open_toy):
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")
    toy.register(workspace, "f-2", "c")
    return workspace


def make(workspace, name: str, partition: str) -> None:
    step = next(step for step in workspace.steps if step.name == name)
    execute(step, workspace, partition, logging.getLogger("tests")).raise_if_failed()


def test_surplus_shards_go_also_when_the_run_that_dropped_them_was_killed(toy, workspace) -> None:
    make(workspace, "source_files", "f")
    make(workspace, "tag_counts", "f-00001")
    toy.etags["f"] = "2"
    del toy.tags["f"]  # the body stops halfway: the records are gone, the files are not
    with pytest.raises(KeyError):
        make(workspace, "source_files", "f")
    assert workspace.ledger.get("source_files", "f") is None
    toy.tags["f"] = ["a"]
    make(workspace, "source_files", "f")
    assert shards_of(workspace, "f") == ["f-00000"]
    assert workspace.ledger.get("tag_counts", "f-00001") is None
    assert not [path for path in workspace.storage.list("") if "f-00001" in path]


def test_shards_of_one_file_are_not_those_of_another(workspace) -> None:
    make(workspace, "source_files", "f")
    make(workspace, "source_files", "f-2")
    assert shards_of(workspace, "f") == ["f-00000", "f-00001"]
    assert shards_of(workspace, "f-2") == ["f-2-00000"]
    workspace.ledger.remove("raw_photos", "f-2-00000")
    workspace.ledger.remove("rejected_rows", "f-2-00000")
    assert shards_of(workspace, "f-2") == ["f-2-00000"]  # its files are still there
    remove_partition(workspace, "shard", "f-2-00000")
    assert shards_of(workspace, "f-2") == []


def test_what_a_kill_left_unfinished_is_removed_by_the_next_run(workspace) -> None:
    make(workspace, "source_files", "f")
    unfinished = [f"tables/{asset}/shard=f-00000/part-0.parquet{PARTIAL}1" for asset in ("raw_photos", "tag_counts")]
    for path in unfinished:
        workspace.storage.write_bytes(path, b"half")
    assert workspace.storage.list("tables/tag_counts") == []
    make(workspace, "tag_counts", "f-00000")
    workspace.ledger.remove("source_files", "f")
    make(workspace, "source_files", "f")
    assert not [path for path in workspace.storage.list("", unfinished=True) if PARTIAL in path]


@pytest.fixture
def begin(toy, workspace, tmp_path: Path):
    """Begins a run of one file's ingestion, with a scratch of its own or that of the run before."""

    def run(name: str = "one") -> Run:
        scratch = tmp_path / "scratch" / name
        scratch.mkdir(parents=True, exist_ok=True)
        (step,) = [step for step in workspace.steps if step.name == "source_files"]
        return Run(step, workspace, "f", [Input("file:///f", None, "1")], logging.getLogger("tests"), scratch)

    return run


def tables(text: str) -> dict[str, pa.Table]:
    row = {"source_file": "f", "line_number": 1, "reason": "toy", "text": text}
    rejected = pa.Table.from_pylist([row], TABLES["rejected_rows"].schema())
    return {"raw_photos": TABLES["raw_photos"].empty(), "rejected_rows": rejected}


def test_a_shard_of_a_run_that_was_killed_is_adopted(begin) -> None:
    killed = begin()
    write_shard(killed, "f-00000", tables("a"), {"rows": 1}, resumable=True)
    run = begin()
    assert adopt_shard(run, "f-00000") == {"rows": 1}
    assert run.shard_records == killed.shard_records
    assert run.written == killed.written
    assert adopt_shard(run, "f-00001") is None
    assert adopt_shard(begin("another"), "f-00000") is None


def test_only_a_resumable_shard_is_noted(begin) -> None:
    write_shard(begin(), "f-00000", tables("a"), {})
    assert adopt_shard(begin(), "f-00000") is None


def test_a_shard_that_another_run_wrote_over_is_not_adopted(begin, workspace) -> None:
    write_shard(begin(), "f-00000", tables("a"), {}, resumable=True)
    write_shard(begin("another"), "f-00000", tables("b"), {})
    run = begin()
    assert adopt_shard(run, "f-00000") is None
    assert (run.shard_records, run.written["rejected_rows"]) == ([], [])
    workspace.storage.remove("tables/rejected_rows")
    assert adopt_shard(run, "f-00000") is None


def test_a_note_that_is_not_finished_is_none(begin) -> None:
    run = begin()
    write_shard(run, "f-00000", tables("a"), {}, resumable=True)
    (note,) = (run.scratch / NOTES).iterdir()
    note.rename(note.with_suffix(PARTIAL))
    assert adopt_shard(run, "f-00000") is None
