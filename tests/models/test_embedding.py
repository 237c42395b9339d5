import pytest
import torch
from pydantic import ValidationError

from models.config import OptimisationConfig, VariantConfig
from models.embedding import EmbeddingModel, architecture_of, new_model
from models.embedding_config import (
    BackboneConfig,
    EmbeddingsConfig,
    HerConfig,
    MccConfig,
    MlcConfig,
)
from models.weights import dump_weights, load_weights

BACKBONE = BackboneConfig(name="small_cnn", weights="", widths=(8, 16), stem=4)
SMALL = {"backbone": BACKBONE, "image_side": 24, "crop": 16}


def images(count=3, side=16):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=generator)


def test_the_papers_values_are_the_defaults():
    config = EmbeddingsConfig()
    assert (config.mcc.optimisation.learning_rate, config.mcc.optimisation.batch_size) == (0.06, 288)
    assert (config.her.optimisation.learning_rate, config.her.optimisation.batch_size) == (0.08, 400)
    for method in (config.mcc, config.mlc, config.her):
        assert method.optimisation.optimiser == "sgd"
        assert (method.optimisation.momentum, method.optimisation.weight_decay) == (0.9, 1e-4)
        assert (method.image_side, method.crop, method.mirror) == (300, 224, 0.5)
        assert (method.backbone.name, method.backbone.weights) == ("resnet50", "IMAGENET1K_V1")
    assert (config.mcc.width, config.mcc.targets, config.mlc.prior_bias) == (300, "one", False)
    assert config.of("her") is config.her
    with pytest.raises(ValueError, match="method 'abc': expected one of mcc, mlc, her"):
        config.of("abc")


def test_a_crop_larger_than_the_image_is_refused():
    with pytest.raises(ValidationError, match=r"crop must be at most image_side \(64 px\), found 65 px"):
        MccConfig(image_side=64, crop=65)


@pytest.mark.parametrize(
    ("config", "width", "rows"),
    [(MccConfig(width=5, **SMALL), 5, 7), (MlcConfig(**SMALL), 16, 7), (HerConfig(**SMALL), 11, None)],
)
def test_each_method_has_its_layers(config, width, rows):
    model = new_model(architecture_of(config, 7, 11), seed=0)
    embeddings = model(images())
    assert embeddings.shape == (3, width)
    assert model.embedding_width == width
    if rows is None:
        with pytest.raises(ValueError, match="her has no classifier"):
            model.tag_embeddings()
        return
    weights, biases = model.tag_embeddings()
    assert weights.shape == (rows, width)
    torch.testing.assert_close(model.class_scores(embeddings), embeddings @ weights.T + biases)


def test_her_needs_word_vectors():
    with pytest.raises(ValueError, match="HER regresses to word vectors; none were given"):
        architecture_of(HerConfig(**SMALL), 7, None)


def test_weights_and_architecture_are_enough_to_rebuild():
    architecture = architecture_of(MccConfig(width=5, **SMALL), 7, None)
    model = new_model(architecture, seed=0)
    read_back = type(architecture).model_validate_json(architecture.model_dump_json())
    again = EmbeddingModel(read_back)
    assert not torch.equal(again(images()), model(images()))
    load_weights(again, dump_weights(model))
    assert torch.equal(again(images()), model(images()))


def test_the_seed_decides_the_first_weights_and_leaves_other_draws_alone():
    architecture = architecture_of(MccConfig(width=5, **SMALL), 7, None)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = (dump_weights(new_model(architecture, seed)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert one == same
    assert one != other


def test_a_sigmoid_can_start_at_the_prior():
    model = new_model(architecture_of(MlcConfig(**SMALL), 7, None), seed=0)
    model.start_at_prior(0.01)
    assert torch.sigmoid(model.tag_embeddings()[1]).tolist() == pytest.approx([0.01] * 7)


def test_best_weights_are_chosen_by_a_metric_that_there_is() -> None:
    with pytest.raises(ValidationError, match=r"validation_accuracy_at_1, .* found 'validation_loss'"):
        MccConfig(optimisation=OptimisationConfig(keep="best"))
    chosen = OptimisationConfig(keep="best", select_by="validation_accuracy_at_10")
    assert MccConfig(optimisation=chosen).optimisation.keep == "best"


@pytest.mark.parametrize(
    ("name", "weights", "is_file"),
    [
        ("resnet50", "IMAGENET1K_V1", False),
        ("resnet50", "ResNet50_Weights.IMAGENET1K_V2", False),
        ("resnet50", "", False),
        ("resnet50", "s3://bucket/resnet.pth", True),
        ("small_cnn", "", False),
        ("small_cnn", "/models/backbone", True),
    ],
)
def test_which_weights_are_a_files(name: str, weights: str, is_file: bool) -> None:
    assert BackboneConfig(name=name, weights=weights).starts_from_file is is_file


@pytest.mark.parametrize(
    "weights", ["https://user:pass@host/w.pt", "https://host/w.pt?signature=pass", "simplecache::s3://pass@b/w"]
)
def test_credentials_in_a_path_of_weights_are_refused_and_not_shown(weights: str) -> None:
    for make in (lambda: BackboneConfig(weights=weights), lambda: VariantConfig(initial_weights=weights)):
        with pytest.raises(ValidationError, match="expected none with a user name, password or query") as caught:
            make()
        assert "pass@" not in str(caught.value)
        assert "signature" not in str(caught.value)
