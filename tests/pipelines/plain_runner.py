"""A runner for the planner without Dagster."""

import logging

from assets.base.execute import execute
from pipelines.runs import RunResult


class PlainRunner:
    """Runs steps without Dagster; a failing check, and an error that it is told of, is a failed run."""

    def __init__(self, workspace, failures: tuple[type[Exception], ...] = ()) -> None:
        self.workspace = workspace
        self.failures = failures

    def run(self, step, partition, *, force):
        try:
            outcome = execute(step, self.workspace, partition, logging.getLogger("tests"), force=force)
        except self.failures as error:
            return RunResult(False, str(error))
        return RunResult(not outcome.failed, "; ".join(outcome.failed))
