"""Training LocSens: shared work changes no score, each variant treats locations its way, it learns."""

from pathlib import Path

import pytest
import torch
from small_tasks import NETWORK, WIDTH, tag_embeddings, task_of, variant, world
from torch import Tensor

from models.config import DropoutSchedule
from models.location import normalise_coordinates
from models.locsens import LocSens
from models.locsens_training import LocSensTask
from models.losses import margin_ranking_loss
from models.members import LocSensPhotos, member_scores
from models.share import WHOLE, Share
from models.training import SNAPSHOTS, fit
from models.triplets import Triplets, TripletSampler
from models.weights import dump_weights


@pytest.mark.parametrize("replaces", ["image", "image_or_tag"])
@pytest.mark.parametrize("own_places", [False, True])
def test_sharing_work_changes_no_score(replaces: str, own_places: bool) -> None:
    photos, tags = world(50, 3), tag_embeddings()
    config = NETWORK.model_copy(update={"image_embedding": WIDTH, "tag_embedding": WIDTH, "initial_std": 0.3})
    network = LocSens(config)
    for norm in network.norms:
        torch.nn.init.normal_(norm.weight)
    triplets = TripletSampler(photos.tagged, 6, replaces, seed=0).draw(20, 0)
    locations = normalise_coordinates(photos.places[:, 0], photos.places[:, 1])[triplets.photos].unsqueeze(1)
    if own_places:
        locations = torch.rand(20, 7, 2)
    alpha: float | Tensor = 0.7 if own_places else torch.rand(20, 1, 1)
    positive, negatives = member_scores(network, photos.images, tags, triplets, locations, alpha)
    everyone = locations.expand(20, 7, 2)
    scale = alpha if isinstance(alpha, float) else alpha.expand(20, 7, 1).reshape(-1, 1)
    images = torch.cat((triplets.photos.unsqueeze(1), triplets.negative_photos), dim=1).flatten()
    words = torch.cat((triplets.tags.unsqueeze(1), triplets.negative_tags), dim=1).flatten()
    pre = network.image_part(photos.images[images]) + network.tag_part(tags[words])
    plain = network.tail(pre + network.normalised_location_part(everyone.reshape(-1, 2), scale)).view(20, 7)
    torch.testing.assert_close(positive, plain[:, 0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(negatives, plain[:, 1:], atol=1e-5, rtol=1e-4)


def test_loss_is_the_margin_ranking_loss_of_the_steps_triplets() -> None:
    task = task_of(variant())
    photos = world(400, 0)
    triplets = TripletSampler(photos.tagged, 6, "image", seed=2).draw(64, 7)
    places = photos.places[triplets.photos]
    tags, network = tag_embeddings(), task.module
    positive = network(photos.images[triplets.photos], tags[triplets.tags], places)
    negatives = torch.stack(
        [network(photos.images[triplets.negative_photos[:, m]], tags[triplets.tags], places) for m in range(6)],
        dim=1,
    )
    expected = margin_ranking_loss(positive, negatives, 0.1)
    torch.testing.assert_close(task.loss(task.batch(7), 7), expected)
    again, later = task.loss(task.batch(7), 7), task.loss(task.batch(8), 8)
    assert again.item() == task.loss(task.batch(7), 7).item() != later.item()


def locations_of(task: LocSensTask, step: int) -> tuple[Tensor, float | Tensor]:
    task.loss(task.batch(step), step)
    ones = torch.arange(64)
    return task._members_locations(Triplets(ones, ones, ones, ones, ones), step)


def test_locations_are_treated_as_the_variant_says() -> None:
    raw = locations_of(task_of(variant("raw")), 3)
    assert raw[0].shape == (64, 1, 2)
    assert raw[1] == 1.0
    assert locations_of(task_of(variant("zeroed")), 3)[1] == 0.0
    sampling = task_of(variant("sampling"))
    wide, narrow = locations_of(sampling, 0)[0], locations_of(sampling, 30)[0]
    assert wide.shape == narrow.shape == (64, 7, 2)
    assert float((narrow - raw[0]).abs().median()) < 0.02
    assert float((wide - raw[0]).abs().median()) > 0.1
    assert torch.equal(locations_of(sampling, 39)[0], raw[0])
    dropout = task_of(variant("dropout", dropout=DropoutSchedule(opens_at=0.5, full_at=0.75)))
    assert locations_of(dropout, 19)[1] == 0.0
    alphas = locations_of(dropout, 24)[1]
    assert isinstance(alphas, Tensor)
    assert set(alphas.flatten().tolist()) == {0.0, 0.5}
    assert 0.3 < float((alphas > 0).float().mean()) < 0.7


def test_zeroed_never_learns_from_places(tmp_path: Path) -> None:
    task = task_of(variant("zeroed"))
    before = task.module.location_branch.linear.weight.clone()
    fit(task, task.config.optimisation, tmp_path, print, device="cpu")
    assert torch.equal(task.module.location_branch.linear.weight, before)
    assert not torch.equal(
        task.module.image_branch.linear.weight, task_of(variant("zeroed")).module.image_branch.linear.weight
    )


@pytest.mark.parametrize(
    ("location", "task", "metric"),
    [("raw", "retrieval", "precision_at_10"), ("raw", "tagging", "accuracy_at_10")],
)
def test_learns(tmp_path: Path, location: str, task: str, metric: str) -> None:
    trained = task_of(variant(location, task, optimisation={"steps": 250, "validate_every": 25}))
    curve = fit(trained, trained.config.optimisation, tmp_path, print, device="cpu")
    rows = curve.table().to_pydict()
    assert rows["loss"][-1] < 0.4 * rows["loss"][0]
    measured = [value for value in rows[metric] if value is not None]
    assert measured[-1] > 60
    assert curve.last()["triplet_accuracy"] > 90
    assert set(curve.last()) >= {"validation_loss", "triplet_accuracy", metric}


def test_places_help_where_hashtags_are_local(tmp_path: Path) -> None:
    accuracy = {}
    for location in ("zeroed", "raw"):
        task = task_of(variant(location, optimisation={"steps": 250, "validate_every": 250}))
        curve = fit(task, task.config.optimisation, tmp_path / location, print, device="cpu")
        accuracy[location] = curve.last()["triplet_accuracy"]
    assert accuracy["raw"] > accuracy["zeroed"] - 1
    blind = task_of(variant("zeroed")).module
    assert bool((blind.location_part(torch.tensor([[10.0, 20.0]]), 0.0) == 0).all())


@pytest.mark.parametrize(
    ("location", "kind"), [("sampling", "retrieval"), ("dropout", "retrieval"), ("raw", "tagging")]
)
def test_resumed_variant_equals_undisturbed(tmp_path: Path, location: str, kind: str) -> None:
    class StoppedError(Exception):
        pass

    class Stopping(LocSensTask):
        def loss(self, batch: Tensor, step: int, share: Share = WHOLE) -> Tensor:
            if step == 25:
                raise StoppedError
            return super().loss(batch, step, share)

    config = variant(location, kind, optimisation={"precision": "bf16"})
    whole, again = task_of(config), task_of(config)
    fit(whole, config.optimisation, tmp_path / "whole", print, device="cpu")
    cut = Stopping(config, tag_embeddings(), world(400, 0), world(120, 1))
    with pytest.raises(StoppedError):
        fit(cut, config.optimisation, tmp_path / "cut", print, device="cpu")
    fit(again, config.optimisation, tmp_path / "cut", print, device="cpu")
    assert dump_weights(again.module) == dump_weights(whole.module)
    names = [f"sigma_{sigma}.safetensors" for sigma in ("0", "0.01", "0.05", "0.1", "1")]
    for run in ("whole", "cut"):
        folder = tmp_path / run / SNAPSHOTS
        found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        assert found == (sorted(names) if location == "sampling" else [])
    if location == "sampling":
        final = (tmp_path / "whole" / SNAPSHOTS / "sigma_0.safetensors").read_bytes()
        assert final == dump_weights(whole.module)
        assert final != (tmp_path / "whole" / SNAPSHOTS / "sigma_0.01.safetensors").read_bytes()


def test_bf16_ends_near_fp32(tmp_path: Path) -> None:
    last = {}
    for precision in ("fp32", "bf16"):
        task = task_of(
            variant(optimisation={"steps": 120, "precision": precision, "validate_every": 120, "schedule": "cosine"})
        )
        last[precision] = fit(task, task.config.optimisation, tmp_path / precision, print, device="cpu").last()
    # As the description of `OptimisationConfig.precision` says.
    assert last["bf16"]["validation_loss"] == pytest.approx(last["fp32"]["validation_loss"], rel=0.1)
    assert last["bf16"]["triplet_accuracy"] == pytest.approx(last["fp32"]["triplet_accuracy"], abs=3)
    assert last["bf16"]["precision_at_10"] == pytest.approx(last["fp32"]["precision_at_10"], abs=5)
    assert last["fp32"]["precision_at_10"] > 40


def test_validation_is_fixed_and_may_be_absent(tmp_path: Path) -> None:
    task = task_of(variant())
    task.module.eval()
    with torch.no_grad():
        assert task.validate() == task.validate()
    alone = LocSensTask(variant(), tag_embeddings(), world(400, 0), None)
    assert fit(alone, alone.config.optimisation, tmp_path, print, device="cpu").table().column_names == [
        "step",
        "loss",
        "learning_rate",
    ]


def test_validation_photos_without_negatives_are_told(tmp_path: Path) -> None:
    task = LocSensTask(variant(), tag_embeddings(), world(400, 0), world(1, 1))
    assert task.left_out[0].startswith("there will be no validation metrics: no anchor has a negative: 2 hashtags")
    assert "validation_loss" not in fit(task, task.config.optimisation, tmp_path, print, device="cpu").last()


def test_parts_that_do_not_fit_are_refused() -> None:
    photos = world(50, 0)
    with pytest.raises(ValueError, match="found 49, 50 and 50"):
        LocSensPhotos(photos.images[1:], photos.tagged, photos.places)
    with pytest.raises(ValueError, match="expected embeddings of 12 hashtags, found 11"):
        LocSensTask(variant(), tag_embeddings()[1:], photos, None)
