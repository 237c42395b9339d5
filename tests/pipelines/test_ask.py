"""Asking a finished collection: the `Ranker` finds what evaluation ranked and refuses what does not fit; the jobs."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.request import url2pathname

import dagster as dg
import polars as pl
import pytest
from PIL import Image
from tiny_collection import Tiny

from assets.base.keys import PLACELESS_TAGGING, RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.workspace import Workspace
from assets.search.errors import SearchError
from assets.search.ranker import Ranker
from pipelines.ask import search_photos, tag_photo

pytestmark = pytest.mark.timeout(900)


def published(workspace: Workspace, asset: str, partition: str | None = None) -> pl.DataFrame:
    records = workspace.ledger.records(asset)
    some = [records[partition]] if partition else list(records.values())
    tables = [workspace.storage.read_table(file.path) for record in some for file in record.files]
    return pl.concat([pl.DataFrame(pl.from_arrow(table)) for table in tables])


@pytest.fixture(scope="module")
def workspace(tiny: Tiny) -> Workspace:
    return tiny.workspace()


@pytest.fixture(scope="module")
def ranker(workspace: Workspace) -> Ranker:
    return Ranker(workspace)


@pytest.fixture(scope="module")
def names(workspace: Workspace) -> dict[int, str]:
    return dict(published(workspace, "vocabulary").select("tag_id", "tag").iter_rows())


@pytest.fixture(scope="module")
def tagged(workspace: Workspace) -> dict:
    """A photo that evaluation tagged, with the file that its image came from."""
    asked = published(workspace, "tagging_rankings", "locsens_raw")["photo_id"]
    return published(workspace, "photos").filter(pl.col("photo_id") == asked[0]).row(0, named=True)


def file_of(photo: dict) -> Path:
    return Path(url2pathname(photo["download_url"].removeprefix("file://")))


ASKED = {
    "photo": ("upper_bound", "mcc", "her", "locsens_zeroed", "locsens_raw", "locsens_sampling_0"),
    "tag": ("upper_bound", "mcc", "her", "locsens_zeroed"),
}


@pytest.mark.parametrize(("kind", "variant"), [(kind, variant) for kind, some in ASKED.items() for variant in some])
def test_search_finds_what_evaluation_ranked(
    workspace: Workspace, ranker: Ranker, names: dict[int, str], kind: str, variant: str
) -> None:
    """Among all photos instead of the test split's: those of the test split come in evaluation's order and scores."""
    rankings = published(workspace, "retrieval_rankings", variant)
    queries = published(workspace, "retrieval_queries").filter(pl.col("kind") == kind)
    query = queries.join(rankings, on="query_id", how="semi").row(0, named=True)
    wanted = rankings.filter(pl.col("query_id") == query["query_id"]).sort("rank")
    near = None if kind == "tag" else (query["latitude"], query["longitude"])
    answer = ranker.search(names[query["tag_id"]], near, variant, top=1000)
    found = answer.frame().filter(pl.col("photo_id").is_in(_test_photos(workspace)))
    same_up_to_ties(
        dict(found.select("photo_id", "score").head(10).iter_rows()),
        dict(wanted.select("photo_id", "score").head(10).iter_rows()),
        1e-5,
    )
    both = found.join(wanted, on="photo_id", suffix="_wanted").head(10)
    assert both["has_tag"].to_list() == both["has_tag_wanted"].to_list()
    assert both["distance_km"].to_list() == both["distance_km_wanted"].to_list()


def same_up_to_ties(found: dict[object, float], wanted: dict[object, float], gap: float) -> None:
    """The same in the same order with the same scores, where scores differ by more than the gap; both best first."""
    assert len(found) == len(wanted) == 10
    assert list(found.values()) == pytest.approx(list(wanted.values()), abs=gap)
    assert {one: found[one] for one in wanted if one in found} == pytest.approx(
        {one: wanted[one] for one in wanted if one in found}, abs=gap
    )
    last = min(wanted.values())
    assert {one for one in wanted if wanted[one] > last + gap} <= set(found)


def _test_photos(workspace: Workspace) -> list[int]:
    paths = [file.path for record in workspace.ledger.records("photos").values() for file in record.files]
    tables = [workspace.storage.read_table(path, ["photo_id"]) for path in paths if "/split=test/" in path]
    return [number for table in tables for number in table.column("photo_id").to_pylist()]


@pytest.mark.parametrize("variant", TAGGING_MODELS)
def test_tagging_a_photos_file_finds_what_evaluation_ranked(
    workspace: Workspace, ranker: Ranker, names: dict[int, str], tagged: dict, variant: str
) -> None:
    wanted = published(workspace, "tagging_rankings", variant).filter(pl.col("photo_id") == tagged["photo_id"])
    wanted = wanted.sort("rank").head(10)
    place = (tagged["latitude"], tagged["longitude"])
    for photo in (file_of(tagged), file_of(tagged).read_bytes()):
        answer = ranker.tag(photo, place, variant)
        same_up_to_ties(
            {found.tag: found.score for found in answer.tags},
            {names[tag_id]: score for tag_id, score in wanted.select("tag_id", "score").iter_rows()},
            2e-3,  # embedded alone instead of in a batch, the float16 embedding may round the other way
        )
    assert any("does not look at the place" in note for note in answer.notes) == (variant in PLACELESS_TAGGING)


def test_an_answer_says_all_of_its_photos(workspace: Workspace, ranker: Ranker, names: dict[int, str]) -> None:
    answer = ranker.search(f"#{names[0].upper()}", "London, GB", top=5)
    photos = published(workspace, "photos")
    assert (answer.tag, answer.place.name, answer.variant) == (names[0], "London, GB", "locsens_raw")
    assert [found.rank for found in answer.photos] == [1, 2, 3, 4, 5]
    assert answer.candidates == published(workspace, "image_embeddings_mcc").height
    for found in answer.photos:
        row = photos.filter(pl.col("photo_id") == found.photo_id).row(0, named=True)
        assert (found.tags, found.city, found.country) == (tuple(row["tags"]), row["city"], row["country"])
        assert (found.latitude, found.longitude) == (row["latitude"], row["longitude"])
        assert found.has_tag == (names[0] in row["tags"])
    assert answer.frame().height == 5
    pictures = ranker.jpegs([found.photo_id for found in answer.photos])
    assert set(pictures) == {found.photo_id for found in answer.photos}
    for jpeg in pictures.values():
        with Image.open(io.BytesIO(jpeg)) as image:
            assert min(image.size) <= ranker.thumbnail_px


def test_what_was_loaded_is_kept(ranker: Ranker, names: dict[int, str]) -> None:
    ranker.search(names[0], (0.0, 0.0), "locsens_dropout")
    again = ranker.search(names[1], (0.0, 0.0), "locsens_dropout")
    assert again.loading_s < again.query_s


def test_the_place_changes_what_is_found(ranker: Ranker, names: dict[int, str]) -> None:
    here, there = (ranker.search(names[0], place, top=1000).photos for place in ("London", "Sydney"))
    assert [found.photo_id for found in here] != [found.photo_id for found in there]


@pytest.mark.parametrize("key", ["search", "tag"])
def test_what_cannot_be_answered(ranker: Ranker, names: dict[int, str], tagged: dict, key: str) -> None:
    asked = names[0] if key == "search" else file_of(tagged)
    models = RETRIEVAL_MODELS if key == "search" else TAGGING_MODELS
    ask = getattr(ranker, key)
    for words, sentence in (
        ((asked, "London", "raw"), f"variant 'raw': unknown; .* knows {', '.join(models)}"),
        (
            (asked,),
            "variant locsens_raw ranks by place: say where, .*, or take one of .*mcc, .*mlc, her, locsens_zeroed",
        ),
        ((asked, "London", None, 0), "top 0: expected 1 to 1,000 answers"),
        ((asked, "London", None, 1001), "top 1001: expected 1 to 1,000 answers"),
        ((asked, (91, 0)), r"place \(91, 0\): expected a latitude of -90 to 90 degrees, found 91"),
    ):
        with pytest.raises(SearchError, match=sentence):
            ask(*words)


# What does not fit


def of_other_content(tiny: Tiny, asset: str, partition: str | None = None) -> None:
    """Pretend that an output was made anew since."""
    ledger = tiny.workspace().ledger
    ledger.put(replace(ledger.get(asset, partition), data_version="another"))


def without(tiny: Tiny, asset: str, partition: str | None = None, **changes: object) -> None:
    ledger = tiny.workspace().ledger
    record = ledger.get(asset, partition)
    if changes:
        ledger.put(replace(record, files=(), **changes))
    else:
        ledger.remove(asset, partition)


def test_models_of_another_vocabulary(copied: Callable[..., Tiny], names: dict[int, str], tagged: dict) -> None:
    tiny = copied()
    of_other_content(tiny, "vocabulary")
    ranker = Ranker.open(settings=tiny.settings)
    sentence = (
        "embedding_model:mcc cannot be used: it was made with another vocabulary than there is now; "
        "`locsens materialize --refresh embedding_model:mcc` makes one that fits"
    )
    for variant in ("locsens_raw", "mcc"):
        with pytest.raises(SearchError, match=sentence):
            ranker.search(names[0], "London", variant)
        with pytest.raises(SearchError, match=sentence):
            ranker.tag(file_of(tagged), "London", variant)


def test_a_network_of_other_embeddings(copied: Callable[..., Tiny], names: dict[int, str]) -> None:
    tiny = copied()
    of_other_content(tiny, "tag_embeddings_mcc")
    ranker = Ranker.open(settings=tiny.settings)
    with pytest.raises(
        SearchError, match="locsens_model:retrieval_raw cannot be used: it was made with another tag_emb"
    ):
        ranker.search(names[0], "London")
    assert ranker.search(names[0], None, "mcc").photos


def test_a_variant_that_is_not_there_or_was_not_run(copied: Callable[..., Tiny], names: dict[int, str]) -> None:
    tiny = copied()
    without(tiny, "locsens_model", "retrieval_raw")
    for asset, partition in (("embedding_model", "her"), ("tag_embeddings_her", None)):
        without(tiny, asset, partition, status="not_run", reason="no word vectors are set")
    ranker = Ranker.open(settings=tiny.settings)
    with pytest.raises(
        SearchError, match="locsens_model:retrieval_raw cannot be used: it is not there yet; `locsens mat"
    ):
        ranker.search(names[0], "London")
    with pytest.raises(
        SearchError, match="embedding_model:her cannot be used: it was not run, no word vectors are set"
    ):
        ranker.search(names[0], None, "her")


def test_a_shard_that_is_not_ready_is_left_out_and_that_is_said(
    copied: Callable[..., Tiny], names: dict[int, str]
) -> None:
    tiny = copied()
    shards = [str(shard) for shard in tiny.workspace().keys("shard")]
    without(tiny, "image_embeddings_mcc", shards[0])
    if len(shards) > 2:
        of_other_content(tiny, "images", shards[1])  # asked for again: its embeddings are of the images before
    ranker = Ranker.open(settings=tiny.settings)
    left = min(len(shards) - 1, 2)
    answer = ranker.search(names[0], "London, GB", top=1000)
    assert answer.notes == (f"{left} shards are not ready and left out",)
    for shard in shards[left:]:
        without(tiny, "image_embeddings_mcc", shard)
    with pytest.raises(SearchError, match="variant mcc: no photo has both an image and an embedding that fits"):
        Ranker.open(settings=tiny.settings).search(names[0], None, "mcc")


def test_damaged_weights(copied: Callable[..., Tiny], names: dict[int, str]) -> None:
    tiny = copied()
    (Path(tiny.settings.storage) / "models/locsens_model/retrieval_raw/weights.safetensors").write_bytes(b"no")
    with pytest.raises(SearchError, match=r"variant locsens_raw: .*weights\.safetensors: expected safetensors"):
        Ranker.open(settings=tiny.settings).search(names[0], "London")


def test_a_storage_without_a_collection(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"storage .*/empty holds no collection; `locsens materialize` makes one"):
        Ranker.open(str(tmp_path / "empty"))


# The jobs


def shown(job: dg.JobDefinition, workspace: Workspace, op: str, config: dict) -> dict[str, dg.MetadataValue]:
    run_config = {"ops": {op: {"config": config}}}
    result = job.execute_in_process(run_config=run_config, resources={"workspace": workspace}, raise_on_error=False)
    if not result.success:
        (failure,) = (event for event in result.all_node_events if event.event_type_value == "STEP_FAILURE")
        raise SearchError(str(failure.step_failure_data.user_failure_data.description))
    (output,) = (event for event in result.all_node_events if event.event_type_value == "STEP_OUTPUT")
    return dict(output.step_output_data.metadata)


def test_the_job_shows_pictures(workspace: Workspace, names: dict[int, str]) -> None:
    config = {"hashtag": names[0], "near": "London, GB", "top": 3}
    found = shown(search_photos, workspace, "find_photos", config)
    pictures, table = found["answer"].value.split("\n\n")
    assert pictures.count("](data:image/jpeg;base64,") == 3
    assert table.startswith("|  | photo | where | km | has the hashtag | hashtags | score |")
    assert len(table.splitlines()) == 2 + 3
    assert found["asked"].value == f"#{names[0]} near London, GB"
    assert found["variant"].value == "locsens_raw"


def test_the_job_tags_a_photo(workspace: Workspace, tagged: dict) -> None:
    config = {"photo": str(file_of(tagged)), "variant": "mcc"}
    found = shown(tag_photo, workspace, "find_hashtags", config)
    picture, table = found["answer"].value.split("\n\n")
    assert picture.startswith("![the photo](data:image/jpeg;base64,")
    assert len(table.splitlines()) == 2 + 10
    assert found["asked"].value == file_of(tagged).name


def test_a_job_fails_with_the_sentence(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(
        SearchError, match=r"^hashtag 'qqqq': not one of the \d+ that models know; nearest in spelling: "
    ):
        shown(search_photos, workspace, "find_photos", {"hashtag": "qqqq", "near": "0,0"})
    with pytest.raises(SearchError, match=r"^photo no\.jpg: expected a file at .*no\.jpg, found none"):
        shown(tag_photo, workspace, "find_hashtags", {"photo": str(tmp_path / "no.jpg"), "at": "0,0"})


def test_what_a_launchpad_opens_with_is_to_be_filled_in(workspace: Workspace) -> None:
    for job, sentence in ((search_photos, "hashtag ''"), (tag_photo, "photo ''")):
        with pytest.raises(dg.Failure, match=f"{sentence}: expected"):
            job.execute_in_process(resources={"workspace": workspace})
