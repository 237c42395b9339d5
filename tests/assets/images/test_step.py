"""The step through the runner: what is recorded, noted and checked."""

import logging

import pyarrow as pa
import pytest
from given import open_given

from assets.base.execute import Outcome, execute
from assets.base.freshness import judge, retryable_rows
from assets.base.profiles import Profile
from assets.base.show import Markdown, Picture
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from assets.images.assets import images
from assets.images.checks import (
    every_photo_has_one_status,
    few_images_failed_for_now,
    images_are_those_with_status_ok,
    stored_images_decode,
)
from assets.images.locate import ImageSettingError

SHARD = "a-00000"


def photos(urls: dict[int, str | None], hashes: dict[int, str] | None = None) -> pa.Table:
    schema = TABLES["photos"].schema()
    blank = dict.fromkeys(schema.names) | {
        "tags": ["london"],
        "tag_ids": [0],
        "latitude": 0.0,
        "longitude": 0.0,
    }
    rows = [
        blank | {"photo_id": one, "download_url": url, "hash": (hashes or {}).get(one)} for one, url in urls.items()
    ]
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def open_workspace(storage_url, tmp_path, config):
    def open_over(table: pa.Table, **settings: str) -> Workspace:
        profile = Profile(name="tiny", images=config)
        given = {"photos": {SHARD: table}}
        return open_given(images, given, storage_url, tmp_path / "work", profile, {"photos": "split=train"}, **settings)

    return open_over


def go(workspace: Workspace, **options: bool) -> Outcome:
    return execute(images, workspace, SHARD, logging.getLogger("tests"), **options)


def rows(workspace: Workspace, asset: str) -> list[dict]:
    record = workspace.ledger.get(asset, SHARD)
    assert record is not None
    return [row for file in record.files for row in workspace.storage.read_table(file.path).to_pylist()]


def test_a_shard_is_recorded_noted_and_checked(open_workspace, server) -> None:
    urls = {n: f"{server.url}/{'status/404' if n == 4 else 'good'}/{n}.jpg" for n in range(20, 0, -1)}
    workspace = open_workspace(photos(urls))
    outcome = go(workspace).raise_if_failed()
    assert [check.passed for asset in ("images", "image_status") for check in outcome.checks[asset]] == [True] * 4
    assert [row["photo_id"] for row in rows(workspace, "image_status")] == list(range(1, 21))
    assert [row["photo_id"] for row in rows(workspace, "images")] == [n for n in range(1, 21) if n != 4]
    record = outcome.records["images"]
    assert record.rows == 19
    assert (record.facts["ok"], record.facts["missing"], record.facts["retryable"]) == (19, 1, 0)
    assert isinstance(outcome.notes["images"]["some_images"], Picture)
    wrong = outcome.notes["image_status"]["what_went_wrong"]
    assert isinstance(wrong, Markdown)
    assert "HTTP 404" in wrong.text
    for asset in ("images", "image_status"):
        for file in outcome.records[asset].files:
            stored = workspace.storage.read_table(file.path)
            assert stored.schema.equals(TABLES[asset].schema())

    assert go(workspace).unchanged
    again = go(workspace, force=True)
    assert again.records["images"].data_version == record.data_version
    assert set(server.asked.values()) == {1}


def test_nothing_reachable_gives_a_status_for_every_photo(open_workspace, closed_port, caplog) -> None:
    workspace = open_workspace(photos({n: f"http://127.0.0.1:{closed_port}/{n}.jpg" for n in range(5)}))
    outcome = go(workspace).raise_if_failed()
    assert {row["status"] for row in rows(workspace, "image_status")} == {"transient"}
    assert rows(workspace, "images") == []
    assert "none of the 5 photos has an image: 5 transient" in caplog.text
    failed = [check.name for check in outcome.checks["image_status"] if not check.passed]
    assert failed == ["few_images_failed_for_now"]


def test_what_failed_for_now_is_asked_for_when_the_shard_is_materialised_again_up_to_the_limit(
    open_workspace, server
) -> None:
    kinds = {1: "good", 2: "status/404", 3: "status/503", 4: "text"}
    workspace = open_workspace(photos({n: f"{server.url}/{kind}/{n}.jpg" for n, kind in kinds.items()}))
    go(workspace).raise_if_failed()  # three requests, and six at most over all runs
    assert judge(images, workspace, SHARD).state == "fresh"  # nobody asks a dead host at every turn
    assert retryable_rows(images, workspace, SHARD) == 1
    again = go(workspace)
    assert (again.unchanged, again.notes["image_status"]["asked_for_now"]) == (False, 1)
    assert retryable_rows(images, workspace, SHARD) == 0
    assert go(workspace).unchanged
    assert go(workspace, force=True).notes["image_status"]["asked_for_now"] == 0
    assert server.asked == {"/good/1.jpg": 1, "/status/404/2.jpg": 1, "/status/503/3.jpg": 6, "/text/4.jpg": 1}


