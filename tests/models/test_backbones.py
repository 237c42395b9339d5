import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torchvision import models as vision

from models.backbones import BackboneError, build_backbone
from models.embedding_config import BackboneConfig

SMALL = BackboneConfig(name="small_cnn", weights="", widths=(8, 16), stem=4)


def features(config, side=32, pretrained=False):
    torch.manual_seed(0)
    network, width = build_backbone(config, pretrained=pretrained)
    images = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network.eval()(images), width


def test_the_small_network_gives_its_last_width():
    found, width = features(SMALL)
    assert found.shape == (2, 16)
    assert width == 16


def test_the_small_network_does_not_mix_photos_of_a_batch():
    torch.manual_seed(0)
    network, _ = build_backbone(SMALL, pretrained=False)
    images = torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(network(images)[:1], network(images[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("resnet18", 512),
        ("resnet50", 2048),
        ("mobilenet_v3_small", 1024),
        ("convnext_tiny", 768),
        ("swin_t", 768),
        ("vit_b_16", 768),
    ],
)
def test_torchvision_networks_lose_their_classifier(name, width):
    side = 224 if name == "vit_b_16" else 64
    found, said = features(BackboneConfig(name=name, weights=""), side)
    assert found.shape == (2, width)
    assert said == width


def test_unknown_networks_are_named():
    for name in ("resnet51", "inception_v3", "maskrcnn_resnet50_fpn"):
        with pytest.raises(BackboneError, match=f"backbone '{name}': expected 'small_cnn' or one of"):
            build_backbone(BackboneConfig(name=name, weights=""), pretrained=False)
    with pytest.raises(BackboneError, match="does not end in a linear classifier"):
        build_backbone(BackboneConfig(name="squeezenet1_0", weights=""), pretrained=False)


def test_unknown_weights_are_named_before_anything_is_fetched():
    for weights in ("IMAGENET1K_V9", "ResNet50_Weights.IMAGENET1K_V1"):
        with pytest.raises(BackboneError, match="expected one of IMAGENET1K_V1 or the path of a state dict"):
            build_backbone(BackboneConfig(name="resnet18", weights=weights), pretrained=True)


@pytest.mark.parametrize("weights", ["IMAGENET1K_V1", "ResNet18_Weights.IMAGENET1K_V1"])
def test_torchvision_weights_by_their_enum_name(monkeypatch, weights):
    torch.manual_seed(6)
    published = vision.resnet18(weights=None).state_dict()
    asked = []

    def get_state_dict(member, *args, **options):
        asked.append((member, options["check_hash"]))
        return published

    monkeypatch.setattr(vision.ResNet18_Weights, "get_state_dict", get_state_dict)
    network, width = build_backbone(BackboneConfig(name="resnet18", weights=weights), pretrained=True)
    assert asked == [(vision.ResNet18_Weights.IMAGENET1K_V1, True)]
    assert width == 512
    state = network.state_dict()
    assert state.keys() == {name for name in published if not name.startswith("fc.")}
    assert all(torch.equal(state[name], published[name]) for name in state)


def test_weights_are_not_asked_for_when_trained_ones_follow():
    build_backbone(BackboneConfig(name="resnet18", weights="nowhere/at-all.pt"), pretrained=False)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_state_dict_from_a_path(tmp_path, suffix, whole):
    torch.manual_seed(4)
    network = vision.resnet18(weights=None).eval()
    state = {name: value for name, value in network.state_dict().items() if whole or not name.startswith("fc.")}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save(state, path)
    else:
        save_file(state, path)
    found, _ = features(BackboneConfig(name="resnet18", weights=str(path)), 64, pretrained=True)
    network.fc = torch.nn.Identity()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(found, network(images))


def test_a_state_dict_in_a_store(tmp_path):
    import fsspec

    torch.manual_seed(9)
    network, _ = build_backbone(SMALL, pretrained=False)
    with fsspec.open("memory://weights/small.pt", "wb") as sink:
        torch.save(network.state_dict(), sink)
    config = SMALL.model_copy(update={"weights": "memory://weights/small.pt"})
    again, _ = build_backbone(config, pretrained=True)
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


class Evil:
    def __reduce__(self):
        return (print, ("code that must not run",))


def test_files_that_are_no_state_dict(tmp_path, capsys):
    missing = tmp_path / "missing.pt"
    text = tmp_path / "text.pt"
    text.write_text("not weights")
    code = tmp_path / "code.pt"
    torch.save({"weight": Evil()}, code)
    numbers = tmp_path / "numbers.pt"
    torch.save({"epoch": 3}, numbers)
    other = tmp_path / "other.pt"
    torch.save(vision.resnet34(weights=None).state_dict(), other)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\0" * 20)
    for path, sentence in (
        (missing, "there is no file"),
        (text, "is no state dict that can be read"),
        (code, "is no state dict that can be read"),
        (broken, "is no state dict that can be read"),
        (numbers, "holds something else than a plain state dict"),
        (other, "do not fit backbone 'resnet18'"),
    ):
        with pytest.raises(BackboneError, match=sentence):
            build_backbone(BackboneConfig(name="resnet18", weights=str(path)), pretrained=True)
    assert "code that must not run" not in capsys.readouterr().out


def test_impossible_widths_are_refused():
    with pytest.raises(ValidationError, match="multiples of 8"):
        BackboneConfig(name="small_cnn", widths=(12,))
    with pytest.raises(ValidationError, match="widths"):
        BackboneConfig(name="small_cnn", widths=())
