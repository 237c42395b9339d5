"""The rows' accounting says when a source file was read in part."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from given import example, open_given

from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.step import Reads, Step
from assets.base.tables import TABLES
from assets.evaluation.report.accounts import accounts

BY_SHARD = ("rejected_rows", "raw_photos", "dropped_photos", "geotagged_photos", "unused_photos", "image_status")


@pytest.mark.parametrize(
    ("inputs", "label"),
    [
        ([], "rows in the source files"),
        ([Input("LOCSENS_LIMIT_ROWS", None, "9")], "rows in the source files"),
        ([Input("LOCSENS_LIMIT_ROWS", None, "5")], "first rows of the source files"),
    ],
)
def test_first_rows_are_named(tmp_path: Path, inputs: list[Input], label: str) -> None:
    reads = tuple(Reads(asset) for asset in ("source_files", "photos", *BY_SHARD))
    step = Step(
        name="accounted", stage="evaluation", outputs=("tagging_results",), by=None, reads=reads, profile=(),
        code_version="1", kinds=frozenset(), checks=(), pinned=False, pool=None, shard_outputs=(), outside=None,
        body=lambda _: None,
    )  # fmt: skip
    given = {asset: {"a-00000": TABLES[asset].empty()} for asset in BY_SHARD} | {
        "raw_photos": {"a-00000": example("raw_photos")}
    }
    folders = {"photos": "split=train"}
    photos = {"photos": {"a-00000": TABLES["photos"].empty()}}
    workspace = open_given(step, given | photos, str(tmp_path / "data"), tmp_path / "work", folders=folders)
    record = workspace.ledger.get("source_files", "a")
    assert record is not None
    workspace.ledger.put(replace(record, inputs=tuple(inputs), facts={"shards": 1, "rows": 5}))
    reading = accounts(Run(step, workspace, None, [], logging.getLogger("tests"), tmp_path))[0]
    assert (reading.title, reading.unit) == ("Reading", label)
