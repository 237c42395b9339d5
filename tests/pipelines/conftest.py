"""The tiny collection: the whole graph on the tiny sample world, materialised once through Dagster for all tests."""

import shutil
from collections.abc import Callable
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


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The whole graph on the tiny world; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("tiny")
    settings = Settings(
        storage=str(folder / "data"), source="sample", profile="tiny", work=folder / "work", device="cpu"
    )
    return materialized(settings, folder / "home")


@pytest.fixture
def copied(tiny: Tiny, tmp_path: Path) -> Callable[..., Tiny]:
    """Makes a copy of the tiny collection that a test may change: storage and Dagster home; worlds are shared."""

    def copy(**changes: object) -> Tiny:
        storage, home = tmp_path / "data", tmp_path / "home"
        shutil.copytree(tiny.settings.storage, storage)
        shutil.copytree(tiny.home, home)
        settings = tiny.settings.model_copy(update={"storage": str(storage), **changes})
        return Tiny(settings, home, tiny.report, tiny.story)

    return copy
