"""Photos taken down: no file holds anything of them, no later run brings them back, and nothing else is redone."""

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tiny_collection import Tiny, materialized
from typer.testing import CliRunner

from assets.base.keys import NEARBY_KM
from assets.base.provenance import Record
from assets.base.takedowns import PATH
from assets.base.workspace import Workspace
from assets.ingestion.world.generate import ensure_world
from pipelines.ask import search_photos
from pipelines.cli import app
from pipelines.lock import StorageBusyError, only_planner
from pipelines.planner import survey
from pipelines.takedown import take_down

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Photos = dict[int, bytes | None]
"""Photo ids with their stored pictures."""

SOURCE = ("metadata/", "ledger.json")
"""What stands for the outside in the sample world: its files of metadata, and what they are checked against."""


def whole(workspace: Workspace, asset: str, **folders: str) -> pa.Table:
    """All recorded rows of an asset, with the key of their shard."""
    tables = []
    for key, record in sorted(workspace.ledger.records(asset).items(), key=str):
        for file in record.files:
            if all(f"{name}={value}" in file.path.split("/") for name, value in folders.items()):
                table = workspace.storage.read_table(file.path)
                tables.append(table.append_column("shard", pa.repeat(str(key), table.num_rows)))
    return pa.concat_tables(tables)


def values(column: pa.ChunkedArray) -> Iterator[object]:
    """The values of a column, lists opened."""
    for value in column.to_pylist():
        yield from value if isinstance(value, list) else [value]


def where(folder: Path, photos: Photos) -> list[str]:
    """Files that hold an id, as a number or as text, in their name too, or a picture of some photos."""
    found = []
    texts = {str(photo_id): picture for photo_id, picture in photos.items()}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(one in str(path) for one in SOURCE):
            continue
        name = str(path.relative_to(folder))
        data = path.read_bytes()
        if path.suffix == ".parquet":
            for column in pq.read_table(path, partitioning=None).columns:
                if pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
                    continue
                for value in values(column):
                    named = isinstance(value, str) and any(text in value for text in texts)
                    if named or value in photos or (isinstance(value, bytes) and value in photos.values()):
                        found.append(name)
        for text, picture in texts.items():
            pictures = (picture, base64.b64encode(picture)) if picture else ()
            signs = (text.encode(), int(text).to_bytes(8, "little"), *pictures)
            if text in name or any(sign in data for sign in signs):
                found.append(name)
    return sorted(set(found))


def versions(workspace: Workspace, *assets: str) -> dict[tuple[str, str | None], tuple[str, str]]:
    workspace.ledger.refresh()
    return {
        (asset, key): (record.data_version, record.finished_at)
        for asset in assets
        for key, record in workspace.ledger.records(asset).items()
    }


