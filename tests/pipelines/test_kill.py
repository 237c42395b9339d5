"""Killed at any moment and run again: the same tables as undisturbed, and nothing half-written is ever seen."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from tiny_collection import Tiny, environment_of, tables, torn, up_to_splits

from assets.base.provenance import Ledger
from assets.base.settings import Settings
from assets.base.storage import PARTIAL, Storage
from assets.ingestion.world.generate import ensure_world
from pipelines.build import open_workspace
from pipelines.planner import survey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]

CHILD = """
import json, logging, sys
from assets.base.execute import execute
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.steps import all_steps

if __name__ == "__main__":
    workspace = Workspace(Settings(**json.loads(sys.argv[1])), all_steps())
    discover(workspace)
    for step in workspace.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index("splits"):
            for key in list(workspace.keys(step.by)):
                print(step.name, flush=True)
                execute(step, workspace, key, logging.getLogger("child"), force="--force" in sys.argv).raise_if_failed()
"""


def kill_group(child: subprocess.Popen) -> None:
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@pytest.fixture
def child_of() -> Iterator[object]:
    """Starts commands in process groups of their own; what is left of them is killed at the end."""
    children: list[subprocess.Popen] = []

    def start(*command: str, **environment: str) -> subprocess.Popen:
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            kill_group(child)
        child.stdout.close()


def die_after(child: subprocess.Popen, lines: int, delay: float, marks: tuple[str, ...]) -> list[str]:
    """Kill a child some time after it told so many lines that hold a mark; returns what it had told by then."""
    told = []
    for line in child.stdout:
        told.append(line)
        lines -= any(mark in line for mark in marks)
        if lines <= 0:
            time.sleep(delay)
            assert child.poll() is None, "it ended before it could be killed"
            kill_group(child)
            return told
    pytest.fail(f"it ended before it could be killed: {told}")


def unfinished(home: Path) -> list[str]:
    """Runs of an instance that are not at an end, as the command line abbreviates them."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return [run.run_id[:8] for run in instance.get_runs() if not run.is_finished]


def cancelled_in(story: list[str]) -> list[str]:
    """Runs that the command line says it reported as cancelled."""
    found = (re.fullmatch(r"run (\w{8}) had been killed; reported as cancelled", line.strip()) for line in story)
    return [match[1] for match in found if match]


@pytest.mark.parametrize("seed", range(2))
def test_the_command_line_killed_twice_then_run_again(tiny: Tiny, tmp_path: Path, child_of, seed: int) -> None:
    home = tmp_path / "home"
    settings = tiny.settings.model_copy(update={"storage": str(tmp_path / "data")})
    environment = environment_of(settings, home)
    command = ("-m", "pipelines.cli", "materialize", "--to", "splits")
    draw = random.Random(seed)
    left: list[str] = []  # runs that the last kill left unfinished: none, if it fell between two runs
    cancelled: list[str] = []
    for _ in range(2):
        child = child_of(*command, **environment)
        lines, delay = draw.randrange(1, 8), draw.uniform(0.05, 0.3)
        told = die_after(child, lines, delay, ("ingestion", "vocabulary", "splits"))
        assert cancelled_in(told) == left
        cancelled += left
        left = unfinished(home)
        assert torn(Storage(settings.storage)) == []
    last = child_of(*command, **environment)
    story = last.stdout.read()
    assert last.wait() == 0, story
    assert cancelled_in(story.splitlines()) == left
    cancelled += left

    workspace = open_workspace(settings)
    assert tables(workspace) == tables(tiny.workspace())
    states = {left.state for left in survey(workspace).left if left.output.partition(":")[0] in up_to_splits(workspace)}
    assert states == set()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        done = {run.run_id[:8]: run.status for run in instance.get_runs()}
        assert {run for run, status in done.items() if status != dg.DagsterRunStatus.SUCCESS} == set(cancelled)
        assert {done[run] for run in cancelled} <= {dg.DagsterRunStatus.CANCELED}
        assert set(instance.get_dynamic_partitions("shard")) == set(workspace.keys("shard"))


