"""Stage locsens: photos joined with embeddings, a variant trained through the step, its files and checks."""

import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from assets.base.execute import execute
from assets.base.freshness import judge
from assets.base.keys import METHODS
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.step import Step, StepRegistry
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from assets.embeddings.given_weights import GivenWeightsError
from assets.locsens.assets import locsens_model
from assets.locsens.checks import locsens_loss_went_down, locsens_weights_are_finite
from assets.locsens.learn import learn
from assets.locsens.photo_sets import NothingToLearnFromError, PhotoSet, join_embeddings, tag_matrix
from models.config import VariantConfig
from models.locsens import load_locsens
from models.weights import load_config

TAGS, WIDTH = 6, 8


def photos(ids: list[int], tags: list[list[int]] | None = None) -> pa.Table:
    rows = tags or [[number % TAGS, (number + 1) % TAGS] for number in ids]
    return pa.table(
        {
            "photo_id": pa.array(ids, pa.int64()),
            "tag_ids": pa.array([sorted(row) for row in rows], pa.list_(pa.int32())),
            "latitude": pa.array([number % 90 for number in ids], pa.float64()),
            "longitude": pa.array([-(number % 180) for number in ids], pa.float64()),
        }
    )


def embeddings(ids: list[int], width: int = WIDTH) -> pa.Table:
    flat = np.repeat(np.asarray(ids, dtype=np.float16), width)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), width)
    return pa.table({"photo_id": pa.array(ids, pa.int64()), "embedding": vectors})


def test_embeddings_are_joined_by_id_whatever_their_order() -> None:
    parts = [embeddings([9, 5]), embeddings([]), embeddings([77, 1, 7])]
    training, validation = join_embeddings([photos([7, 1, 3, 9]), photos([5, 4])], parts, TAGS)
    assert (len(training), training.without_embedding) == (3, 1)
    assert (len(validation), validation.without_embedding) == (1, 1)
    found = training.photos
    assert found is not None
    assert found.images[:, 0].tolist() == [1, 7, 9]
    assert found.places.tolist() == [[1, -1], [7, -7], [9, -9]]
    assert found.tagged.tag_ids.tolist() == [1, 2, 1, 2, 3, 4]
    reversed_parts = [part.take(pa.array(range(part.num_rows), pa.int64())[::-1]) for part in reversed(parts)]
    again, _ = join_embeddings([photos([9, 3, 1, 7]), photos([5, 4])], reversed_parts, TAGS)
    assert again.photos is not None
    assert again.photos.images.tolist() == found.images.tolist()
    assert again.photos.tagged.keys.tolist() == found.tagged.keys.tolist()


def test_splits_without_embeddings_and_other_widths() -> None:
    empty, none = join_embeddings([photos([]), photos([3])], [], TAGS)
    assert (len(empty), empty.without_embedding) == (0, 0)
    assert (none.photos, none.without_embedding) == (None, 1)
    with pytest.raises(ValueError, match="expected width 8, found 4"):
        join_embeddings([photos([3, 4])], [embeddings([3]), embeddings([4], 4)], TAGS)


def test_tag_matrix_needs_every_hashtag() -> None:
    table = pa.table({"tag_id": pa.array([2, 0, 1], pa.int32()), "embedding": [[2.0, 2.0], [0.0, 0.5], [1.0, 1.0]]})
    assert tag_matrix(table, 3).tolist() == [[0.0, 0.5], [1.0, 1.0], [2.0, 2.0]]
    with pytest.raises(ValueError, match="expected one for each of 4 hashtags, found 3 of 3"):
        tag_matrix(table, 4)


def test_nothing_to_learn_from_is_a_sentence(tmp_path: Path, log: logging.Logger) -> None:
    tags = tag_matrix(pa.table({"tag_id": [0], "embedding": [[1.0]]}), 1)
    with pytest.raises(NothingToLearnFromError, match=r"found none \(12 photos without one\)"):
        learn(VariantConfig(), tags, PhotoSet(None, 12), PhotoSet(None, 0), tmp_path, log)


