"""A collection that the tests of this floor materialise, and how they do it: as the command line does."""

from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from assets.base.settings import Settings
from assets.base.workspace import Workspace
from pipelines.build import open_workspace
from pipelines.planner import Report
from pipelines.session import materialize_all


@dataclass(frozen=True)
class Tiny:
    """A materialised collection.

    Attributes:
        settings: Where it lies.
        home: Its DAGSTER_HOME.
        report: What the planner did.
        story: What the console told.
    """

    settings: Settings
    home: Path
    report: Report
    story: str

    def workspace(self) -> Workspace:
        return open_workspace(self.settings)

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.home))


def materialized(settings: Settings, home: Path, **wanted: object) -> Tiny:
    """Materialise a collection as the command line does."""
    home.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (home / "story.txt").open("w") as story:
        patch.setenv("DAGSTER_HOME", str(home))
        report = materialize_all(settings, Console(file=story, width=200), **wanted)  # type: ignore[arg-type]
    return Tiny(settings, home, report, (home / "story.txt").read_text())