def slots_held_by(home: Path) -> set[str]:
    """Runs that hold a slot of a pool of an instance."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return set(instance.event_log_storage.get_concurrency_run_ids())


def test_a_training_killed_with_its_slot_of_the_pool_is_trained_when_run_again(copied, child_of) -> None:
    """With the shipped `dagster.yaml`: a pool has one slot, which nobody gives back for a process that was killed."""
    tiny = copied()
    assert (tiny.home / "dagster.yaml").read_text() == (ROOT / "dagster.yaml").read_text()
    environment = environment_of(tiny.settings, tiny.home)
    command = ("-m", "pipelines.cli", "materialize", "--to", "embeddings", "--refresh", "embedding_model:mcc")
    child = child_of(*command, **environment)
    while not (held := slots_held_by(tiny.home)):
        assert child.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    kill_group(child)
    (killed,) = held
    assert slots_held_by(tiny.home) == {killed}

    again = child_of(*command, **environment)
    story = again.stdout.read()
    assert again.wait() == 0, story
    assert cancelled_in(story.splitlines()) == [killed[:8]]
    assert "1 outputs made" in story
    assert slots_held_by(tiny.home) == set()
    with tiny.instance() as instance:
        last, before = instance.get_runs(limit=2)
        assert last.asset_selection == before.asset_selection == {dg.AssetKey("embedding_model")}
        assert (last.status, before.status) == (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED)
        assert before.run_id == killed


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["first", "again"])
@pytest.mark.parametrize("seed", range(10))
def test_plain_steps_killed_at_a_seeded_moment(tiny: Tiny, tmp_path: Path, child_of, seed: int, force) -> None:
    world = ensure_world(tiny.workspace().profile.world, tiny.settings.work / "worlds")
    values = {
        "storage": str(tmp_path / "data"),
        "source": f"yfcc100m:{world.metadata}",
        "profile": "tiny",
        "work": str(tmp_path / "work"),
        "word_vectors": str(world.word_vectors),
    }
    settings = Settings(**values)
    storage = Storage(settings.storage)

    def start() -> subprocess.Popen:
        return child_of("-c", CHILD, json.dumps(values), *force)

    if force:  # so that there is something to be torn
        assert start().wait() == 0
    draw = random.Random(seed)
    child = start()
    lines = draw.randrange(1, 14)
    for _ in range(lines):
        child.stdout.readline()
    end = time.monotonic() + draw.uniform(0, 0.08)
    while time.monotonic() < end:
        assert torn(storage) == []
    kill_group(child)
    assert torn(storage) == []
    assert [path for path in storage.list("") if PARTIAL in path] == []
    last = start()
    assert last.wait() == 0

    assert tables(open_workspace(settings)) == tables(tiny.workspace())
    recorded = {
        file.path
        for asset in Ledger(storage).assets()
        for record in Ledger(storage).records(asset).values()
        for file in record.files
    }
    assert set(storage.list("tables")) == recorded


@pytest.mark.parametrize("place", ["assets.ingestion.ingest.read_shards", "assets.base.execute.remove_partition"])
def test_a_changed_file_whose_ingestion_was_killed_leaves_no_shard_behind(tmp_path: Path, child_of, place: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    words = ",".join(f"word{letter}" for letter in "abcdefghijklmn")
    row = f"{{0}}\tu\tn\t\t\t\tt\t\t{words}\t\t2.5\t-3.5\t16\tp\thttp://h/{{0}}.jpg\tCC\t\t\t\t\t\tjpg\t0\n"
    (source / "a.tsv").write_text("".join(row.format(number) for number in range(4_000)))
    values = {
        "storage": str(tmp_path / "data"),
        "source": f"{source}/*.tsv",
        "profile": "tiny",
        "work": str(tmp_path / "work"),
    }
    assert child_of("-c", CHILD, json.dumps(values)).wait() == 0
    workspace = open_workspace(Settings(**values))
    assert len(workspace.keys("shard")) == 3
    (source / "a.tsv").write_text("".join(row.format(number) for number in range(1_000)))
    # It ends when the shards' old records are gone and the new ones not yet there, or before the surplus is removed.
    module, _, function = place.rpartition(".")
    stop = f"import {module} as broken; broken.{function} = lambda *_: sys.exit(9)\n"
    killed = child_of("-c", CHILD.replace("if __name__", f"{stop}\nif __name__"), json.dumps(values))
    assert killed.wait() == 9
    assert child_of("-c", CHILD, json.dumps(values)).wait() == 0
    workspace.ledger.refresh()
    (shard,) = workspace.keys("shard")
    assert {path for path in workspace.storage.list("") if "shard=" in path and shard not in path} == set()
    for asset in up_to_splits(workspace):
        if workspace.steps.dimension(asset) == "shard":
            assert set(workspace.ledger.records(asset)) == {shard}, asset
