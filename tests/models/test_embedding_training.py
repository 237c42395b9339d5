import pytest
import torch
from small_tasks import CONFIGS, SIDE, TRAIN, VALIDATION
from small_tasks import IMAGE_TAGS as TAGS
from small_tasks import image_task as task_of

from models.embedding import architecture_of, new_model
from models.embedding_training import EmbeddingTask
from models.extract import OverflowedEmbeddingError, extract
from models.photo_sets import MemoryPixels, PhotoSet, PhotoTags
from models.training import fit


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", list(CONFIGS))
def test_a_tiny_training_learns(name, tmp_path):
    task, model = task_of(name)
    curve = fit(task, CONFIGS[name].optimisation, tmp_path, lambda line: None, device="cpu").table()
    losses = curve["loss"].to_pylist()
    assert curve["step"].to_pylist() == [10, 20, 30, 40, 50, 60]
    assert losses[-1] < 0.8 * losses[0]
    accuracy = [value for value in curve["validation_accuracy_at_1"].to_pylist() if value is not None]
    assert accuracy[-1] > 90
    embeddings = extract(model, VALIDATION.pixels.take(torch.arange(60)))
    assert embeddings.shape == (60, model.embedding_width)


def test_bf16_ends_near_fp32(tmp_path):
    ends = {}
    for precision in ("fp32", "bf16"):
        optimisation = CONFIGS["mcc"].optimisation.model_copy(update={"precision": precision, "steps": 30})
        task, _ = task_of("mcc", config=CONFIGS["mcc"].model_copy(update={"optimisation": optimisation}))
        ends[precision] = fit(task, optimisation, tmp_path / precision, lambda line: None, device="cpu").last()
    assert ends["bf16"]["loss"] == pytest.approx(ends["fp32"]["loss"], rel=0.1)
    assert ends["bf16"]["loss"] != ends["fp32"]["loss"]
    for metric in ("validation_accuracy_at_1", "validation_accuracy_at_10"):
        assert ends["bf16"][metric] == pytest.approx(ends["fp32"][metric], abs=3)


def test_golden_losses_of_the_first_steps():
    found = {}
    for name in CONFIGS:
        task, _ = task_of(name)
        with torch.no_grad():
            found[name] = [task.loss(task.batch(step), step).item() for step in (0, 1)]
    assert found.keys() == GOLDEN.keys()
    for name, losses in GOLDEN.items():
        assert found[name] == pytest.approx(losses, abs=1e-3), name


# Of untrained networks: MCC near log 6 = 1.792, MLC near log 2 = 0.693, HER near 1.
GOLDEN = {
    "mcc": [1.7981, 1.7980],
    "mcc_all": [1.7987, 1.7975],
    "mlc": [0.6917, 0.6913],
    "mlc_prior": [0.5563, 0.5894],
    "her": [0.9336, 1.0362],
}


def test_a_batch_depends_on_its_step_alone():
    task, _ = task_of("mcc")
    later = task.batch(7)
    other, _ = task_of("mcc")
    other.batch(3)
    again = other.batch(7)
    assert later.keys() == again.keys() == {"images", "top", "left", "mirrored", "drawn"}
    assert all(torch.equal(later[name], again[name]) for name in later)
    assert not torch.equal(later["images"], task.batch(8)["images"])


def test_the_drawn_tag_is_one_of_the_photos_and_each_as_likely():
    pixels = MemoryPixels(torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8))
    photos = PhotoSet(pixels, PhotoTags(torch.tensor([0, 3]), torch.tensor([1, 2, 4])), (1,))
    task, _ = task_of("mcc", photos)
    drawn = torch.cat([task.batch(step)["drawn"] for step in range(100)])
    shares = torch.bincount(drawn, minlength=TAGS) / len(drawn)
    assert shares[[0, 3, 5]].sum() == 0
    # 3,200 draws: sd of a share 0.0083; five of them allowed
    assert (shares[[1, 2, 4]] - 1 / 3).abs().max() < 0.042


def test_her_ranks_no_tag_without_a_word_vector():
    task, model = task_of("her")
    scores = task._tag_scores(torch.ones(2, 8))
    assert torch.isneginf(scores[:, -1]).all()
    assert torch.isfinite(scores[:, :-1]).all()
    assert model.classifier is None


def test_validation_counts_a_true_tag_first_and_among_ten():
    task, model = task_of("mlc")
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0, 0.0]))
        metrics = task.validate()
    pairs = VALIDATION.tags.pairs(torch.arange(60))
    with_first = len(set(pairs[0][pairs[1] == 0].tolist()))
    assert metrics["validation_accuracy_at_1"] == pytest.approx(100 * with_first / 60)
    assert metrics["validation_accuracy_at_10"] == 100


def test_no_validation_photo_no_metric():
    empty = PhotoSet(
        MemoryPixels(torch.zeros(0, 3, SIDE, SIDE, dtype=torch.uint8)),
        PhotoTags(torch.zeros(1, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)),
        (),
    )
    task, _ = task_of("mcc", TRAIN, empty)
    assert task.validate() == {}


def test_photos_without_a_tag_are_refused():
    bare = PhotoSet(
        TRAIN.pixels,
        PhotoTags(torch.zeros(201, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)),
        (200,),
    )
    with pytest.raises(ValueError, match="200 of 200 training photos have no tag to learn from"):
        task_of("mcc", bare)


def test_her_without_word_vectors_is_refused():
    config = CONFIGS["her"]
    model = new_model(architecture_of(config, TAGS, 8), 0)
    with pytest.raises(ValueError, match="HER regresses to word vectors"):
        EmbeddingTask(model, config, TRAIN, VALIDATION)


@pytest.mark.parametrize("name", ["mcc", "mlc", "her"])
def test_extraction_does_not_depend_on_the_batch(name):
    _, model = task_of(name)
    images = VALIDATION.pixels.take(torch.arange(60))
    whole = extract(model, images, batch_size=60).astype("float32")
    single = extract(model, images, batch_size=7).astype("float32")
    assert whole.shape[0] == 60
    # bf16 has 8 bits: a few of its last places
    assert abs(whole - single).max() <= 0.02 * abs(whole).max()


def test_extraction_takes_only_the_side_that_was_learnt():
    _, model = task_of("mcc")
    with pytest.raises(ValueError, match=r"expected images of 20 x 20 px, found \(24, 24\)"):
        extract(model, torch.zeros(1, 3, 24, 24, dtype=torch.uint8))


def test_embeddings_that_do_not_fit_float16_are_refused():
    _, model = task_of("mcc")
    with torch.no_grad():
        model.projection.bias.fill_(1e6)
    with pytest.raises(OverflowedEmbeddingError, match="60 of 60 mcc embeddings are not finite"):
        extract(model, VALIDATION.pixels.take(torch.arange(60)))