@pytest.fixture
def chosen(tiny: Tiny) -> Iterator[Photos]:
    """Photos of every kind with their stored pictures; what is removed of the world that all tests share comes back."""
    workspace = tiny.workspace()
    images = whole(workspace, "images")
    pictures = dict(zip(images["photo_id"].to_pylist(), images["jpeg"].to_pylist(), strict=True))

    def some(asset: str, count: int, *, where: pc.Expression | None = None, **folders: str) -> list[int]:
        table = whole(workspace, asset, **folders)
        ids = (table if where is None else table.filter(where))["photo_id"].unique().to_pylist()
        return ids[:: max(1, len(ids) // count)][:count]

    ranked = whole(workspace, "retrieval_rankings")
    ids = [
        *some("photos", 2, split="train"),
        *some("photos", 1, split="validation"),
        *some("photos", 1, split="test"),
        ranked["photo_id"][0].as_py(),
        *some("unused_photos", 1),
        *some("dropped_photos", 1, where=pc.field("reason") == "no_location"),
        *some("duplicate_photos", 1),
        *some("image_status", 1, where=pc.field("status") != "ok"),
    ]
    raw = whole(workspace, "raw_photos")
    urls = raw.filter(pc.is_in(raw["photo_id"], pa.array(ids, pa.int64())))["download_url"].drop_null().to_pylist()
    paths = [Path(unquote(urlsplit(url).path)) for url in urls]
    before = {path: path.read_bytes() for path in paths if path.exists()}
    assert before
    yield {photo_id: pictures.get(photo_id) for photo_id in ids}
    for path, data in before.items():
        path.write_bytes(data)


@pytest.fixture
def locsens(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the command line on a collection."""

    def run(collection: Tiny, *words: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(collection.home))
            for name, value in collection.settings.model_dump().items():
                patch.setenv(f"LOCSENS_{name.upper()}", str(value))
            result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def accounted(workspace: Workspace) -> None:
    """Every row is raw, rejected or of a photo taken down, and every raw one in one place of each later stage."""
    rows = {name: whole(workspace, name).num_rows for name in workspace.steps.assets() if name.endswith("photos")}
    files = whole(workspace, "source_files")
    rejected = whole(workspace, "rejected_rows").num_rows
    total = {name: pc.sum(files[name]).as_py() for name in ("rows", "rejected_rows", "taken_down")}
    assert total["rows"] == rows["raw_photos"] + rejected + total["taken_down"]
    assert total["rejected_rows"] == rejected
    assert rows["raw_photos"] == rows["geotagged_photos"] + rows["dropped_photos"]
    assert rows["geotagged_photos"] == rows["photos"] + rows["unused_photos"]
    assert whole(workspace, "image_status").num_rows == rows["photos"]


def test_photos_taken_down_are_gone_and_stay_gone(
    tiny: Tiny,
    copied: Callable[..., Tiny],
    chosen: Photos,
    locsens: Callable[..., str],
    tmp_path: Path,
) -> None:
    collection = copied()
    storage, work = Path(collection.settings.storage), collection.settings.work
    workspace = collection.workspace()
    models = versions(workspace, "vocabulary", "embedding_model", "locsens_model")
    chain = ("images", "image_status", "image_embeddings_mcc", "image_embeddings_mlc", "image_embeddings_her")
    made = versions(workspace, *chain)
    raw = whole(workspace, "raw_photos")
    gone_rows = int(pc.sum(pc.is_in(raw["photo_id"], pa.array(list(chosen), pa.int64()))).as_py())
    assert where(storage, chosen)
    assert where(work, chosen)

    (tmp_path / "ids.txt").write_text("\n".join(str(one) for one in list(chosen)[2:]))
    said = locsens(collection, "takedown", *map(str, list(chosen)[:2]), "--file", str(tmp_path / "ids.txt"))
    assert f"{len(chosen)} of {len(chosen)} photos were in the collection" in said
    assert "the report may have shown them and is removed" in said
    train = whole(tiny.workspace(), "photos", split="train")["photo_id"].to_pylist()
    learnt = sum(picture is not None and photo_id in train for photo_id, picture in chosen.items())
    assert f"trained on them embedding_model:mcc: {learnt} photos" in said

    # nothing is left, and nothing else is redone
    assert where(storage, chosen) == where(work, chosen) == where(collection.home, chosen) == []
    accounted(workspace)
    taken_down = whole(workspace, "source_files")["taken_down"]
    assert pc.sum(taken_down).as_py() == gone_rows
    standing = survey(workspace)
    to_do = {output.partition(":")[0] for output in standing.made}
    assert to_do <= {
        "image_survivorship", "retrieval_queries", "retrieval_rankings", "retrieval_results", "tagging_rankings",
        "tagging_rankings_no_places", "tagging_results", "claims", "evaluation_report", "duckdb_catalog",
    }  # fmt: skip
    assert {left.output.partition(":")[0] for left in standing.left if left.state == "older"} == {
        "vocabulary", "embedding_model", "locsens_model",
    }  # fmt: skip
    said = locsens(collection, "status")
    assert f"trained on photos taken down since embedding_model:mcc: {learnt} photos; only another training" in said

    # what comes after is made anew, and what is pinned stays
    again = materialized(collection.settings, collection.home)
    assert again.report.failed == {}
    assert {output.partition(":")[0] for output in again.report.made} == to_do
    after = versions(workspace, "vocabulary", "embedding_model", "locsens_model")
    assert after == models
    assert {key: value[1] for key, value in versions(workspace, *chain).items()} == {
        key: value[1] for key, value in made.items()
    }
    assert where(storage, chosen) == where(collection.home, chosen) == []

    # neither does looking at the images anew, nor another reading of a file bring them back
    world = ensure_world(workspace.profile.world, work / "worlds")
    file = min(Path(world.metadata).parent.iterdir())
    times = file.stat()
    os.utime(file, (times.st_atime, times.st_mtime + 60))
    try:
        last = materialized(collection.settings, collection.home, refresh=["images"])
    finally:
        os.utime(file, (times.st_atime, times.st_mtime))
    assert last.report.failed == {}
    assert sum(output.startswith("source_files:") for output in last.report.made) == 1
    assert where(storage, chosen) == where(collection.home, chosen) == []
    accounted(workspace)
    assert versions(workspace, "vocabulary", "embedding_model", "locsens_model") == models
    mine, before = whole(workspace, "images"), whole(tiny.workspace(), "images")
    kept = before.filter(pc.invert(pc.is_in(before["photo_id"], pa.array(list(chosen), pa.int64()))))
    assert mine.sort_by("photo_id").select(["photo_id", "jpeg"]) == kept.sort_by("photo_id").select(
        ["photo_id", "jpeg"]
    )


def test_dagster_keeps_no_picture_of_them(
    copied: Callable[..., Tiny], chosen: Photos, locsens: Callable[..., str]
) -> None:
    collection = copied()
    workspace = collection.workspace()
    images = whole(workspace, "images")
    photo_id = next(one for one, picture in chosen.items() if picture)
    row = images.filter(pc.equal(images["photo_id"], photo_id))
    shard = row["shard"][0].as_py()
    others = [key for key in workspace.keys("shard") if key != shard]

    def sheets(key: str) -> list[str]:
        wanted = dg.AssetRecordsFilter(dg.AssetKey("images"), asset_partitions=[key])
        with collection.instance() as instance:
            events = instance.fetch_materializations(wanted, limit=10).records
        return [
            event.asset_materialization.metadata["some_images"].value.partition("base64,")[2].rstrip(")")
            for event in events
            if "some_images" in event.asset_materialization.metadata
        ]

    (sheet,) = sheets(shard)
    locsens(collection, "takedown", str(photo_id))
    assert sheets(shard) == []
    assert all(len(sheets(other)) == 1 for other in others)
    held = [path for path in collection.home.rglob("*") if path.is_file() and sheet[:400].encode() in path.read_bytes()]
    assert held == []
    with collection.instance() as instance:
        record: Record = workspace.ledger.get("images", shard)
        assert record.rows == 0 or shard in instance.get_materialized_partitions(dg.AssetKey("images"))
        latest = instance.get_latest_data_version_record(dg.AssetKey("images"), partition_key=shard)
        workspace.ledger.refresh()
        assert latest.asset_materialization.tags["dagster/data_version"] == (
            workspace.ledger.get("images", shard).data_version
        )


def test_dagster_keeps_no_answer_that_may_show_them(
    copied: Callable[..., Tiny], chosen: Photos, locsens: Callable[..., str]
) -> None:
    collection = copied()
    config = {"ops": {"find_photos": {"config": {"hashtag": "bridge", "near": "London, GB", "top": 1}}}}
    with collection.instance() as instance:
        resources = {"workspace": collection.workspace()}
        asked = search_photos.execute_in_process(config, instance=instance, resources=resources)
        (output,) = (event for event in asked.all_node_events if event.event_type_value == "STEP_OUTPUT")
        shown = output.step_output_data.metadata["answer"].value.partition("base64,")[2][:400].encode()
    locsens(collection, "takedown", str(next(iter(chosen))))
    with collection.instance() as instance:
        assert not instance.has_run(asked.run_id)
    assert [path for path in collection.home.rglob("*") if path.is_file() and shown in path.read_bytes()] == []


def test_what_dagster_keeps_goes_when_it_was_stopped_half_way(
    copied: Callable[..., Tiny], chosen: Photos, locsens: Callable[..., str]
) -> None:
    collection = copied()
    workspace = collection.workspace()
    asset = dg.AssetKey("images")
    with collection.instance() as instance:
        last = instance.get_latest_materialization_event(asset)
        shard = last.asset_materialization.partition
        sheet = last.asset_materialization.metadata["some_images"].value[:400]
        instance.delete_run(last.run_id)  # as far as a takedown of one of its photos came
        assert shard not in instance.get_materialized_partitions(asset)
    locsens(collection, "takedown", "nobody")
    held = [path for path in collection.home.rglob("*") if path.is_file() and sheet.encode() in path.read_bytes()]
    assert held == []
    with collection.instance() as instance:
        assert instance.get_materialized_partitions(asset) == set(workspace.keys("shard"))


def test_a_training_photo_leaves_the_evaluation_as_it_is_but_for_what_counts_training_photos(
    copied: Callable[..., Tiny], chosen: Photos, locsens: Callable[..., str]
) -> None:
    collection = copied()
    workspace = collection.workspace()
    photo_id = next(iter(chosen))
    assert photo_id in whole(workspace, "photos", split="train")["photo_id"].to_pylist()
    said = locsens(collection, "takedown", str(photo_id))
    assert "report" not in said.replace("results, report, catalog", "")
    assert (Path(collection.settings.storage) / "reports/index.html").exists()
    counts = {f"tagging_rankings:{key}" for key in ("frequency", *NEARBY_KM)}
    outdated = {"image_survivorship", "claims", "evaluation_report", "duckdb_catalog", *counts}
    assert set(survey(workspace).made) == outdated
    again = materialized(collection.settings, collection.home)
    assert again.report.failed == {}
    assert set(again.report.made) == {*outdated, "tagging_results"}
    assert where(Path(collection.settings.storage), {photo_id: chosen[photo_id]}) == []


def test_it_does_not_begin_while_a_planner_is_at_work(copied: Callable[..., Tiny], chosen: Photos) -> None:
    collection = copied()
    with only_planner(collection.workspace()), pytest.raises(StorageBusyError, match="wait until it has ended"):
        take_down(collection.settings, [str(next(iter(chosen)))])
    assert not (Path(collection.settings.storage) / PATH).exists()


def test_the_remembered_list_is_no_list_of_ids(
    copied: Callable[..., Tiny], chosen: Photos, locsens: Callable[..., str]
) -> None:
    first = copied()
    locsens(first, "takedown", "4711", str(next(iter(chosen))))
    content = (Path(first.settings.storage) / PATH).read_text()
    assert "4711" not in content
    assert str(next(iter(chosen))) not in content
