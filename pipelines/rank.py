"""One process of a training that a Dagster run started through Pipes: the first one tells the run how it goes."""

import logging
import os
import sys
from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError  # what the public client raises has no public name
from dagster_pipes import open_dagster_pipes

from assets.base.launch import TrainingProcessError, command, environment
from assets.base.run import Run
from assets.rank import train_rank


class PipesLauncher:
    """Starts the processes of a training through Dagster Pipes."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        """Tells the run of this context."""
        self._context = context

    def __call__(self, run: Run, request: Path) -> None:
        """Starts them and waits for them.

        Raises:
            TrainingProcessError: One of them failed.
        """
        devices = run.settings.devices
        client = dg.PipesSubprocessClient(env=environment(devices))
        try:
            client.run(context=self._context, command=command("pipelines.rank", request, devices))
        except DagsterPipesExecutionError as error:
            raise TrainingProcessError(str(error)) from error


def main() -> None:
    """Trains this process's share."""
    request = Path(sys.argv[1])
    if os.environ["RANK"] == "0":
        with open_dagster_pipes() as pipes:
            train_rank(request, pipes.log)
    else:
        log = logging.getLogger("locsens.rank")
        log.setLevel(logging.CRITICAL)
        train_rank(request, log)


if __name__ == "__main__":
    main()
