"""The same rows in one file or in ten, however compressed, give the same photos."""

import bz2
import gzip
import logging
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from assets.base.execute import execute
from assets.base.profiles.sections.world import WorldConfig
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.ingestion.world.plan import draw_plan
from assets.steps import all_steps

FILES = 10


def zstd(data: bytes) -> bytes:
    target = pa.BufferOutputStream()
    with pa.CompressedOutputStream(target, "zstd") as stream:
        stream.write(data)
    return target.getvalue().to_pybytes()


COMPRESS = (bz2.compress, gzip.compress, zstd, bytes)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Some thousand rows with all defects of the sample world, and some whose photo another row has, too."""
    plan = draw_plan(WorldConfig.tiny(), tmp_path_factory.mktemp("images"))
    rows = [line.encode() for of_file in plan.files.values() for line in of_file]
    return rows + random.Random(4).sample(rows, 50)


def photos_of(workspace: Workspace) -> dict[str, list[Any]]:
    """Rows of the tables that must agree, without what says where a row came from."""
    logger = logging.getLogger("tests")
    discover(workspace)
    for step in workspace.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index("splits"):
            for key in list(workspace.keys(step.by)):
                execute(step, workspace, key, logger).raise_if_failed()
    tables: dict[str, list[Any]] = {}
    for asset in ("raw_photos", "rejected_rows", "photos", "vocabulary"):
        for record in workspace.ledger.records(asset).values():
            for file in record.files:
                split = next((part for part in file.path.split("/") if part.startswith("split=")), "")
                for row in workspace.storage.read_table(file.path).to_pylist():
                    row = {name: value for name, value in row.items() if name not in ("source_file", "line_number")}
                    tables.setdefault(asset, []).append(repr((split, row)))
    return {asset: sorted(rows) for asset, rows in tables.items()}


def workspace_over(folder: Path, contents: dict[str, bytes]) -> Workspace:
    source = folder / "source"
    source.mkdir(parents=True)
    for name, content in contents.items():
        (source / name).write_bytes(content)
    settings = Settings(storage=str(folder / "data"), source=f"{source}/*", profile="tiny", work=folder / "work")
    return Workspace(settings, all_steps())


@pytest.mark.parametrize(
    "compress", [COMPRESS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in COMPRESS[1:])]
)
def test_same_photos(tmp_path: Path, lines: list[bytes], compress) -> None:
    one = photos_of(workspace_over(tmp_path / "one", {"all": compress(b"".join(lines))}))
    size = -(-len(lines) // FILES)
    parts = [b"".join(lines[start : start + size]) for start in range(0, len(lines), size)]
    small = {f"{number}": COMPRESS[number % len(COMPRESS)](part) for number, part in enumerate(parts)}
    assert len(small) == FILES
    ten = photos_of(workspace_over(tmp_path / "ten", small))
    assert {asset: len(rows) for asset, rows in one.items()} == {asset: len(rows) for asset, rows in ten.items()}
    assert one == ten
    assert len(one["raw_photos"]) + len(one["rejected_rows"]) == len(lines) > 2_000
    assert len(one["photos"]) > 500
