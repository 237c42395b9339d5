"""The re-creation learns what we learn, so that it is fair to compare with it."""

import random

import pytest
import torch

from benchmarks.photos import MOST_TAGS, WIDTH, made_up
from benchmarks.released import ReleasedDataset, ReleasedLocSens, ReleasedTraining, released_ranking
from models.config import LocSensConfig
from models.location import normalise_coordinates
from models.locsens import LocSens
from models.losses import margin_ranking_loss
from models.members import member_scores
from models.ranking import parts, rank_locsens_tags
from models.triplets import TripletSampler

HIDDEN = (64, 32)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def world():
    return made_up(300, 50)


@pytest.fixture(scope="module")
def networks():
    """Ours, and the re-creation with the same weights."""
    network = LocSens(LocSensConfig(hidden=HIDDEN, norm_groups=8, initial_std=0.1))
    same = ReleasedLocSens(WIDTH, HIDDEN, 8)
    with torch.no_grad():
        for mine, other in zip(network.parameters(), same.parameters(), strict=True):
            other.copy_(mine)
    return network, same


def test_loss_and_gradients_of_a_step_are_ours(world, networks):
    network, same = networks
    photos = world.photos
    triplets = TripletSampler(photos.tagged, 6, "image", seed=0).draw(32, 0)
    locations = normalise_coordinates(*photos.places.unbind(1))[triplets.photos]
    positive, negatives = member_scores(network, photos.images, world.tags, triplets, locations.unsqueeze(1), 1.0)
    ours = margin_ranking_loss(positive, negatives, 0.1)
    ours.backward()
    images = torch.nn.functional.normalize(photos.images.float())
    batch = (
        images[triplets.photos],
        torch.nn.functional.normalize(world.tags)[triplets.tags],
        locations,
        images[triplets.negative_photos],
    )
    theirs = ReleasedTraining(same, ReleasedDataset(world, 6), 32, CPU, workers=0).loss(batch)
    theirs.backward()
    torch.testing.assert_close(theirs, ours)
    for mine, other in zip(network.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(other.grad, mine.grad, atol=1e-6, rtol=1e-3)
    together = ReleasedTraining(same, ReleasedDataset(world, 6), 32, CPU, workers=0, together=True).loss(batch)
    torch.testing.assert_close(together, ours, atol=5e-3, rtol=0)


def test_a_step_learns(world):
    torch.manual_seed(0)
    random.seed(0)
    training = ReleasedTraining(ReleasedLocSens(WIDTH, HIDDEN, 8), ReleasedDataset(world, 6), 300, CPU, workers=0)
    (batch,) = training.batches()
    before = training.loss(batch).item()
    for _ in range(30):
        training.step(batch)
    assert before == pytest.approx(0.1, abs=0.01)
    assert training.loss(batch).item() < 0.9 * before


def test_negatives_do_not_carry_the_hashtag(world):
    dataset = ReleasedDataset(world, 6)
    tagged = world.photos.tagged
    for photo in range(0, 300, 20):
        tag, others = dataset.draw(photo)
        assert tag in dataset.tags_of[photo]
        assert len(others) == 6
        assert not tagged.carries(torch.tensor(others), torch.full((6,), tag)).any()


def test_the_ranking_is_ours(world, networks):
    network, same = networks
    image, place = world.photos.images[3].float(), world.photos.places[3]
    found = rank_locsens_tags(network, image[None], place[None], parts(network.tag_part, world.tags), 10)
    unit = torch.nn.functional.normalize
    location = normalise_coordinates(*place[:, None])
    positions = released_ranking(same, unit(image[None]), unit(world.tags), location, 10)
    assert found.positions[0].tolist() == positions.tolist()


def test_made_up_photos_have_tags_as_the_papers(world):
    counts = world.photos.tagged.tags_per_photo
    assert 1 <= int(counts.min()) <= int(counts.max()) <= MOST_TAGS
    assert world.photos.tagged.vocabulary == 50
    assert world.photos.images.dtype == torch.float16