def test_another_place_for_pixels_makes_the_shard_outdated(open_workspace, tmp_path, picture) -> None:
    table = photos({1: None, 2: None}, {1: "abcdef0", 2: "0fedcba"})
    workspace = open_workspace(table)
    go(workspace).raise_if_failed()
    assert [row["status"] for row in rows(workspace, "image_status")] == ["missing", "missing"]
    root = tmp_path / "pixels"
    for name in ("abc/def/abcdef0", "0fe/dcb/0fedcba"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.jpg").write_bytes(picture(1))
    moved = open_workspace(table, images=str(root))
    assert judge(images, moved, SHARD).state == "outdated"
    go(moved).raise_if_failed()
    assert [row["status"] for row in rows(moved, "image_status")] == ["ok", "ok"]


def test_a_root_that_is_not_there_is_transient(open_workspace, tmp_path, picture) -> None:
    root = tmp_path / "disk"
    workspace = open_workspace(photos({1: None}, {1: "abcdef0"}), images=str(root))
    go(workspace).raise_if_failed()
    (status,) = rows(workspace, "image_status")
    assert (status["status"], status["attempts"]) == ("transient", 0)
    assert str(root) in status["error"]
    (root / "abc/def").mkdir(parents=True)
    (root / "abc/def/abcdef0.jpg").write_bytes(picture(1))
    go(workspace).raise_if_failed()
    assert rows(workspace, "image_status")[0]["status"] == "ok"


def test_a_setting_that_says_nothing_stops_with_a_sentence(open_workspace) -> None:
    with pytest.raises(ImageSettingError, match="LOCSENS_IMAGES: expected the fields hash, photo_id"):
        go(open_workspace(photos({1: None}), images="s3://bucket/{title}.jpg"))


def test_a_shard_without_photos(open_workspace) -> None:
    workspace = open_workspace(photos({}))
    outcome = go(workspace).raise_if_failed()
    assert (outcome.records["images"].rows, outcome.records["image_status"].rows) == (0, 0)


class Written:
    """What the checks see."""

    def __init__(self, wanted: list[int], statuses: dict[int, str], have: list[int], storage=None) -> None:
        self._tables = {
            "photos": pa.table({"photo_id": pa.array(wanted, pa.int64())}),
            "image_status": pa.table(
                {
                    "photo_id": pa.array(list(statuses), pa.int64()),
                    "status": pa.array(list(statuses.values()), pa.string()),
                }
            ),
            "images": pa.table({"photo_id": pa.array(have, pa.int64())}),
        }

    def table(self, asset: str, columns: list[str]) -> pa.Table:
        return self._tables[asset].select(columns)


@pytest.mark.parametrize(
    ("wanted", "statuses", "have", "status_fails", "images_fail"),
    [
        ([1, 2], {1: "ok", 2: "missing"}, [1], False, False),
        ([1, 2, 3], {1: "ok", 2: "missing"}, [1], True, False),
        ([1], {1: "ok", 2: "missing"}, [1], False, False),  # wanted once
        ([], {1: "missing"}, [], False, False),
        ([1, 2], {1: "ok", 2: "ok"}, [1], False, True),
        ([1, 2], {1: "ok", 2: "missing"}, [1, 2], False, True),
        ([1], {1: "ok"}, [1, 1], False, True),
        ([], {}, [], False, False),
    ],
)
def test_checks_fail_on_what_they_are_for(wanted, statuses, have, status_fails, images_fail) -> None:
    run = Written(wanted, statuses, have)
    assert every_photo_has_one_status(run).passed is not status_fails
    assert images_are_those_with_status_ok(run).passed is not images_fail


@pytest.mark.parametrize(("transient", "passed"), [(0, True), (5, True), (6, False)])
def test_many_transient_failures_are_told(transient: int, passed: bool) -> None:
    statuses = {n: "transient" if n < transient else "ok" for n in range(100)}
    assert few_images_failed_for_now(Written([], statuses, [])).passed is passed


def test_a_damaged_or_outsized_image_is_noticed(open_workspace, server, picture) -> None:
    workspace = open_workspace(photos({1: f"{server.url}/good/1.jpg"}))
    go(workspace).raise_if_failed()

    class Stored:
        storage = workspace.storage
        profile = workspace.profile

        def files(self, _: str) -> list[str]:
            return ["broken.parquet"]

    def passes(jpeg: bytes, width: int, height: int) -> bool:
        row = {"photo_id": 1, "jpeg": jpeg, "width": width, "height": height, "sha256": ""}
        table = pa.Table.from_pylist([row], schema=TABLES["images"].schema())
        workspace.storage.write_table("broken.parquet", table)
        return stored_images_decode(Stored()).passed

    assert passes(picture(1, (60, 40)), 60, 40)
    assert not passes(picture(1, (60, 40))[:-400], 60, 40)
    assert not passes(picture(1, (60, 40)), 40, 60)
    assert not passes(picture(1, (120, 80)), 120, 80)
    assert not passes(b"no picture", 60, 40)
