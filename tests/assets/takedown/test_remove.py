"""Taking photos of somebody's own collection down: which rows, files and records change, and which do not."""

import io
import json
import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from assets.base.execute import execute
from assets.base.freshness import judge
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.scratch import OutputBusyError, alone
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.storage import PARTIAL
from assets.base.takedowns import TEXT, TakedownError, read_takedowns
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.steps import all_steps
from assets.takedown.find import find, read_ids
from assets.takedown.remove import Removed, remove

LOG = logging.getLogger("tests")
ROOT = Path(__file__).resolve().parents[3]
WORDS = ",".join(f"word{letter}" for letter in "abcdefghijklmnopqrst")
PHOTOS = 40


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two manifests and their pictures: ids of text and of numbers, one of them in both files."""
    folder = tmp_path_factory.mktemp("album")
    header = "photo_id,tags,latitude,longitude,image\n"
    for name, ids in (
        ("one", [f"a{number}" for number in range(PHOTOS)]),
        ("two", [str(5_000_000_000 + n) for n in range(PHOTOS)]),
    ):
        lines = [header]
        for number, photo_id in enumerate(ids):
            (folder / f"{photo_id}.jpg").write_bytes(picture(number + 1000 * (name == "two")))
            lines.append(f'{photo_id},"{WORDS},only{photo_id}",48.{number:02},2.{number:02},{photo_id}.jpg\n')
        lines.append('a3,"broken",north,2.0,a3.jpg\n')
        lines.append(
            f'{ids[7]},"{WORDS}",48.5,2.5,nowhere.jpg\n' if name == "one" else f'a5,"{WORDS}",1.0,2.0,a5.jpg\n'
        )
        (folder / f"{name}.csv").write_text("".join(lines))
    return folder


def opened(storage: Path, album: Path) -> Workspace:
    settings = Settings(
        storage=str(storage), source=f"manifest:{album}/*.csv", profile="tiny", work=storage / "../work", device="cpu"
    )
    return Workspace(settings, all_steps())


def materialize(workspace: Workspace, to: str = "images") -> list[str]:
    """Make what is missing or outdated and not pinned; returns what was made."""
    discover(workspace)
    made = []
    for step in workspace.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index(to):
            for key in list(workspace.keys(step.by)):
                if judge(step, workspace, key).state not in ("fresh", "older"):
                    execute(step, workspace, key, LOG).raise_if_failed()
                    made.append(step.name if key is None else f"{step.name}:{key}")
    return made


@pytest.fixture
def workspace(tmp_path: Path, album: Path) -> Workspace:
    """The album, materialised up to its images."""
    workspace = opened(tmp_path / "data", album)
    materialize(workspace)
    return workspace


def take_down(workspace: Workspace, *ids: str) -> Removed:
    workspace.ledger.refresh()
    return remove(workspace, find(workspace, ids))


def rows(workspace: Workspace, asset: str, column: str) -> list[object]:
    return [
        value
        for record in workspace.ledger.records(asset).values()
        for file in record.files
        for value in workspace.storage.read_table(file.path)[column].to_pylist()
    ]


def photo_id_of(workspace: Workspace, source_id: str) -> int:
    ids = dict(zip(rows(workspace, "raw_photos", "source_id"), rows(workspace, "raw_photos", "photo_id"), strict=True))
    return ids[source_id]


def held(workspace: Workspace, source_id: str, photo_id: int) -> list[str]:
    """Files of the storage that still hold a photo, recorded or not."""
    found = []
    for path in Path(workspace.settings.storage).rglob("*"):
        if path.suffix == ".parquet":
            text = json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str)
            named = [str(photo_id), f'"{source_id}"', f"'{source_id}'", f"{source_id}.jpg", f'"only{source_id}"']
            if any(name in text for name in named):
                found.append(str(path))
        elif path.is_file() and str(photo_id).encode() in path.read_bytes():
            found.append(str(path))
    return found


def versions(workspace: Workspace) -> dict[tuple[str, str | None], str]:
    workspace.ledger.refresh()
    return {
        (asset, key): record.data_version
        for asset in workspace.ledger.assets()
        for key, record in workspace.ledger.records(asset).items()
    }


@pytest.mark.parametrize("by", ["source_id", "photo_id"])
def test_a_photo_is_taken_out_of_every_table_by_either_id(workspace: Workspace, by: str) -> None:
    photo_id = photo_id_of(workspace, "a3")
    before = versions(workspace)
    assert len(held(workspace, "a3", photo_id)) > 5
    removed = take_down(workspace, "a3" if by == "source_id" else str(photo_id))
    assert held(workspace, "a3", photo_id) == []
    assert removed.rows["raw_photos"] == removed.rows["geotagged_photos"] == removed.rows["photos"] == 1
    assert removed.rows["images"] == removed.rows["image_status"] == 1
    texts = rows(workspace, "rejected_rows", "text")
    assert len(texts) == 2
    assert [text == TEXT for text in texts] == [True, True]
    assert sorted(rows(workspace, "source_files", "taken_down")) == [0, 1]

    after = versions(workspace)
    (first, _) = sorted(key for asset, key in before if asset == "raw_photos")
    changed = {output for output in before if before[output] != after[output]}
    by_shard = ("raw_photos", "geotagged_photos", "tag_counts", "photos", "images", "image_status")
    assert {output for output in changed if output[0] in by_shard} == {(asset, first) for asset in by_shard}
    assert materialize(workspace) == ["image_survivorship"]
    assert set(rows(workspace, "image_survivorship", "wanted")) == {2 * PHOTOS - 1}
    standing = {
        step.name: judge(step, workspace, key).state for step in workspace.steps for key in workspace.keys(step.by)
    }
    assert standing["vocabulary"] == "older"


def test_a_photo_of_two_files_goes_from_both(workspace: Workspace) -> None:
    photo_id = photo_id_of(workspace, "a5")
    assert rows(workspace, "duplicate_photos", "photo_id").count(photo_id) == 2
    removed = take_down(workspace, "a5")
    assert (removed.rows["raw_photos"], removed.rows["duplicate_photos"]) == (2, 2)
    assert removed.rows["photos"] == removed.rows["unused_photos"] == 1
    assert held(workspace, "a5", photo_id) == []
    assert sorted(rows(workspace, "source_files", "taken_down")) == [1, 1]
    assert materialize(workspace) == ["image_survivorship"]


def test_the_lines_of_one_id_go_together(workspace: Workspace) -> None:
    photo_id = photo_id_of(workspace, "a7")
    removed = take_down(workspace, "a7")
    assert (removed.rows["raw_photos"], removed.rows["dropped_photos"]) == (2, 1)
    assert held(workspace, "a7", photo_id) == []


def test_an_image_goes_by_an_id_that_the_source_has_lost(tmp_path: Path, album: Path) -> None:
    mine = shutil.copytree(album, tmp_path / "album")
    workspace = opened(tmp_path / "data", mine)
    materialize(workspace)
    photo_id = photo_id_of(workspace, "a9")
    lines = (mine / "one.csv").read_text().splitlines(keepends=True)
    (mine / "one.csv").write_text("".join(line for line in lines if not line.startswith("a9,")))
    workspace = opened(tmp_path / "data", mine)
    materialize(workspace)
    assert photo_id in rows(workspace, "images", "photo_id")
    found = find(workspace, ["a9"])
    assert (found.unknown, found.rows) == ([], 0)
    remove(workspace, found)
    assert held(workspace, "a9", photo_id) == []


def test_a_table_of_an_earlier_version_is_left_to_the_planner(workspace: Workspace) -> None:
    for record in workspace.ledger.records("source_files").values():
        table = workspace.storage.read_table(record.files[0].path).drop_columns(["taken_down"])
        written = workspace.storage.write_table(record.files[0].path, table)
        workspace.ledger.put(replace(record, files=(written,), code_version="2"))
    photo_id = photo_id_of(workspace, "a3")
    take_down(workspace, "a3")
    assert held(workspace, "a3", photo_id) == []
    assert "source_files" in {name.partition(":")[0] for name in materialize(workspace)}
    assert sorted(rows(workspace, "source_files", "taken_down")) == [0, 1]


def photos_of(workspace: Workspace, split: str) -> list[int]:
    return [
        photo_id
        for record in workspace.ledger.records("photos").values()
        for file in record.files
        if f"split={split}" in file.path.split("/")
        for photo_id in workspace.storage.read_table(file.path)["photo_id"].to_pylist()
    ]


def reports(workspace: Workspace, *, recorded: bool) -> list[str]:
    """Lay a report, somebody's own file and half a report of a killed run into the storage."""
    storage = workspace.storage
    written = storage.write_bytes("reports/index.html", b"pictures")
    storage.write_bytes("reports/mine.html", b"somebody's own")
    Path(storage.url(f"reports/index.html{PARTIAL}12345678")).write_bytes(b"pictures")
    if recorded:
        record = workspace.ledger.get("photos", next(iter(workspace.ledger.records("photos"))))
        inputs = (Input("photos", record.partition, record.data_version),)
        workspace.ledger.put(
            replace(record, asset="evaluation_report", partition=None, files=(written,), inputs=inputs)
        )
    return storage.list("reports", unfinished=True)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_report_that_may_show_a_photo_goes_recorded_or_not(
    workspace: Workspace, split: str, *, recorded: bool
) -> None:
    assert len(reports(workspace, recorded=recorded)) == 3
    removed = take_down(workspace, str(photos_of(workspace, split)[0]))
    stays = recorded and split == "train"
    assert removed.report != stays
    left = workspace.storage.list("reports", unfinished=True)
    assert left == [*(["reports/index.html"] if stays else []), "reports/mine.html"]


