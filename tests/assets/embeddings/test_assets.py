import io
import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.torch import load
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# 180 photos of which 3 in 5 are for training and 1 in 10, all of the last fifth, has no image.
SHARDS = ("colours-00000", "colours-00001")


def storage_folder(colours):
    return Path(colours.workspace.settings.storage)


@pytest.mark.parametrize(("method", "width"), [("mcc", 12), ("mlc", 32), ("her", 8)])
def test_a_model_is_published_whole(open_colours, method, width):
    colours = open_colours()
    if method == "her":
        colours.make("word_vectors")
    outcome = colours.make("embedding_model", method).raise_if_failed()
    record = outcome.records["embedding_model"]
    folder = f"models/embedding_model/{method}"
    assert [file.path for file in record.files] == [
        f"{folder}/config.json",
        f"{folder}/curve.parquet",
        f"{folder}/tensorboard/events.out.tfevents.0000",
        f"{folder}/weights.safetensors",
    ]
    events = EventAccumulator(str(storage_folder(colours) / folder / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [10, 20, 30, 40]
    assert events.Scalars("validation_accuracy_at_1")[-1].value == pytest.approx(
        record.facts["validation_accuracy_at_1"]
    )
    storage = colours.workspace.storage
    card = json.loads(storage.read_bytes(f"{folder}/config.json"))
    assert card["architecture"]["method"] == card["training"]["method"] == method
    assert card["architecture"]["tags"] == (None if method == "her" else 6)
    weights = load(storage.read_bytes(f"{folder}/weights.safetensors"))
    assert ("classifier.weight" in weights) == (method != "her")
    curve = pq.read_table(io.BytesIO(storage.read_bytes(f"{folder}/curve.parquet")))
    assert curve["step"].to_pylist() == [10, 20, 30, 40]
    facts = record.facts
    assert facts["steps"] == facts["weights after step"] == 40
    assert (
        facts["training photos"]
        + facts["training photos without an image"]
        + facts["training photos without a word vector"]
        == 2 * 54
    )
    assert facts["validation_accuracy_at_1"] > 60
    assert {check.name: check.passed for check in record.checks} == {
        "weights_finite_and_complete": True,
        "loss_went_down": True,
    }
    checked = next(check for check in record.checks if check.name == "weights_finite_and_complete")
    assert checked.values["width"] == width


def test_the_test_split_is_not_read(open_colours, monkeypatch):
    colours = open_colours()
    storage = colours.workspace.storage
    read = []
    original = storage.read_table
    monkeypatch.setattr(storage, "read_table", lambda path, columns=None: read.append(path) or original(path, columns))
    colours.make("embedding_model", "mcc")
    photos = [path for path in read if path.startswith("tables/photos")]
    assert photos
    assert not [path for path in photos if "split=test" in path]


def test_two_trainings_give_the_same_weights(open_colours):
    colours = open_colours()
    first = colours.make("embedding_model", "mcc").records["embedding_model"]
    again = colours.make("embedding_model", "mcc", force=True).records["embedding_model"]
    assert first.data_version == again.data_version
    told, retold = ([file for file in record.files if not file.versioned] for record in (first, again))
    assert [file.path for file in told] == [file.path for file in retold]
    assert told[0].sha256 != retold[0].sha256  # it holds times of the clock, and does not count


def test_pixels_decoded_step_by_step_give_the_same_weights(open_colours):
    colours = open_colours()
    first = colours.make("embedding_model", "mcc").records["embedding_model"]
    profile = colours.workspace.profile
    small = profile.embeddings.model_copy(update={"memory_gib": 1e-9})
    colours.workspace.profile = profile.model_copy(update={"embeddings": small})
    again = colours.make("embedding_model", "mcc", force=True).records["embedding_model"]
    assert first.data_version == again.data_version


def test_word_vectors_are_those_of_the_vocabulary(open_colours):
    colours = open_colours()
    outcome = colours.make("word_vectors").raise_if_failed()
    table = colours.table(outcome.records["word_vectors"])
    assert table["tag"].to_pylist() == ["red", "green", "blue", "yellow", "warm"]
    assert np.array_equal(np.stack(table["vector"].to_pylist()), np.eye(5, 8))
    assert outcome.notes["word_vectors"]["hashtags without"] == 1
    assert all(check.passed for check in outcome.records["word_vectors"].checks)


def test_without_word_vectors_her_is_not_run_and_says_why(open_colours):
    colours = open_colours(words=False)
    words = colours.make("word_vectors").records["word_vectors"]
    assert (words.status, words.rows) == ("not_run", 0)
    assert "LOCSENS_WORD_VECTORS" in words.reason
    model = colours.make("embedding_model", "her").records["embedding_model"]
    assert (model.status, model.files) == ("not_run", ())
    assert colours.make("embedding_model", "mcc").records["embedding_model"].status == "done"


def test_a_hashtag_with_no_photo_left_is_named_and_the_rest_is_learnt(open_colours, caplog):
    colours = open_colours(unused_tags=("mauve", "puce"))
    record = colours.make("embedding_model", "mcc").records["embedding_model"]
    assert "MCC: 2 of 8 hashtags are on no training photo with an image and are not learnt: mauve, puce" in caplog.text
    assert (record.status, record.facts["hashtags without a training photo"]) == ("done", 2)


def test_her_misses_only_hashtags_with_a_word_vector(open_colours, caplog):
    colours = open_colours(unused_tags=("mauve",))
    colours.make("word_vectors")
    record = colours.make("embedding_model", "her").records["embedding_model"]
    assert record.facts["hashtags without a training photo"] == 0
    assert "no training photo" not in caplog.text


def test_no_training_photo_with_an_image_is_not_run_and_says_why(open_colours):
    colours = open_colours(without_images=SHARDS)
    record = colours.make("embedding_model", "mcc").records["embedding_model"]
    assert (record.status, record.files) == ("not_run", ())
    assert re.match(r"MCC: expected training photos with an image .* among 108, 0 of them", record.reason)


def test_broken_weights_fail_the_blocking_check(open_colours, monkeypatch):
    colours = open_colours()
    from assets.embeddings import model_files

    def broken(model, card, curve):
        files = dict(original(model, card, curve))
        data = bytearray(files["weights.safetensors"])
        data[-4:] = b"\x00\x00\xc0\x7f"  # a float32 NaN
        return files | {"weights.safetensors": bytes(data)}

    original = model_files.embedding_model_files
    monkeypatch.setattr(model_files, "embedding_model_files", broken)
    outcome = colours.make("embedding_model", "mcc")
    assert outcome.records == {}
    assert "weights_finite_and_complete" in outcome.failed[0]
    assert "NaN" in outcome.failed[0]
