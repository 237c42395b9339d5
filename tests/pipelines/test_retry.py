"""Images that failed for a reason that may pass: asked for again on purpose, and nothing else is."""

import logging
from collections.abc import Callable, Iterator

import dagster as dg
import pyarrow as pa
import pytest
from given import open_given
from image_server import ImageServer, draw

from assets.base.profiles import Profile
from assets.base.profiles.sections.images import ImageConfig
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from assets.images.assets import images
from pipelines.build import build_defs
from pipelines.lock import StorageBusyError, only_planner
from pipelines.planner import materialize, parse_refresh, survey, to_retry
from pipelines.runs import InstanceRunner

SHARDS = ("a-00000", "a-00001", "a-00002")
KINDS = ("good", "status/404", "status/503", "shaky", "text")


@pytest.fixture
def server() -> Iterator[ImageServer]:
    one = ImageServer(draw(1))
    one.start()
    yield one
    one.stop()


def photos(base: str, shard: int, kinds: tuple[str, ...]) -> pa.Table:
    schema = TABLES["photos"].schema()
    blank = dict.fromkeys(schema.names) | {"tags": ["x"], "tag_ids": [0], "latitude": 0.0, "longitude": 0.0}
    rows = [
        blank | {"photo_id": 10 * shard + place, "download_url": f"{base}/{kind}/{shard}-{place}.jpg"}
        for place, kind in enumerate(kinds)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture
def workspace(server, tmp_path) -> Workspace:
    """Three shards, the last of which has nothing to mend; one request a run, four in all."""
    given = {
        "photos": {
            shard: photos(server.url, place, KINDS if place < 2 else KINDS[:2]) for place, shard in enumerate(SHARDS)
        }
    }
    config = ImageConfig(
        short_side=32, tries=1, max_attempts=4, retry_wait=0, decode_workers=1, requests_per_second=10_000
    )
    profile = Profile(name="tiny", images=config)
    return open_given(images, given, str(tmp_path / "data"), tmp_path / "work", profile, {"photos": "split=train"})


@pytest.fixture
def instance(tmp_path) -> Iterator[dg.DagsterInstance]:
    logging.getLogger("dagster").setLevel(logging.ERROR)
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        instance.add_dynamic_partitions("shard", list(SHARDS))
        yield instance


@pytest.fixture
def plan(workspace, instance) -> Callable[..., list[str]]:
    """The planner, as `locsens materialize` calls it: what it made."""

    def go(*refresh: str) -> list[str]:
        runner = InstanceRunner(build_defs(workspace), instance)
        report = materialize(
            workspace, runner, to="images", refresh=parse_refresh(refresh, workspace), tell=lambda _: None
        )
        assert not report.failed
        return [title for title in report.made if title.startswith("images:")]

    return go


def retry(workspace: Workspace, instance: dg.DagsterInstance) -> dict[str, object]:
    """Run the job; what its op says."""
    job = build_defs(workspace).resolve_job_def("retry_transient_images")
    result = job.execute_in_process(instance=instance)
    assert result.success
    (output,) = [event for event in result.all_events if event.is_successful_output and event.step_key == "retry_rows"]
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def statuses(workspace: Workspace) -> dict[int, tuple[str, int]]:
    rows = [
        row
        for record in workspace.ledger.records("image_status").values()
        for file in record.files
        for row in workspace.storage.read_table(file.path).to_pylist()
    ]
    return {row["photo_id"]: (row["status"], row["attempts"]) for row in rows}


def test_the_job_asks_again_for_what_may_pass_up_to_the_limit_and_for_nothing_else(
    workspace, instance, plan, server
) -> None:
    assert plan() == [f"images:{shard}" for shard in SHARDS]
    assert to_retry(workspace) == {f"images:{SHARDS[0]}": 2, f"images:{SHARDS[1]}": 2}
    once = dict.fromkeys(server.asked, 1)
    assert server.asked == once

    assert retry(workspace, instance) == {"shards": 2, "asked_for_again": 4, "may_be_asked_again": 4}
    again = [f"/{kind}/{shard}-{place}.jpg" for shard in (0, 1) for place, kind in ((2, "status/503"), (3, "shaky"))]
    assert server.asked == once | dict.fromkeys(again, 2)

    assert retry(workspace, instance) == {"shards": 2, "asked_for_again": 4, "may_be_asked_again": 2}
    assert statuses(workspace)[3] == ("ok", 3)
    assert retry(workspace, instance) == {"shards": 2, "asked_for_again": 2, "may_be_asked_again": 0}
    assert statuses(workspace)[2] == ("transient", 4)
    before = dict(server.asked)
    runs = instance.get_runs_count()
    assert retry(workspace, instance) == {"shards": 0, "asked_for_again": 0, "may_be_asked_again": 0}
    assert instance.get_runs_count() == runs + 1
    assert plan("images") == [f"images:{shard}" for shard in SHARDS]
    assert server.asked == before
    assert [server.asked[path] for path in again] == [4, 3, 4, 3]
    assert {server.asked[path] for path in set(once) - set(again)} == {1}


def test_a_plain_run_asks_no_dead_host_and_a_refresh_of_images_does(workspace, plan, server) -> None:
    plan()
    before = sum(server.asked.values())
    assert plan() == []
    assert survey(workspace).made == []
    assert sum(server.asked.values()) == before
    assert plan("images:a-00001") == ["images:a-00001"]
    assert sum(server.asked.values()) == before + 2
    assert plan("images") == [f"images:{shard}" for shard in SHARDS]
    assert sum(server.asked.values()) == before + 2 + 4


def test_what_is_outdated_is_left_to_the_planner(workspace, instance, plan, server) -> None:
    plan()
    before = sum(server.asked.values())
    object.__setattr__(images, "code_version", "0")
    try:
        assert retry(workspace, instance)["shards"] == 0
    finally:
        object.__setattr__(images, "code_version", "1")
    assert sum(server.asked.values()) == before


def test_a_click_in_the_ui_asks_again_for_the_shard(workspace, instance, plan, server) -> None:
    plan()
    before = sum(server.asked.values())
    result = (
        build_defs(workspace)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            asset_selection=[dg.AssetKey("images"), dg.AssetKey("image_status")],
            instance=instance,
            partition_key=SHARDS[0],
        )
    )
    assert result.success
    assert sum(server.asked.values()) == before + 2
    metadata = instance.get_latest_materialization_event(dg.AssetKey("image_status")).asset_materialization.metadata
    assert (metadata["asked_for_now"].value, metadata["may_be_asked_again"].value) == (2, 2)


def test_only_one_planner_is_at_work(workspace, instance, plan) -> None:
    plan()
    job = build_defs(workspace).resolve_job_def("retry_transient_images")
    with only_planner(workspace), pytest.raises(StorageBusyError, match="another `locsens materialize`"):
        job.execute_in_process(instance=instance)