def test_a_report_of_other_photos_than_those_of_now_goes(workspace: Workspace) -> None:
    reports(workspace, recorded=True)
    record = workspace.ledger.get("evaluation_report")
    before = tuple(replace(one, data_version="before") for one in record.inputs)
    workspace.ledger.put(replace(record, inputs=before))
    assert take_down(workspace, "nobody").report
    assert workspace.ledger.get("evaluation_report") is None


def test_rankings_without_their_queries_are_made_anew(workspace: Workspace) -> None:
    queries, rankings = (workspace.steps.maker(f"retrieval_{one}") for one in ("queries", "rankings"))
    execute(queries, workspace, None, LOG).raise_if_failed()
    execute(rankings, workspace, "upper_bound", LOG).raise_if_failed()
    before = len(rows(workspace, "retrieval_rankings", "rank"))
    assert before > 0
    workspace.ledger.remove("retrieval_queries")  # as a run does that begins, and is killed
    take_down(workspace, str(photos_of(workspace, "train")[0]))
    execute(queries, workspace, None, LOG).raise_if_failed()
    execute(rankings, workspace, "upper_bound", LOG).raise_if_failed()
    assert len(rows(workspace, "retrieval_rankings", "rank")) == before


COUNTING = ("frequency", "nearby_1", "nearby_25", "nearby_200")


