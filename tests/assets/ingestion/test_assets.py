"""The steps of ingestion over a storage: what they write, refuse and keep as files come and change."""

import bz2
import gzip
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from assets.base.execute import Outcome, execute
from assets.base.profiles import load_profile
from assets.base.profiles.sections.ingestion import IngestionConfig
from assets.base.run import Run
from assets.base.settings import Settings
from assets.base.step import Step, StepRegistry
from assets.base.workspace import Workspace
from assets.ingestion import assets, read
from assets.ingestion.discovery import discover
from assets.ingestion.errors import DamagedSourceError
from assets.ingestion.streams import read_blocks

COMPRESS = {
    "bzip2": lambda data: bz2.compress(data, 1),
    "gzip": gzip.compress,
    "zstd": lambda data: pa.compress(data, "zstd", asbytes=True),
}
STEPS = (assets.source_files, assets.geotagged_photos, assets.duplicate_photos, assets.tag_counts)
Open = Callable[[], Workspace]


def row(photo_id: int | str, tags: str = "sea", place: str = "2.5\t-3.5") -> bytes:
    return f"{photo_id}\tu\tn\t\t\t\tt\t\t{tags}\t\t{place}\t16\tp\thttp://h/{photo_id}.jpg\tCC\t\t\t\t\t\tjpg\t0\n".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    rows = [row(1), row(2, "Sea+Side,sea"), row("x"), row(3, ""), row(1, "again"), row(4)]
    (source / "a.tsv.bz2").write_bytes(bz2.compress(b"".join(rows)))
    return source


@pytest.fixture
def shard_rows() -> int:
    return 4


@pytest.fixture
def open_workspace(storage_url: str, tmp_path: Path, folder: Path, shard_rows: int) -> Open:
    steps = StepRegistry()
    for step in STEPS:
        steps.add(step)
    profile = load_profile("tiny").model_copy(update={"ingestion": IngestionConfig(shard_rows=shard_rows)})
    settings = Settings(storage=storage_url, source=str(folder / "*.bz2"), profile="tiny", work=tmp_path / "work")
    return lambda: Workspace(settings, steps, profile)


def run_all(workspace: Workspace) -> dict[tuple[str, str | None], Outcome]:
    discover(workspace)
    made = {}
    for step in STEPS:
        for key in workspace.keys(step.by):
            outcome = execute(step, workspace, key, logging.getLogger("tests")).raise_if_failed()
            if not outcome.unchanged:
                made[step.name, key] = outcome
    return made


def rows_of(workspace: Workspace, asset: str) -> list[dict[str, object]]:
    return [
        one
        for _, record in sorted(workspace.ledger.records(asset).items(), key=lambda item: str(item[0]))
        for file in record.files
        for one in workspace.storage.read_table(file.path).to_pylist()
    ]


def test_a_file_becomes_shards_photos_and_counts(open_workspace: Open) -> None:
    workspace = open_workspace()
    made = run_all(workspace)
    (source,) = rows_of(workspace, "source_files")
    assert (source["rows"], source["rejected_rows"], source["shards"], source["registered"]) == (6, 1, 2, 0)
    assert source["format"] == "yfcc100m, 23 columns, bzip2"
    first, second = workspace.keys("shard")
    assert [one["photo_id"] for one in rows_of(workspace, "raw_photos")] == [1, 2, 3, 1, 4]
    assert [one["reason"] for one in rows_of(workspace, "rejected_rows")] == ["photo id is not a whole number"]
    assert [one["tags"] for one in rows_of(workspace, "geotagged_photos")] == [
        ["sea"],
        ["seaside", "sea"],
        ["again"],
        ["sea"],
    ]
    assert [one["reason"] for one in rows_of(workspace, "dropped_photos")] == ["no_tags"]
    assert [tuple(one.values()) for one in rows_of(workspace, "duplicate_photos")] == [
        (1, first, True),
        (1, second, False),
    ]
    assert [tuple(one.values()) for one in rows_of(workspace, "tag_counts")] == [
        ("sea", 2),
        ("seaside", 1),
        ("again", 1),
        ("sea", 1),
    ]
    notes = made["geotagged_photos", first].notes
    assert notes["geotagged_photos"]["locations"].data.startswith(b"\x89PNG")
    assert "no_tags | 1" in notes["dropped_photos"]["reasons"].text
    outcomes = [check for outcome in made.values() for checks in outcome.checks.values() for check in checks]
    assert len(outcomes) == 2 + 3 * 2 + 1 + 2
    # One row of six could not be read, which is worth a warning but stops nothing.
    assert {check.name for check in outcomes if not check.passed} == {"most_rows_are_readable"}


def test_a_second_time_nothing_is_made(open_workspace: Open) -> None:
    run_all(open_workspace())
    assert run_all(open_workspace()) == {}