def graph() -> StepRegistry:
    """Toy steps for what `locsens_model` reads (by method, as if by shard), and the real step."""
    steps = StepRegistry()
    split = {"train": list(range(300)), "validation": list(range(300, 400)), "test": list(range(400, 500))}

    def put(name: str, body: Callable[[Run], None], by: str | None = None, stage: str = "splits") -> None:
        steps.add(
            Step(
                name=name,
                stage=stage,
                outputs=(name,),
                by=by,
                reads=(),
                profile=(),
                code_version="1",
                kinds=frozenset(),
                checks=(),
                pinned=False,
                pool=None,
                shard_outputs=(),
                outside=None,
                body=body,
            )
        )

    def mine(run: Run, ids: list[int]) -> list[int]:
        return ids[METHODS.index(str(run.partition)) :: len(METHODS)]

    def write_photos(run: Run) -> None:
        for name, every in split.items():
            ids = mine(run, every)
            table, empty = photos(ids), TABLES["photos"].empty()
            columns = [
                table.column(field.name).cast(field.type)
                if field.name in table.column_names
                else pa.array([[] if pa.types.is_list(field.type) else None] * len(ids), field.type)
                for field in empty.schema
            ]
            run.write("photos", pa.table(columns, schema=empty.schema), split=name)

    def write_embeddings(run: Run) -> None:
        run.write("image_embeddings_mcc", embeddings(mine(run, [n for n in range(500) if n % 50])))

    def write_tags(run: Run) -> None:
        vectors = np.eye(TAGS, WIDTH, dtype=np.float32).tolist()
        run.write(
            "tag_embeddings_mcc",
            pa.table({"tag_id": range(TAGS), "embedding": vectors, "bias": [0.0] * TAGS}),
        )

    def write_vocabulary(run: Run) -> None:
        rows = [{"tag_id": t, "tag": f"t{t}", "photos": 9, "users": 1, "is_place": False} for t in range(TAGS)]
        run.write("vocabulary", pa.Table.from_pylist(rows, TABLES["vocabulary"].schema()))

    put("photos", write_photos, by="method")
    put("image_embeddings_mcc", write_embeddings, by="method", stage="features")
    put("tag_embeddings_mcc", write_tags, stage="features")
    put("vocabulary", write_vocabulary, stage="vocabulary")
    steps.add(locsens_model)
    return steps


@pytest.fixture
def workspace(open_toy: Callable[[StepRegistry], Workspace], log: logging.Logger) -> Workspace:
    workspace = open_toy(graph())
    for name in ("photos", "image_embeddings_mcc"):
        for method in METHODS:
            execute(workspace.steps.maker(name), workspace, method, log)
    for name in ("tag_embeddings_mcc", "vocabulary"):
        execute(workspace.steps.maker(name), workspace, None, log)
    return workspace


def test_sampling_publishes_every_stage(workspace: Workspace, log: logging.Logger) -> None:
    outcome = execute(locsens_model, workspace, "retrieval_sampling", log).raise_if_failed()
    record = outcome.records["locsens_model"]
    stages = [f"weights_sigma_{sigma}.safetensors" for sigma in ("0", "0.01", "0.05", "0.1", "1")]
    folder = "models/locsens_model/retrieval_sampling"
    assert sorted(file.path for file in record.files) == sorted(
        f"{folder}/{name}"
        for name in [
            "config.json",
            "curve.parquet",
            "tensorboard/events.out.tfevents.0000",
            "weights.safetensors",
            *stages,
        ]
    )
    read = {Path(file.path).name: workspace.storage.read_bytes(file.path) for file in record.files}
    config = load_config(VariantConfig, read["config.json"])
    assert config.network.image_embedding == config.network.tag_embedding == WIDTH
    assert config.optimisation == workspace.profile.locsens["retrieval_sampling"].optimisation
    assert read["weights_sigma_0.safetensors"] == read["weights.safetensors"] != read["weights_sigma_1.safetensors"]
    assert load_locsens(read["config.json"], read["weights_sigma_0.1.safetensors"]).config == config.network
    curve = workspace.storage.read_table(f"{folder}/curve.parquet")
    assert curve.column("step").to_pylist()[-1] == config.optimisation.steps
    assert {"loss", "learning_rate", "validation_loss", "precision_at_10"} <= set(curve.column_names)
    counts = {"training photos": 294, "validation photos": 98, "photos without an embedding": 8}
    assert {name: record.facts[name] for name in counts} == counts
    notes = outcome.notes["locsens_model"]
    assert notes["curve"].data.startswith(b"\x89PNG")
    assert notes["seconds per step"] > 0
    found = {check.name: check for check in outcome.checks["locsens_model"]}
    assert found["locsens_weights_are_finite"].passed
    assert "in each of 6 files" in found["locsens_weights_are_finite"].sentence
    assert found["locsens_loss_went_down"].sentence.startswith("training loss 0.")
    assert not execute(locsens_model, workspace, "retrieval_sampling", log).records.keys() - {"locsens_model"}


def test_tagging_is_the_same_each_time(workspace: Workspace, log: logging.Logger) -> None:
    first = execute(locsens_model, workspace, "tagging_raw", log).raise_if_failed()
    again = execute(locsens_model, workspace, "tagging_raw", log, force=True).raise_if_failed()
    assert first.records["locsens_model"].data_version == again.records["locsens_model"].data_version
    assert {"accuracy at 1", "accuracy at 10"} <= set(first.notes["locsens_model"])


