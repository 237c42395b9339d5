import numpy as np
import pyarrow as pa
import pytest
import torch

from assets.base.execute import execute
from assets.base.freshness import judge
from assets.embeddings.model_files import MissingModelError, file_named, load_embedding_model
from assets.features.checks import collapsed, matrix
from assets.features.embed import ahead, image_embedding_tables, nearest_tags, tag_embedding_table
from assets.images.read import read_images
from models.extract import extract

SHARDS = ("colours-00000", "colours-00001")


@pytest.mark.parametrize(("method", "width"), [("mcc", 12), ("mlc", 32), ("her", 8)])
def test_every_image_and_hashtag_has_an_embedding(open_colours, method, width):
    colours = open_colours()
    colours.make("word_vectors")
    colours.make("embedding_model", method).raise_if_failed()
    for shard in SHARDS:
        record = (
            colours.make(f"image_embeddings_{method}", shard).raise_if_failed().records[f"image_embeddings_{method}"]
        )
        table = colours.table(record)
        images = colours.table(colours.workspace.ledger.get("images", shard))
        assert table["photo_id"].to_pylist() == images["photo_id"].to_pylist()
        assert table.num_rows == 81
        assert table.schema.field("embedding").type == pa.list_(pa.float16(), width)
        assert {check.name: check.passed for check in record.checks} == {
            "one_embedding_per_image": True,
            "embeddings_finite": True,
            "embeddings_differ": True,
        }
    outcome = colours.make(f"tag_embeddings_{method}").raise_if_failed()
    tags = colours.table(outcome.records[f"tag_embeddings_{method}"])
    assert tags["tag_id"].to_pylist() == list(range(5 if method == "her" else 6))
    assert tags.schema.field("embedding").type == pa.list_(pa.float32(), width)
    assert tags["bias"].null_count == (5 if method == "her" else 0)
    if method == "her":
        assert np.array_equal(matrix(tags), np.eye(5, 8, dtype=np.float32))
    assert "red" in outcome.notes[f"tag_embeddings_{method}"]["nearest hashtags"].text


def test_published_embeddings_rank_the_right_colour_first(open_colours):
    colours = open_colours()
    colours.make("embedding_model", "mcc")
    images = colours.make("image_embeddings_mcc", SHARDS[0]).records["image_embeddings_mcc"]
    tags = colours.table(colours.make("tag_embeddings_mcc").records["tag_embeddings_mcc"])
    table = colours.table(images)
    scores = matrix(table) @ matrix(tags).T + tags["bias"].to_numpy()
    true = {
        row["photo_id"]: row["tag_ids"]
        for split in ("train", "validation", "test")
        for row in colours.workspace.storage.read_table(
            f"tables/photos/split={split}/shard={SHARDS[0]}/part-0.parquet"
        ).to_pylist()
    }
    right = [
        int(best) in true[photo_id]
        for best, photo_id in zip(scores.argmax(axis=1), table["photo_id"].to_pylist(), strict=True)
    ]
    assert np.mean(right) > 0.7


def test_parts_hold_no_more_than_they_should_and_read_like_one(open_colours, monkeypatch):
    colours = open_colours()
    colours.make("embedding_model", "mcc")
    storage = colours.workspace.storage
    model = load_embedding_model(storage, storage.list("models/embedding_model/mcc"))
    files = [file.path for file in colours.workspace.ledger.get("images", SHARDS[0]).files]
    ids, pixels = read_images(storage, files, 24)
    (whole,) = image_embedding_tables(storage, files, model, "cpu")
    monkeypatch.setattr("assets.features.embed.ROWS", 40)
    parts = list(image_embedding_tables(storage, files, model, "cpu"))
    assert [part.num_rows for part in parts] == [32, 32, 17]
    assert pa.concat_tables(parts)["photo_id"].to_pylist() == ids.tolist()
    reference = extract(model, pixels).astype(np.float32)
    for table in (whole, pa.concat_tables(parts)):
        assert np.abs(matrix(table) - reference).max() <= 0.02 * np.abs(reference).max()


def test_a_shard_without_images_has_a_typed_empty_table(open_colours):
    colours = open_colours(without_images=(SHARDS[1],))
    colours.make("embedding_model", "mcc")
    outcome = colours.make("image_embeddings_mcc", SHARDS[1]).raise_if_failed()
    table = colours.table(outcome.records["image_embeddings_mcc"])
    assert table.num_rows == 0
    assert table.schema.field("embedding").type == pa.list_(pa.float16(), 12)