@pytest.mark.parametrize(("split", "state"), [("train", "outdated"), ("validation", "fresh"), ("test", "outdated")])
def test_what_counts_training_photos_is_outdated_without_one(workspace: Workspace, split: str, state: str) -> None:
    step = workspace.steps.maker("tagging_rankings")
    for key in COUNTING:
        execute(step, workspace, key, LOG).raise_if_failed()
    before = len(rows(workspace, "tagging_rankings", "rank"))
    assert before > 0
    take_down(workspace, str(photos_of(workspace, split)[0]))
    assert {key: judge(step, workspace, key).state for key in COUNTING} == dict.fromkeys(COUNTING, state)
    assert (len(rows(workspace, "tagging_rankings", "rank")) < before) == (split == "test")


def test_what_the_study_says_of_photos_is_outdated_without_one(workspace: Workspace) -> None:
    steps = [workspace.steps.maker(asset) for asset in ("claims", "world_properties")]
    for step in steps:
        execute(step, workspace, None, LOG).raise_if_failed()
    take_down(workspace, "nobody")
    assert [judge(step, workspace, None).state for step in steps] == ["fresh", "fresh"]
    take_down(workspace, str(photos_of(workspace, "train")[0]))
    assert [judge(step, workspace, None).state for step in steps] == ["outdated", "outdated"]


def killed_seed(workspace: Workspace, seed: str) -> Path:
    """The folder of a seed of the study that was killed with a piece of work done, which names its photos."""

    def killed(run: Run) -> None:
        piece = run.scratch / "study/done/zeroed/scores.parquet"
        piece.parent.mkdir(parents=True)
        pq.write_table(run.table("photos", ["photo_id"]), piece)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(replace(workspace.steps.maker("study_runs"), body=killed), workspace, seed, LOG)
    (piece,) = workspace.scratch.glob(f"runs/*/study_runs:{seed}/*/study/done/zeroed/scores.parquet")
    return piece.parents[3]


