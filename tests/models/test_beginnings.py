"""Where a LocSens training begins: zeroed for a share of the budget, or from weights that are given."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from small_tasks import NETWORK, tag_embeddings, task_of, variant, world

from models.config import LocSensConfig, VariantConfig
from models.locsens import LocSens
from models.locsens_training import LocSensTask
from models.training import fit
from models.weights import UnusableWeightsError, dump_weights, load_weights, save_weights

PLACE = torch.tensor([[10.0, 20.0]])


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Networks this small are slower on several."""


def test_alpha_opens_after_its_share_of_the_one_budget() -> None:
    task = task_of(variant(starts_from="zeroed", zeroed_share=0.25))
    assert [task.alpha_at(step) for step in (0, 9, 10, 39)] == [0.0, 0.0, 1.0, 1.0]
    assert task.config.evaluation_alpha == 1.0
    with pytest.raises(ValidationError, match="starts_from zeroed is for location raw, found dropout"):
        VariantConfig(location="dropout", starts_from="zeroed")


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_until_then_it_is_the_zeroed_training_and_then_it_learns_places(tmp_path: Path, optimiser: str) -> None:
    class Noting(LocSensTask):
        def snapshots(self) -> dict[int, str]:
            return {20: "half"}

    kept = {}
    for name, config in (
        ("zeroed", variant("zeroed", optimisation={"optimiser": optimiser})),
        ("raw", variant("raw", starts_from="zeroed", optimisation={"optimiser": optimiser})),
    ):
        task = Noting(config, tag_embeddings(), world(400, 0), world(120, 1))
        fit(task, config.optimisation, tmp_path / name, lambda _: None, device="cpu")
        kept[name] = (tmp_path / name / "snapshots" / "half.safetensors").read_bytes()
        after = task.module.location_branch.linear.weight
    assert kept["raw"] == kept["zeroed"]
    untouched = task_of(variant()).module
    load_weights(untouched, kept["raw"])
    assert torch.equal(untouched.location_branch.linear.weight, task_of(variant()).module.location_branch.linear.weight)
    assert not torch.equal(after, untouched.location_branch.linear.weight)


def test_weights_that_are_given_are_the_first_ones(tmp_path: Path) -> None:
    before = task_of(variant("zeroed"))
    fit(before, before.config.optimisation, tmp_path / "before", lambda _: None, device="cpu")
    path = tmp_path / "weights.safetensors"
    save_weights(before.module, path)
    task = task_of(variant("raw", initial_weights=str(path)))
    assert dump_weights(task.module) == path.read_bytes()
    assert task_of(variant("raw", initial_weights=path.as_uri())).config.initial_weights == path.as_uri()
    fit(task, task.config.optimisation, tmp_path / "after", lambda _: None, device="cpu")
    assert dump_weights(task.module) != path.read_bytes()
    with pytest.raises(UnusableWeightsError, match=r"none\.safetensors: expected weights to start from, found no file"):
        task_of(variant(initial_weights=str(tmp_path / "none.safetensors")))
    narrow = NETWORK.model_copy(update={"hidden": (32,)})
    with pytest.raises(UnusableWeightsError, match=r"weights\.safetensors do not fit LocSens"):
        task_of(variant(initial_weights=str(path), network=narrow))


@pytest.mark.parametrize("hidden", [0, 24])
def test_fourier_features_know_no_seam_and_one_place_at_a_pole(hidden: int) -> None:
    torch.manual_seed(0)
    config = LocSensConfig.model_validate(
        NETWORK.model_dump() | {"location_encoder": "fourier", "fourier_features": 8, "fourier_hidden": hidden}
    )
    network = LocSens(config)
    assert ("fourier_layer.0.weight" in network.state_dict()) == (hidden > 0)
    assert network.location_branch.linear.in_features == (hidden or 2 * 8 * 5)
    seam = network.location_part(torch.tensor([[10.0, -180.0], [10.0, 180.0], [10.0, 170.0]]))
    torch.testing.assert_close(seam[0], seam[1], atol=1e-4, rtol=0)
    assert not torch.allclose(seam[0], seam[2], atol=1e-3)
    for pole in (90.0, -90.0):
        there = network.location_part(torch.tensor([[pole, 0.0], [pole, 120.0], [pole, -77.0]]))
        torch.testing.assert_close(there, there[:1].expand(3, -1), atol=1e-4, rtol=0)
    raw = LocSens(NETWORK).location_part(torch.tensor([[90.0, 0.0], [90.0, 120.0]]))
    assert not torch.allclose(raw[0], raw[1], atol=1e-4)


def test_a_layer_behind_the_fourier_features_is_learnt(tmp_path: Path) -> None:
    network = NETWORK.model_copy(update={"location_encoder": "fourier", "fourier_features": 8, "fourier_hidden": 24})
    task, fresh = task_of(variant(network=network)), task_of(variant(network=network))
    fit(task, task.config.optimisation, tmp_path, lambda _: None, device="cpu")
    learnt, first = task.module.state_dict(), fresh.module.state_dict()
    assert not torch.equal(learnt["fourier_layer.0.weight"], first["fourier_layer.0.weight"])