def test_her_not_run_leaves_empty_tables(open_colours):
    colours = open_colours(words=False)
    colours.make("word_vectors")
    colours.make("embedding_model", "her")
    images = colours.make("image_embeddings_her", SHARDS[0]).records["image_embeddings_her"]
    tags = colours.make("tag_embeddings_her").records["tag_embeddings_her"]
    for record in (images, tags):
        assert (record.status, record.rows) == ("not_run", 0)
        assert "LOCSENS_WORD_VECTORS" in record.reason


def test_redoing_one_method_leaves_the_others_fresh(open_colours):
    colours = open_colours()
    for method in ("mcc", "mlc"):
        colours.make("embedding_model", method)
        colours.make(f"image_embeddings_{method}", SHARDS[0])
    mlc = colours.workspace.profile.embeddings.mlc.model_copy(update={"prior_bias": True})
    embeddings = colours.workspace.profile.embeddings.model_copy(update={"mlc": mlc})
    colours.workspace.profile = colours.workspace.profile.model_copy(update={"embeddings": embeddings})
    steps = colours.workspace.steps
    assert judge(steps.maker("embedding_model"), colours.workspace, "mcc").state == "fresh"
    assert judge(steps.maker("embedding_model"), colours.workspace, "mlc").state == "older"
    colours.make("embedding_model", "mlc", force=True)
    assert judge(steps.maker("image_embeddings_mcc"), colours.workspace, SHARDS[0]).state == "fresh"
    assert judge(steps.maker("image_embeddings_mlc"), colours.workspace, SHARDS[0]).state == "outdated"


def test_a_missing_embedding_fails_the_blocking_check(open_colours, monkeypatch):
    colours = open_colours()
    colours.make("embedding_model", "mcc")
    from assets.features import embed

    original = embed.image_embedding_tables
    monkeypatch.setattr(
        embed, "image_embedding_tables", lambda *arguments: (table[1:] for table in original(*arguments))
    )
    outcome = execute(colours.workspace.steps.maker("image_embeddings_mcc"), colours.workspace, SHARDS[0], colours.log)
    assert outcome.records == {}
    assert outcome.failed == ["one_embedding_per_image: 80 embeddings for 81 images: 1 missing, 0 too many"]


def test_a_model_of_another_vocabulary_is_refused(open_colours):
    colours = open_colours()
    colours.make("embedding_model", "mcc")
    storage = colours.workspace.storage
    model = load_embedding_model(storage, storage.list("models/embedding_model/mcc"))
    vocabulary = storage.read_table("tables/vocabulary/part-0.parquet")
    with pytest.raises(ValueError, match=r"classifies 6 hashtags, the vocabulary has 4.*--refresh"):
        tag_embedding_table(model, vocabulary.slice(0, 4), None)
    words = pa.table({"tag_id": pa.array([0], pa.int32()), "vector": pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2))})
    with pytest.raises(ValueError, match="embeddings of width 12, the word vectors have 2"):
        tag_embedding_table(model, vocabulary, words)


def test_a_model_without_its_files_is_named():
    with pytest.raises(MissingModelError, match=r"expected one file weights.safetensors, found 0"):
        file_named(["models/embedding_model/mcc/config.json"], "weights.safetensors")


def test_nearest_tags_by_hand():
    embeddings = np.array([[1, 0], [2, 0.1], [0, 3], [-1, 0], [0, 0]], np.float32)
    assert nearest_tags(embeddings, [0, 2], 2).tolist() == [[1, 2], [1, 0]]
    assert nearest_tags(embeddings, [3], 9).shape == (1, 4)


def test_collapsed_embeddings_are_seen():
    rng = np.random.default_rng(0)
    assert not collapsed(rng.normal(size=(20, 4)).astype(np.float32))
    assert collapsed(np.full((20, 4), 3, np.float32) + rng.normal(scale=1e-4, size=(20, 4)).astype(np.float32))
    assert not collapsed(np.ones((9, 4), np.float32))


def test_ahead_keeps_order_and_errors():
    def items():
        yield from range(3)
        raise OSError("the disk is gone")

    found = []
    with pytest.raises(OSError, match="the disk is gone"):
        found.extend(ahead(items()))
    assert list(ahead(range(5))) == [0, 1, 2, 3, 4]
    assert list(ahead([])) == []
    assert torch.is_tensor(next(iter(ahead([torch.zeros(1)]))))