def test_what_a_killed_seed_left_on_the_local_disk_goes(workspace: Workspace, tmp_path: Path) -> None:
    folders = [killed_seed(workspace, seed) for seed in ("0", "2")]
    take_down(workspace, "nobody")
    assert [folder.exists() for folder in folders] == [True, True]  # the same seed still goes on from there
    shutil.copytree(folders[0], tmp_path / "kept")
    removed = take_down(workspace, "a3")
    assert removed.local == 2
    assert list(workspace.scratch.glob("runs/*/study_runs:*/*")) == []
    shutil.copytree(tmp_path / "kept", folders[0])  # as if it had been stopped before
    assert take_down(workspace).local == 1
    assert not folders[0].exists()
    anew = killed_seed(workspace, "0")
    assert take_down(workspace).local == 0
    assert anew.exists()


def test_it_waits_for_a_seed_that_is_being_run(workspace: Workspace) -> None:
    folder = killed_seed(workspace, "1")
    before = versions(workspace)
    with (
        alone(workspace.steps.maker("study_runs"), workspace, "1"),
        pytest.raises(OutputBusyError, match="study_runs:1 is being made by another process; wait until it has ended"),
    ):
        take_down(workspace, "a3")
    assert versions(workspace) == before
    assert folder.exists()
    take_down(workspace)  # it was remembered
    assert "a3" not in rows(workspace, "raw_photos", "source_id")
    assert not folder.exists()


def test_no_later_run_brings_a_photo_back(workspace: Workspace, album: Path) -> None:
    photo_id = photo_id_of(workspace, "a3")
    take_down(workspace, "a3", "5000000004")
    assert materialize(workspace) == ["image_survivorship"]
    without = versions(workspace)
    again = opened(Path(workspace.settings.storage), album)
    for step in again.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index("images") and not step.pinned:
            for key in list(again.keys(step.by)):
                execute(step, again, key, LOG, force=True).raise_if_failed()
    assert held(again, "a3", photo_id) == []
    assert versions(again) == without
    third = album / "three.csv"
    third.write_text((album / "one.csv").read_text())
    try:
        more = opened(Path(workspace.settings.storage), album)
        assert any(name.startswith("source_files:three") for name in materialize(more))
    finally:
        third.unlink()
    assert held(more, "a3", photo_id) == []
    assert sorted(rows(more, "source_files", "taken_down")) == [1, 1, 1]


def test_an_image_that_may_be_asked_for_again_is_not_waited_for_any_more(workspace: Workspace) -> None:
    record = next(iter(workspace.ledger.records("image_status").values()))
    (file,) = record.files
    table = workspace.storage.read_table(file.path).to_pylist()
    assert record.facts["retryable"] == 0
    facts = {**record.facts, "ok": record.facts["ok"] - 1, "transient": 1, "retryable": 1}
    status = workspace.storage.read_table(file.path)
    rows_ = [row | ({"status": "transient", "attempts": 1} if row is table[0] else {}) for row in table]
    changed = workspace.storage.write_table(file.path, type(status).from_pylist(rows_, status.schema))
    for asset in ("images", "image_status"):
        one = workspace.ledger.get(asset, record.partition)
        workspace.ledger.put(replace(one, facts=facts, files=(changed,) if asset == "image_status" else one.files))
    take_down(workspace, str(table[0]["photo_id"]))
    for asset in ("images", "image_status"):
        now = workspace.ledger.get(asset, record.partition)
        assert (now.facts["retryable"], now.facts["transient"]) == (0, 0)
        assert now.facts["ok"] == facts["ok"]