def test_a_new_file_leaves_older_shards_alone(open_workspace: Open, folder: Path) -> None:
    run_all(open_workspace())
    before = open_workspace().ledger.records("duplicate_photos")[None].slices
    # It comes first by name, but was registered last: its row is the one left out.
    (folder / "0.tsv.bz2").write_bytes(bz2.compress(row(2) + row(9)))
    workspace = open_workspace()
    made = run_all(workspace)
    new = workspace.keys("shard")[-1]
    assert sorted(made, key=str) == [
        ("duplicate_photos", None),
        ("geotagged_photos", new),
        ("source_files", str(new).removesuffix("-00000")),
        ("tag_counts", new),
    ]
    after = workspace.ledger.records("duplicate_photos")[None].slices
    assert {shard: after[shard] for shard in before} == before
    kept = {(one["photo_id"], one["shard_key"]): one["kept"] for one in rows_of(workspace, "duplicate_photos")}
    assert kept[2, new] is False


def whole_file(compress: Callable[[bytes], bytes]) -> bytes:
    noise = random.Random(8)
    return compress(b"".join(row(number, f"tag{noise.getrandbits(40)}") for number in range(1, 40_000)))


@pytest.mark.parametrize("name", ["bzip2", "gzip", "zstd"])
@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("shard_rows", [3_000])
def test_a_file_that_was_cut_off_publishes_nothing_and_is_repaired(
    open_workspace: Open,
    folder: Path,
    name: str,
    share: float,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(read, "read_blocks", partial(read_blocks, block_bytes=100_000))
    caplog.set_level(logging.INFO)
    path = folder / "a.tsv.bz2"
    whole = whole_file(COMPRESS[name])
    cut = min(int(len(whole) * share), len(whole) - 1)
    path.write_bytes(whole[:cut])
    workspace = open_workspace()
    with pytest.raises(
        DamagedSourceError, match=rf"cut off.*{cut:,} bytes\) cannot be decompressed beyond byte [\d,]+ of"
    ):
        run_all(workspace)
    assert workspace.keys("shard") == []
    assert workspace.ledger.assets() == []
    assert workspace.storage.list("tables", unfinished=True) == []
    path.write_bytes(bz2.compress(row(1) + row(2)))
    run_all(open_workspace())
    assert len(rows_of(open_workspace(), "geotagged_photos")) == 2


def test_a_changed_file_loses_its_surplus_shards(open_workspace: Open, folder: Path) -> None:
    run_all(open_workspace())
    (folder / "a.tsv.bz2").write_bytes(bz2.compress(row(5)))
    workspace = open_workspace()
    run_all(workspace)
    assert len(workspace.keys("shard")) == 1
    assert [one["photo_id"] for one in rows_of(workspace, "geotagged_photos")] == [5]
    assert rows_of(workspace, "duplicate_photos") == []


def test_a_shard_with_nothing_kept_goes_on_with_a_warning(open_workspace: Open, folder: Path) -> None:
    (folder / "a.tsv.bz2").write_bytes(bz2.compress(row(5, "") + row(6, place="\t")))
    workspace = open_workspace()
    made = run_all(workspace)
    assert rows_of(workspace, "geotagged_photos") == []
    assert rows_of(workspace, "tag_counts") == []
    (key,) = workspace.keys("shard")
    failed = [check for check in made["geotagged_photos", key].checks["geotagged_photos"] if not check.passed]
    assert [check.sentence for check in failed] == ["0 of 2 photos are kept (see `dropped_photos` for the others)"]


def loses_a_row(table: pa.Table) -> pa.Table:
    return table.slice(1)


def repeats_a_row(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 1), table.slice(0, 1), table.slice(2)])


def keeps_all(table: pa.Table) -> pa.Table:
    place = table.column_names.index("kept")
    return table.set_column(place, table.schema.field("kept"), pa.array([True] * table.num_rows))


@pytest.mark.parametrize(
    ("step", "asset", "damage", "sentence"),
    [
        (assets.source_files, "raw_photos", loses_a_row, "rows_are_raw_or_rejected: 6 rows in the file, "),
        (
            assets.geotagged_photos,
            "geotagged_photos",
            loses_a_row,
            "raw_photos_are_geotagged_or_dropped: 3 raw photos, 1 geotagged and 1 dropped",
        ),
        (
            assets.geotagged_photos,
            "geotagged_photos",
            repeats_a_row,
            "photo_ids_are_unique: 2 photos, 1 of them repeat an id",
        ),
        (
            assets.duplicate_photos,
            "duplicate_photos",
            keeps_all,
            "one_row_is_kept: 1 ids are found in several shards, 1 of them with none or several rows kept",
        ),
        (assets.tag_counts, "tag_counts", loses_a_row, "tags_are_counted_once: 1 hashtags"),
    ],
)
def test_checks_stop_a_step_that_loses_or_repeats_rows(
    open_workspace: Open,
    step: Step,
    asset: str,
    damage: Callable[[pa.Table], pa.Table],
    sentence: str,
) -> None:
    workspace = open_workspace()
    run_all(workspace)
    key = workspace.keys(step.by)[0]

    def damaging(run: Run) -> None:
        step.body(run)
        stored = run.written[asset][0]
        table = damage(run.storage.read_table(stored.path))
        run.written[asset][0] = run.storage.write_table(stored.path, table)

    outcome = execute(replace(step, body=damaging), workspace, key, logging.getLogger("tests"), force=True)
    assert outcome.records == {}
    assert any(failed.startswith(sentence) for failed in outcome.failed), outcome.failed
    assert key not in workspace.ledger.records(step.outputs[0])
