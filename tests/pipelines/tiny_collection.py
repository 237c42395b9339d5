"""A collection that the tests of this floor materialise, and how they do it: as the command line does."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from assets.base.provenance import Ledger
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from pipelines.build import open_workspace
from pipelines.planner import Report
from pipelines.session import materialize_all

ON_REQUEST = {name for name in TABLES if name.startswith(("study_", "claim"))} | {"world_properties"}
"""Tables of what is made only on request: empty."""


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


def environment_of(settings: Settings, home: Path) -> dict[str, str]:
    """What a command of its own process is told of a collection."""
    told = {f"LOCSENS_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    return {**told, "DAGSTER_HOME": str(home)}


def up_to_splits(workspace: Workspace) -> list[str]:
    """Names of the tables up to the splits."""
    stages = STAGES[: STAGES.index("splits") + 1]
    return [asset for asset in workspace.steps.assets() if workspace.steps.maker(asset).stage in stages]


def tables(workspace: Workspace) -> dict[str, list[str]]:
    """Every recorded table up to the splits as sorted rows, partition folders included."""
    found = {}
    for asset in up_to_splits(workspace):
        rows = []
        for record in workspace.ledger.records(asset).values():
            for file in record.files:
                where = file.path.rpartition("/")[0]
                table = workspace.storage.read_table(file.path)
                assert table.schema.equals(TABLES[asset].schema()), file.path
                rows += [json.dumps([where, row], default=str, sort_keys=True) for row in table.to_pylist()]
        found[asset] = sorted(rows)
    return found


def torn(storage: Storage) -> list[str]:
    """Recorded files that are not there or not what the record says, looked at while another process writes."""
    bad = []
    for asset in Ledger(storage).assets():
        for key, record in Ledger(storage).records(asset).items():
            for file in record.files:
                try:
                    whole = hashlib.sha256(storage.read_bytes(file.path)).hexdigest() == file.sha256
                except OSError:
                    whole = False
                # A record is removed before its files are touched: only if it is still there was it a promise.
                if not whole and Ledger(storage).get(asset, key) == record:
                    bad.append(file.path)
    return bad