def test_what_killed_runs_left_is_looked_at_too(workspace: Workspace) -> None:
    photo_id = photo_id_of(workspace, "a3")
    storage = workspace.storage
    for asset, left in (("raw_photos", "raw_photos"), ("geotagged_photos", "geotagged_photos")):
        (first, *_) = workspace.ledger.records(asset).values()
        storage.write_bytes(f"tables/{left}/shard=gone-00000/part-0.parquet", storage.read_bytes(first.files[0].path))
    (images, *_), (statuses, *_) = (workspace.ledger.records(one).values() for one in ("images", "image_status"))
    for record in (images, statuses):
        storage.write_bytes(
            f"tables/{record.asset}/shard=gone-00000/part-3.parquet", storage.read_bytes(record.files[0].path)
        )
    storage.write_bytes("tables/photos/split=train/shard=gone-00000/part-0.parquet", b"half a file")
    storage.write_bytes("tables/images/shard=gone-00000/part-5.parquet", b"half a file")
    storage.write_bytes(
        "tables/image_status/shard=gone-00000/part-5.parquet", storage.read_bytes(statuses.files[0].path)
    )
    partial = Path(storage.url(f"tables/images/shard=gone-00000/part-4.parquet{PARTIAL}12345678"))
    partial.write_bytes(b"half a file")
    removed = take_down(workspace, "a3")
    assert held(workspace, "a3", photo_id) == []
    assert removed.leftovers == 7
    assert [path for path in storage.list("tables", unfinished=True) if "shard=gone-" in path] == [
        "tables/image_status/shard=gone-00000/part-3.parquet",
        "tables/images/shard=gone-00000/part-3.parquet",
    ]


CHILD = """
import json, os, sys
from assets.base import storage
from assets.takedown.find import find
from assets.takedown.remove import remove
from assets.base.settings import Settings
from assets.base.workspace import Workspace
from assets.steps import all_steps

if __name__ == "__main__":
    left = int(sys.argv[2])

    def counted(function):
        def call(*arguments, **options):
            global left
            left -= 1
            if left < 0:
                os._exit(9)
            return function(*arguments, **options)
        return call

    storage.Path.replace = counted(storage.Path.replace)  # a file is about to appear
    storage.Storage.remove = counted(storage.Storage.remove)
    workspace = Workspace(Settings(**json.loads(sys.argv[1])), all_steps())
    remove(workspace, find(workspace, sys.argv[3:]))
"""


@pytest.mark.parametrize("after", [1, 3, 8, 12, 17, 22, 28])
def test_killed_at_any_moment_it_goes_on_without_being_told_the_ids(
    workspace: Workspace, after: int, album: Path
) -> None:
    photo_id = photo_id_of(workspace, "a3")
    settings = workspace.settings.model_dump_json()
    command = [sys.executable, "-c", CHILD, settings, str(after), "a3", "5000000004"]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=200)
    assert killed.returncode == 9
    assert read_takedowns(workspace.storage)
    images = versions(workspace)
    take_down(workspace)
    assert held(workspace, "a3", photo_id) == held(workspace, "5000000004", 5_000_000_004) == []
    again = opened(Path(workspace.settings.storage), album)
    materialize(again)
    assert held(again, "a3", photo_id) == held(again, "5000000004", 5_000_000_004) == []
    assert sorted(rows(again, "source_files", "taken_down")) == [1, 1]
    assert len(rows(again, "images", "photo_id")) == len(rows(again, "photos", "photo_id")) > 70
    for asset, key in images:
        if asset == "images":
            record = again.ledger.get(asset, key)
            assert record.facts["ok"] == record.rows


def test_ids_that_nobody_has_are_remembered(workspace: Workspace) -> None:
    before = versions(workspace)
    found = find(workspace, ["nobody"])
    assert (found.unknown, found.rows, found.shards) == (["nobody"], 0, [])
    assert remove(workspace, found).rows == {}
    assert versions(workspace) == before
    assert read_takedowns(workspace.storage).hold(pa.chunked_array([["nobody", "a1"]])).tolist() == [True, False]


def test_naming_no_photo(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(TakedownError, match="no photo is named and none was ever taken down: give the ids"):
        find(workspace, [])
    (tmp_path / "ids.txt").write_text("\ufeffa1\r\n\n  a2 \na1\n", encoding="utf-8")
    assert read_ids(["a3", " "], tmp_path / "ids.txt") == ["a3", "a1", "a2"]
    with pytest.raises(TakedownError, match=r"--file .*/none\.txt: expected a text file with one photo id a line"):
        read_ids([], tmp_path / "none.txt")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(TakedownError, match="expected a text file"):
        read_ids([], tmp_path / "bytes")