def test_what_tensorboard_shows_lies_beside_the_model_and_the_log_tells_it(
    workspace: Workspace, log: logging.Logger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    record = execute(locsens_model, workspace, "retrieval_raw", log).raise_if_failed().records["locsens_model"]
    (told,) = [file for file in record.files if not file.versioned]
    (tmp_path / Path(told.path).name).write_bytes(workspace.storage.read_bytes(told.path))
    events = EventAccumulator(str(tmp_path)).Reload()
    curve = workspace.storage.read_table("models/locsens_model/retrieval_raw/curve.parquet").to_pydict()
    losses = {event.step: event.value for event in events.Scalars("loss")}
    assert losses == pytest.approx(dict(zip(curve["step"], curve["loss"], strict=True)))
    assert events.Scalars("precision_at_10")[-1].value == pytest.approx(record.facts["precision at 10"])
    steps = len(curve["step"])
    line = re.compile(r"step (\d+)/12: loss [\d.e-]+, learning_rate [\d.e-]+(, .*precision_at_10 [\d.]+)?, .* a step, ")
    found = [match for message in caplog.messages if (match := line.match(message))]
    assert [int(match[1]) for match in found] == curve["step"]
    assert [match[2] is not None for match in found] == [value is not None for value in curve["precision_at_10"]]
    assert (steps, found[-1][1], found[-1][2] is not None) == (12, "12", True)


def test_the_test_split_is_opened_by_evaluation_alone(
    workspace: Workspace, log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = execute(locsens_model, workspace, "retrieval_raw", log).raise_if_failed().records["locsens_model"]
    original = workspace.storage.read_table

    def poisoned(path: str, columns: Sequence[str] | None = None) -> pa.Table:
        assert "split=test" not in path.split("/")
        table = original(path, columns)
        if "image_embeddings_mcc" not in path:
            return table
        ids = table.column("photo_id").to_pylist()  # the toy's test photos are those from 400 on
        other = embeddings([400, 401, 402]).cast(table.schema)
        return pa.concat_tables([table.filter(pa.array([n < 400 for n in ids])), other])

    monkeypatch.setattr(workspace.storage, "read_table", poisoned)
    again = execute(locsens_model, workspace, "retrieval_raw", log, force=True).records["locsens_model"]
    assert again.data_version == first.data_version


def test_spoilt_weights_fail_the_check(workspace: Workspace, log: logging.Logger) -> None:
    import safetensors.torch

    outcome = execute(locsens_model, workspace, "retrieval_zeroed", log).raise_if_failed()
    files = {Path(file.path).name: file for file in outcome.records["locsens_model"].files}
    run = Run(locsens_model, workspace, "retrieval_zeroed", [], log, workspace.scratch)
    run.written["locsens_model"] = list(files.values())
    assert locsens_weights_are_finite(run).passed
    weights = safetensors.torch.load(workspace.storage.read_bytes(files["weights.safetensors"].path))
    weights["score.bias"].fill_(float("nan"))
    workspace.storage.write_bytes(files["weights.safetensors"].path, safetensors.torch.save(weights))
    result = locsens_weights_are_finite(run)
    assert not result.passed
    assert "weights.safetensors: expected finite numbers, found 1 NaN or infinite of 1 in score.bias" in result.sentence
    curve = pa.table({"step": [1, 2], "loss": [0.1, 0.2]})
    workspace.storage.write_table(files["curve.parquet"].path, curve)
    assert not locsens_loss_went_down(run).passed


def test_given_weights_are_an_input_as_long_as_they_can_be_looked_up(
    workspace: Workspace, log: logging.Logger, tmp_path: Path
) -> None:
    execute(locsens_model, workspace, "retrieval_zeroed", log).raise_if_failed()
    weights = workspace.storage.read_bytes("models/locsens_model/retrieval_zeroed/weights.safetensors")
    path = tmp_path / "weights.safetensors"
    raw = workspace.profile.locsens["retrieval_raw"].model_copy(update={"initial_weights": str(path)})
    workspace.profile = workspace.profile.model_copy(
        update={"locsens": workspace.profile.locsens | {"retrieval_raw": raw}}
    )
    with pytest.raises(
        GivenWeightsError, match=r"starts from: source file:.*weights\.safetensors: there is no such file"
    ):
        execute(locsens_model, workspace, "retrieval_raw", log).raise_if_failed()
    path.write_bytes(weights)
    outcome = execute(locsens_model, workspace, "retrieval_raw", log).raise_if_failed()
    assert path.as_uri() in {one.asset for one in outcome.records["locsens_model"].inputs}
    assert judge(locsens_model, workspace, "retrieval_raw").state == "fresh"
    path.unlink()
    assert judge(locsens_model, workspace, "retrieval_raw").state == "fresh", "the model is as good as before"
    path.write_bytes(weights + b" ")
    assert judge(locsens_model, workspace, "retrieval_raw").state == "older"
    assert path.as_uri() not in {one.asset for one in outcome_inputs(workspace, "retrieval_zeroed")}


def outcome_inputs(workspace: Workspace, variant: str) -> tuple[Input, ...]:
    record = workspace.ledger.get("locsens_model", variant)
    assert record is not None
    return record.inputs
