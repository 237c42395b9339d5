"""The sample world's ledger, found again to the last row under the sample's rules, up to the images."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from plain_runner import PlainRunner
from tiny_collection import Tiny

from assets.base.profiles import load_profile
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.ingestion.world.generate import ensure_world
from assets.ingestion.world.ledger import Ledger
from assets.steps import all_steps
from pipelines.planner import materialize


@pytest.fixture(scope="module")
def made(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Ledger]:
    """The tiny world under the sample's vocabulary, which the tiny profile cuts, materialised to the images."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    settings = tiny.settings.model_copy(update={"storage": str(folder / "data")})
    rules = load_profile("sample").vocabulary.model_copy(update={"size": 100_000})
    workspace = Workspace(settings, all_steps(), load_profile("tiny").model_copy(update={"vocabulary": rules}))
    discover(workspace)
    report = materialize(workspace, PlainRunner(workspace), to="images", tell=lambda _: None)
    assert report.failed == {}
    return workspace, ensure_world(workspace.profile.world, workspace.scratch / "worlds").ledger


def table(workspace: Workspace, asset: str) -> pl.DataFrame:
    files = [file.path for record in workspace.ledger.records(asset).values() for file in record.files]
    return pl.concat([pl.DataFrame(pl.from_arrow(workspace.storage.read_table(path))) for path in files])


def counted(workspace: Workspace, asset: str, column: str) -> dict[str, int]:
    return dict(Counter(table(workspace, asset)[column].to_list()))


def test_every_count_of_the_ledger(made) -> None:
    workspace, ledger = made
    assert counted(workspace, "dropped_photos", "reason") == ledger.dropped
    assert counted(workspace, "unused_photos", "reason") == ledger.unused
    assert table(workspace, "photos").height == ledger.photos
    assert counted(workspace, "image_status", "status") == ledger.images
    assert table(workspace, "skipped_tags").sort("rank")["tag"].to_list() == ledger.skipped_tags
    assert table(workspace, "vocabulary").height == ledger.vocabulary


def test_every_defect_shows_on_its_own_rows(made) -> None:
    workspace, ledger = made
    column = {"dropped_photos": "reason", "unused_photos": "reason", "image_status": "status"}
    seen = 0
    for defect in ledger.defects:
        if defect.detectable and defect.table in column:
            rows = table(workspace, defect.table)
            found = rows.filter(pl.col(column[defect.table]) == defect.reason)["photo_id"].to_list()
            assert set(defect.photo_ids) <= set(found), defect.name
            assert defect.count == len(defect.photo_ids) > 0, defect.name
            seen += 1
        elif defect.detectable and defect.table == "photos":  # it changes nothing: read and kept
            assert set(defect.photo_ids) <= set(table(workspace, "photos")["photo_id"].to_list()), defect.name
    assert seen > 10
