"""The local folder of a run: found again after a kill, gone with all its siblings once the output is made."""

import logging
from pathlib import Path

import pytest
from toy import Toy

from assets.base.execute import execute
from assets.base.scratch import OutputBusyError


class KilledError(Exception):
    """Stands for a kill: whatever comes after the body does not happen."""


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def workspace(toy, open_toy):
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")
    return workspace


def go(workspace, *, killed: bool = False) -> Path:
    """Run `source_files:f`; returns its local folder."""
    step = workspace.steps.maker("source_files")
    seen: list[Path] = []
    body = step.body

    def watched(run) -> None:
        seen.append(run.scratch)
        (run.scratch / "half-done").touch()
        if killed:
            raise KilledError
        body(run)

    object.__setattr__(step, "body", watched)
    try:
        execute(step, workspace, "f", logging.getLogger("tests"), force=True)
    except KilledError:
        assert killed
    finally:
        object.__setattr__(step, "body", body)
    return seen[0]


def test_the_same_inputs_find_their_folder_again_and_others_do_not(toy, workspace) -> None:
    first = go(workspace, killed=True)
    assert (first / "half-done").exists()
    assert go(workspace, killed=True) == first
    toy.etags["f"] = "2"
    assert go(workspace, killed=True) != first


def test_an_output_is_made_by_one_process_at_a_time(toy, workspace) -> None:
    step = workspace.steps.maker("source_files")

    def again(run) -> None:
        with pytest.raises(OutputBusyError, match="source_files:f is being made by another process"):
            execute(step, workspace, "f", logging.getLogger("tests"), force=True)
        body(run)

    body = step.body
    object.__setattr__(step, "body", again)
    assert execute(step, workspace, "f", logging.getLogger("tests")).records["source_files"].status == "done"


def test_what_killed_runs_left_is_gone_when_the_output_is_made(toy, workspace) -> None:
    left = go(workspace, killed=True)
    toy.etags["f"] = "2"
    last = go(workspace)
    assert not left.exists()
    assert not last.exists()
