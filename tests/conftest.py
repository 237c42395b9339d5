"""Fixtures that tests of every floor share: a toy graph, workspaces over a folder and over memory."""

import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.base.settings import Settings
from assets.base.step import StepRegistry
from assets.base.workspace import Workspace

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as pipelines does, before torch is imported


@pytest.fixture(params=["folder", "memory"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh storage: once a folder, once `memory://`."""
    return str(tmp_path / "storage") if request.param == "folder" else f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def log() -> logging.Logger:
    """A quiet logger."""
    return logging.getLogger("tests")


@pytest.fixture
def open_toy(storage_url: str, tmp_path: Path) -> Callable[[StepRegistry], Workspace]:
    """Opens a workspace over a graph of the test's own."""

    def open_workspace(steps: StepRegistry) -> Workspace:
        settings = Settings(storage=storage_url, source="toy", profile="tiny", work=tmp_path / "work")
        return Workspace(settings, steps)

    return open_workspace
