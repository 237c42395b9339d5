"""One process of a training on several devices; `assets.base.launch` says how it comes about.

`torch.distributed.run` starts it. It ends with the step's process, also if that is killed.
"""

import importlib
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

import psutil
import torch.distributed

from assets.base.freshness import expected_inputs
from assets.base.launch import FAILURE, Request, read_request
from assets.base.profiles import Profile
from assets.base.run import Run
from assets.base.settings import Settings
from assets.base.step import NotRun
from assets.base.workspace import Workspace
from assets.steps import all_steps

_LOOK_SECONDS = 0.5


class ChangedInputsError(RuntimeError):
    """An input was made anew between the step's start and its training processes'."""


class _Telling:
    """Leaves the sentence of what failed first, in whichever process, for the step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is not None and not self._path.exists():
            self._path.write_text(str(error) or kind.__name__ if kind else "")


def train_rank(path: Path, log: logging.Logger) -> None:
    """Trains this process's share.

    Args:
        path: File with the request.
        log: Told how it goes, in the first process.

    Raises:
        ChangedInputsError: An input is not what the step found.
    """
    request = read_request(path)
    _end_with(request.parent)
    with _Telling(Path(request.scratch) / FAILURE):
        run = _run(request, log)
        module, _, name = request.train.partition(":")
        try:
            getattr(importlib.import_module(module), name)(run)
        except NotRun:
            return  # the step's process comes to the same and says why
    torch.distributed.destroy_process_group()


def _run(request: Request, log: logging.Logger) -> Run:
    workspace = Workspace(Settings(**request.settings), all_steps(), Profile.model_validate(request.profile))
    step = next(one for one in workspace.steps.in_order() if one.name == request.step)
    inputs, _ = expected_inputs(step, workspace, request.partition)
    if [[one.asset, one.partition, one.data_version] for one in inputs] != request.inputs:
        raise ChangedInputsError(f"{request.step}: an input was made anew while its training began; start it again")
    devices = workspace.settings.devices
    return Run(step, workspace, request.partition, inputs, log, Path(request.scratch), devices=devices)


def _end_with(step_process: int) -> None:
    """Ends this process when the step's process is gone, or the launcher between them."""
    launcher = psutil.Process(os.getppid())

    def look() -> None:
        try:
            while os.getppid() == launcher.pid and launcher.ppid() == step_process:
                time.sleep(_LOOK_SECONDS)
        except psutil.NoSuchProcess:
            pass
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Trains, and prints what the first process has to tell."""
    log = logging.getLogger("locsens.rank")
    log.addHandler(logging.StreamHandler(sys.stdout))
    log.setLevel(logging.INFO if os.environ["RANK"] == "0" else logging.CRITICAL)
    train_rank(Path(sys.argv[1]), log)


if __name__ == "__main__":
    main()
