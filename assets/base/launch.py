"""Training on several devices: a step writes a request, child processes train, the step takes it from there.

Every child (`assets.rank`) reads what the step would read and trains its share of each batch. What they leave in the
scratch is a finished training; the step then calls the same function, which reads the same and trains no further.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from assets.base.cores import available_cores
from assets.base.run import Run

TrainedT = TypeVar("TrainedT")

FAILURE = "failure.txt"


class TrainingProcessError(RuntimeError):
    """The processes of a training failed."""


@dataclass(frozen=True)
class Request:
    """What a child process needs to know.

    Attributes:
        step: Name of an output of the step that trains.
        partition: Its partition key.
        train: Module and name of the function that trains, `module:function`; it takes a `Run`.
        scratch: Local folder of the training.
        settings: The settings' values.
        profile: The profile's values.
        inputs: What the step is made from: asset, partition, data version.
        parent: Process id of the step.
    """

    step: str
    partition: str | None
    train: str
    scratch: str
    settings: dict[str, Any]
    profile: dict[str, Any]
    inputs: list[list[str | None]]
    parent: int


def read_request(path: Path) -> Request:
    """The request in a file."""
    return Request(**json.loads(path.read_text()))


def trained(run: Run, train: Callable[[Run], TrainedT]) -> TrainedT:
    """What a training gives, on as many devices as the settings say.

    Args:
        run: The run of the step.
        train: Trains in the run's scratch, on `run.devices`; a function of a module.

    Raises:
        TrainingProcessError: A child process failed; says what it said.
    """
    if run.settings.devices > 1 and run.devices == 1:
        _train_in_children(run, train)
    return train(run)


def command(module: str, request: Path, devices: int) -> list[str]:
    """The command that starts the processes of a training.

    Args:
        module: What each of them runs.
        request: File with the request.
        devices: How many there are.
    """
    elastic = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={devices}"]
    return [sys.executable, *elastic, "-m", module, str(request)]


def environment(devices: int) -> dict[str, str]:
    """Variables for those processes: without a choice of one's own they share the cores."""
    return {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, available_cores() // devices)))}


def launch_plainly(run: Run, request: Path) -> None:
    """Starts the processes and waits for them; what the first one prints goes to the log.

    Raises:
        TrainingProcessError: One of them failed.
    """
    devices = run.settings.devices
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command("assets.rank", request, devices),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment(devices)},
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                run.log.info(line.rstrip())
        except BaseException:  # an interruption: no process outlives the step
            child.terminate()
            raise
    if child.returncode:
        raise TrainingProcessError(f"a training process ended with code {child.returncode}")


def _train_in_children(run: Run, train: Callable[[Run], Any]) -> None:
    (run.scratch / FAILURE).unlink(missing_ok=True)
    request = Request(
        step=run.step.name,
        partition=run.partition,
        train=f"{train.__module__}:{train.__qualname__}",
        scratch=str(run.scratch),
        settings=run.settings.model_dump(mode="json"),
        profile=run.profile.model_dump(mode="json"),
        inputs=[[one.asset, one.partition, one.data_version] for one in run.inputs],
        parent=os.getpid(),
    )
    path = run.scratch / "request.json"
    path.touch(mode=0o600)  # an address in the settings may hold a password
    path.write_text(json.dumps(asdict(request)))
    run.log.info("training on %d devices, one process each", run.settings.devices)
    try:
        (run.launch or launch_plainly)(run, path)
    except TrainingProcessError as error:
        said = run.scratch / FAILURE
        if said.exists():
            raise TrainingProcessError(said.read_text()) from error
        raise TrainingProcessError(
            f"{error}; no process said why: it was killed, perhaps for want of memory (more `accumulate` needs "
            "less), or failed before it began; the log may say more"
        ) from error
    finally:
        path.unlink()
