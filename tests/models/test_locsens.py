"""The network against a plain re-computation, its initial weights, its parts, its fused layer norm."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.config import LocSensConfig, VariantConfig
from models.layers import GroupNormRelu
from models.location import normalise_coordinates
from models.locsens import LocSens, load_locsens
from models.losses import margin_ranking_loss
from models.randomness import generator_for
from models.weights import UnusableWeightsError, dump_config, dump_weights

SMALL = LocSensConfig(
    image_embedding=5, tag_embedding=4, branch_width=6, location_width=6, hidden=(8, 4), norm_groups=2
)


def plain(network: LocSens, images: Tensor, tags: Tensor, places: Tensor, alpha: float) -> Tensor:
    """The paper's network, one step after the other, with torch's own layers."""

    def branch(module: nn.Module, inputs: Tensor) -> Tensor:
        hidden = torch.relu(module.linear(inputs))
        length = hidden.norm(dim=1, keepdim=True)
        return torch.where(length > 0, hidden / length, torch.zeros_like(hidden))

    location = torch.stack(((places[:, 0] + 90) / 180, (places[:, 1] + 180) / 360), dim=1)
    hidden = torch.cat(
        (
            branch(network.image_branch, images / images.norm(dim=1, keepdim=True)),
            branch(network.tag_branch, tags / tags.norm(dim=1, keepdim=True)),
            alpha * branch(network.location_branch, location),
        ),
        dim=1,
    )
    for linear, norm in zip(network.linears, network.norms, strict=True):
        hidden = torch.relu(functional.group_norm(linear(hidden), norm.groups, norm.weight, norm.bias))
    return network.score(hidden).squeeze(1)


def inputs(rows: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(rows, 5), torch.randn(rows, 4), torch.rand(rows, 2) * 100 - 50


@pytest.mark.parametrize("encoder", ["raw", "fourier"])
def test_bf16_leaves_places_as_far_apart_as_they_are(encoder: str) -> None:
    config = SMALL.model_copy(update={"location_encoder": encoder, "location_width": 64, "initial_std": 0.5})
    network = LocSens(config, generator_for(0, "test"))
    places = torch.tensor([[51.5, -0.1], [51.509, -0.1], [51.5, 0.4]])  # London, 1 km and 35 km from there
    exact = network.location_part(places)
    with torch.autocast("cpu", torch.bfloat16):
        found = network.location_part(places)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, exact, rtol=0, atol=0)
    assert (exact[0] - exact[1:]).abs().amax(dim=1).min() > 0


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_forward_is_the_papers(alpha: float) -> None:
    network = LocSens(SMALL.model_copy(update={"initial_std": 0.5}), generator_for(0, "test"))
    for norm in network.norms:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    images, tags, places = inputs()
    found = network(images, tags, places, alpha)
    torch.testing.assert_close(found, plain(network, images, tags, places, alpha))
    blind = bool((network(images, tags, -places, alpha) == found).all())
    assert blind == (alpha == 0.0)


def test_hand_computed_score() -> None:
    config = LocSensConfig(
        image_embedding=1, tag_embedding=1, branch_width=1, location_width=1, hidden=(2,), norm_groups=1
    )
    network = LocSens(config)
    with torch.no_grad():
        for branch in (network.image_branch, network.tag_branch, network.location_branch):
            branch.linear.weight.fill_(1.0)
        network.linears[0].weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]))
        network.linears[0].bias.copy_(torch.tensor([0.5, 0.0]))
        network.score.weight.copy_(torch.tensor([[2.0, 5.0]]))
        network.score.bias.fill_(0.25)
    score = network(torch.tensor([[4.0]]), torch.tensor([[0.1]]), torch.tensor([[0.0, 0.0]]))
    # Representations are 1, 1, 1; fused 6.5 and 0; normed to +-1 (almost); relu 1 and 0; score 2 x 1 + 0.25.
    normed = 3.25 / math.sqrt(3.25**2 + 1e-5)
    assert score.item() == pytest.approx(2 * normed + 0.25, abs=1e-6)
    # A negative image representation is cut to the zero vector, which stays zero: fused 5.5 and 0.
    score = network(torch.tensor([[-4.0]]), torch.tensor([[0.1]]), torch.tensor([[0.0, 0.0]]))
    assert score.item() == pytest.approx(2 * 2.75 / math.sqrt(2.75**2 + 1e-5) + 0.25, abs=1e-6)


def test_parts_add_up() -> None:
    network = LocSens(SMALL.model_copy(update={"initial_std": 0.5}))
    images, tags, places = inputs()
    image, tag = network.image_part(images), network.tag_part(tags)
    place = network.location_part(places, 0.5)
    scores = network.tail(image[:, None] + tag[None, :] + place[None, :])
    assert scores.shape == (7, 7)
    for row in range(7):
        expected = network(images[row : row + 1].expand(7, -1), tags, places, 0.5)
        torch.testing.assert_close(scores[row], expected)
    one_alpha_each = torch.tensor([[0.0], [1.0]])
    parts = network.location_part(places[:2], one_alpha_each)
    torch.testing.assert_close(parts[0], torch.zeros(8))
    torch.testing.assert_close(parts[1:], network.location_part(places[1:2]))


def test_initial_weights_are_the_papers() -> None:
    network = LocSens(LocSensConfig(hidden=(512, 256)), generator_for(5, "initial weights"))
    for name, weight in network.named_parameters():
        if name.startswith("norms"):
            assert bool((weight == (1.0 if name.endswith("weight") else 0.0)).all())
        elif name.endswith("bias"):
            assert bool((weight == 0).all())
        elif weight.numel() > 1000:
            assert float(weight.detach().std()) == pytest.approx(0.01, rel=0.05)
            assert float(weight.detach().mean()) == pytest.approx(0, abs=5e-4)
    again = LocSens(LocSensConfig(hidden=(512, 256)), generator_for(5, "initial weights"))
    assert dump_weights(network) == dump_weights(again)
    paper = LocSens(LocSensConfig())
    assert [linear.weight.shape for linear in paper.linears] == [
        (2048, 900), (2048, 2048), (2048, 2048), (1024, 2048), (512, 1024)
    ]  # fmt: skip
    multiply_adds = sum(w.numel() for n, w in paper.named_parameters() if "norms" not in n and n.endswith("weight"))
    assert multiply_adds == pytest.approx(12.85e6, rel=0.02)


def test_options() -> None:
    images, tags, places = inputs()
    wide = SMALL.model_copy(update={"location_width": 2, "normalise": False, "initial_std": 0.5})
    network = LocSens(wide)
    assert network.linears[0].weight.shape == (8, 14)
    assert not torch.allclose(network.image_branch(torch.ones(1, 5)).norm(), torch.tensor(1.0))
    normed = LocSens(LocSensConfig.model_validate(SMALL.model_dump() | {"branch_norm_groups": 3}))
    assert isinstance(normed.image_branch.activation, GroupNormRelu)
    assert normed(images, tags, places).shape == (7,)
    fourier = LocSens(SMALL.model_copy(update={"location_encoder": "fourier", "fourier_features": 8}))
    seam = fourier.location_part(torch.tensor([[10.0, -180.0], [10.0, 180.0]]))
    torch.testing.assert_close(seam[0], seam[1], atol=1e-5, rtol=0)
    assert "frequencies" not in fourier.state_dict()


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_group_norm_relu_equals_torchs(kind: torch.dtype) -> None:
    torch.manual_seed(0)
    ours, theirs = GroupNormRelu(4, 16), nn.GroupNorm(4, 16)
    with torch.no_grad():
        ours.weight.normal_()
        ours.bias.normal_()
        theirs.weight.copy_(ours.weight)
        theirs.bias.copy_(ours.bias)
    rows = torch.randn(64, 16).to(kind)
    one, other = rows.clone().requires_grad_(), rows.float().requires_grad_()
    weights = torch.randn(64, 16)
    found, expected = ours(one), torch.relu(theirs(other))
    (found.float() * weights).sum().backward()
    (expected * weights).sum().backward()
    assert one.grad is not None
    pairs = [
        (found.float(), expected),
        (one.grad.float(), other.grad),
        (ours.weight.grad, theirs.weight.grad),
        (ours.bias.grad, theirs.bias.grad),
    ]
    tolerance = {"atol": 1e-5, "rtol": 1e-5} if kind == torch.float32 else {"atol": 0.06, "rtol": 0.06}
    for mine, torchs in pairs:
        torch.testing.assert_close(mine, torchs, **tolerance)


def test_gradients_by_finite_differences() -> None:
    layer = GroupNormRelu(2, 8).double()
    rows = torch.randn(5, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (rows,), atol=1e-4)


def test_margin_ranking_loss_by_hand() -> None:
    positive = torch.tensor([1.0, 0.0])
    negatives = torch.tensor([[0.95, 0.5, 2.0], [0.0, -0.2, -0.05]])
    # 0.05, 0, 1.1; 0.1, 0, 0.05: their mean.
    assert margin_ranking_loss(positive, negatives, 0.1).item() == pytest.approx(1.3 / 6)
    with pytest.raises(ValueError, match=r"found \[2\] and \[3, 3\]"):
        margin_ranking_loss(positive, torch.zeros(3, 3), 0.1)


def test_published_files_rebuild_the_network() -> None:
    network = LocSens(SMALL)
    config = dump_config(VariantConfig(network=SMALL))
    again = load_locsens(config, dump_weights(network), "weights.safetensors")
    images, tags, places = inputs()
    assert not again.training
    assert torch.equal(again(images, tags, places), network(images, tags, places))
    other = dump_weights(LocSens(SMALL.model_copy(update={"hidden": (8, 8)})))
    with pytest.raises(UnusableWeightsError, match=r"weights.safetensors do not fit LocSens"):
        load_locsens(config, other, "weights.safetensors")


def test_places_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="every latitude within ±90 degrees, found 91"):
        normalise_coordinates(torch.tensor([0.0, 91.0]), torch.tensor([0.0, 0.0]))
    with pytest.raises(ValueError, match="every longitude within ±180 degrees, found nan"):
        normalise_coordinates(torch.tensor([0.0]), torch.tensor([math.nan]))
