"""The tiny collection: the whole graph on the tiny sample world, materialised once through Dagster for all tests."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_collection import Tiny, materialized

from assets.base.settings import Settings


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
