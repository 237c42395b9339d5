"""The work folder's part of a run: the lock on an output, and the local folder that survives a kill."""

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from assets.base.freshness import expected_inputs, profile_hash
from assets.base.provenance import Input
from assets.base.step import Step
from assets.base.workspace import Workspace


class OutputBusyError(RuntimeError):
    """Another process is making the same output."""


@contextmanager
def alone(step: Step, workspace: Workspace, partition: str | None) -> Iterator[None]:
    """Hold an output among the processes that share the work folder; the system lets go of it if its holder dies.

    Raises:
        OutputBusyError: Another process holds it.
    """
    folder = workspace.scratch / "locks" / _short_hash(workspace.storage.shown)
    folder.mkdir(parents=True, exist_ok=True)
    title = title_of(step, partition)
    try:
        lock = FileLock(folder / f"{title}.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise OutputBusyError(f"{title} is being made by another process; wait until it has ended") from error
    try:
        yield
    finally:
        lock.release()


def title_of(step: Step, partition: str | None) -> str:
    """Name of a step's output for a partition, as `step:partition`."""
    return step.name if partition is None else f"{step.name}:{partition}"


def scratch_of(step: Step, workspace: Workspace, partition: str | None, inputs: Collection[Input]) -> Path:
    """A folder that only the same output made of the same inputs finds again; beside it what other inputs left."""
    folder = _folder(step, workspace, partition, inputs)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_scratch(step: Step, workspace: Workspace, partition: str | None) -> int:
    """Remove what killed runs left that were made of other inputs than those of now: no run finds it again.

    The caller holds the output (`alone`).

    Returns:
        How many folders were removed.
    """
    inputs, _ = expected_inputs(step, workspace, partition)
    kept = _folder(step, workspace, partition, inputs)
    left = [folder for folder in kept.parent.glob("*") if folder != kept]
    for folder in left:
        shutil.rmtree(folder)
    return len(left)


def _folder(step: Step, workspace: Workspace, partition: str | None, inputs: Collection[Input]) -> Path:
    made_of = [
        step.code_version,
        profile_hash(step, workspace, partition),
        sorted((one.asset, one.partition or "", one.data_version) for one in inputs),
    ]
    storage = workspace.scratch / "runs" / _short_hash(workspace.storage.shown)
    return storage / title_of(step, partition) / _short_hash(json.dumps(made_of))


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
