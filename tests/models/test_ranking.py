import numpy as np
import pytest
import torch

from benchmarks.photos import made_up
from models import ranking
from models.config import LocSensConfig, OptimisationConfig, VariantConfig
from models.locsens import LocSens
from models.locsens_training import LocSensTask
from models.ranking import parts, rank_by_dot, rank_locsens_images, rank_locsens_tags
from models.topk import Ranking
from models.training import fit

QUERIES, CANDIDATES = 3, 150


def random(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def places(seed, count):
    drawn = torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (drawn - 0.5) * torch.tensor([180.0, 360.0], dtype=torch.float64)


@pytest.fixture(scope="module")
def network():
    config = LocSensConfig(
        image_embedding=24,
        tag_embedding=16,
        branch_width=32,
        location_width=32,
        hidden=(64, 64, 32),
        norm_groups=8,
        initial_std=0.3,
    )
    return LocSens(config, torch.Generator().manual_seed(0)).eval()


def plain_loop(network, images, tags, where, alpha=1.0):
    """Scores of every image and hashtag pair, one forward for each: [images, tags]."""
    with torch.inference_mode():
        return torch.tensor(
            [
                [network(image[None], tag[None], place[None], alpha).item() for tag in tags]
                for image, place in zip(images, where, strict=True)
            ]
        )


def assert_same_top(found: Ranking, scores: torch.Tensor, k: int, gap: float = 1e-5) -> None:
    """Same candidates in the same order, but for those whose scores are nearer than `gap`."""
    assert found.positions.shape == (len(scores), k)
    for row, (values, positions) in enumerate(zip(*found, strict=True)):
        best = scores[row].sort(descending=True, stable=True)
        torch.testing.assert_close(values[:k], best.values[:k], atol=gap, rtol=0)
        torch.testing.assert_close(scores[row][positions[:k]], best.values[:k], atol=gap, rtol=0)
        assert len(set(positions.tolist())) == k


@pytest.mark.parametrize(("query_block", "candidate_block"), [(1024, 16384), (2, 7), (3, 150)])
def test_dot_product_like_a_plain_loop(query_block, candidate_block):
    queries, candidates, bias = random(1, QUERIES, 12), random(2, CANDIDATES, 12), random(3, CANDIDATES)
    found = rank_by_dot(queries, candidates, 50, bias, query_block=query_block, candidate_block=candidate_block)
    scores = torch.tensor(
        [
            [float(np.dot(query, one)) + add for one, add in zip(candidates.numpy(), bias.tolist(), strict=True)]
            for query in queries.numpy()
        ]
    )
    assert_same_top(found, scores, 50)


def test_equal_scores_are_ordered_by_candidate():
    candidates = torch.ones(500, 2)
    found = rank_by_dot(torch.ones(1, 2), candidates, 20, candidate_block=64)
    assert found.positions.tolist() == [list(range(20))]


def test_fewer_candidates_than_asked_for():
    found = rank_by_dot(random(1, 3, 4), random(2, 5, 4), 10)
    assert found.positions.shape == (3, 5)
    assert found.positions.sort().values.tolist() == [[0, 1, 2, 3, 4]] * 3


def test_no_queries_give_an_empty_ranking():
    found = rank_by_dot(torch.zeros(0, 4), random(2, 5, 4), 3)
    assert found.scores.shape == (0, 3)
    assert found.positions.dtype == torch.int64


def test_what_cannot_be_ranked_says_why():
    with pytest.raises(ValueError, match="2 queries: expected candidates to rank, found none"):
        rank_by_dot(torch.zeros(2, 4), torch.zeros(0, 4), 3)
    with pytest.raises(ValueError, match="expected at least 1, found 0"):
        rank_by_dot(torch.zeros(2, 4), torch.zeros(5, 4), 0)
    with pytest.raises(ValueError, match="width 4 cannot be compared with candidates of width 3"):
        rank_by_dot(torch.zeros(2, 4), torch.zeros(5, 3), 1)


@pytest.fixture(scope="module")
def image_scores(network):
    """Scores of every image for three queries, pair by pair: [queries, images]."""
    images, tags, where = random(1, CANDIDATES, 24), random(2, QUERIES, 16), places(3, QUERIES)
    columns = [
        plain_loop(network, images, tag[None], place.expand(CANDIDATES, 2)).flatten()
        for tag, place in zip(tags, where, strict=True)
    ]
    return torch.stack(columns)


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("pair_block", [None, 64, 1000])
def test_locsens_images_like_a_plain_loop(network, image_scores, bf16, pair_block):
    images, tags, where = random(1, CANDIDATES, 24), random(2, QUERIES, 16), places(3, QUERIES)
    image_parts = parts(network.image_part, images)
    found = rank_locsens_images(network, tags, where, image_parts, 10, pair_block=pair_block, bf16=bf16)
    assert_same_top(found, image_scores, 10)


@pytest.mark.parametrize("bf16", [False, True])
def test_locsens_tags_like_a_plain_loop(network, bf16):
    images, tags, where = random(1, 3, 24), random(2, CANDIDATES, 16), places(3, 3)
    found = rank_locsens_tags(network, images, where, parts(network.tag_part, tags), 10, bf16=bf16)
    assert_same_top(found, plain_loop(network, images, tags, where), 10)


def test_without_a_place_the_location_is_zeroed(network):
    images, tags = random(1, 3, 24), random(2, 40, 16)
    found = rank_locsens_tags(network, images, None, parts(network.tag_part, tags), 5)
    assert_same_top(found, plain_loop(network, images, tags, places(4, 3), alpha=0.0), 5)


def test_a_place_changes_the_order(network):
    tag, image_parts = random(2, 1, 16), parts(network.image_part, random(1, CANDIDATES, 24))
    here = rank_locsens_images(network, tag, torch.tensor([[-60.0, -150.0]]), image_parts, 50)
    there = rank_locsens_images(network, tag, torch.tensor([[60.0, 150.0]]), image_parts, 50)
    assert here.positions.tolist() != there.positions.tolist()


def test_a_doubtful_short_list_is_ranked_again_in_full(network, monkeypatch):
    """Scores nearer to each other than bf16 can tell: only the fallback finds the right order."""
    image = random(1, 1, 24)
    images = image + 1e-4 * random(5, 3000, 24)
    image_parts = parts(network.image_part, images)
    tags, where = random(2, 2, 16), places(3, 2)
    verdicts = []
    judge = ranking._certain
    monkeypatch.setattr(ranking, "_certain", lambda *given: verdicts.append(judge(*given)) or verdicts[-1])
    exact = rank_locsens_images(network, tags, where, image_parts, 10, bf16=False)
    found = rank_locsens_images(network, tags, where, image_parts, 10, bf16=True)
    assert [len(verdict) for verdict in verdicts] == [2, 2], "a longer short list was tried, too"
    assert not verdicts[0].any()
    assert not verdicts[1].any()
    torch.testing.assert_close(found.scores, exact.scores, atol=1e-5, rtol=0)


def test_broken_embeddings_are_refused(network):
    images = random(1, 200, 24)
    images[3, 0] = float("nan")
    with pytest.raises(ValueError, match="expected finite numbers, found NaN"):
        rank_locsens_images(network, random(2, 1, 16), None, parts(network.image_part, images), 5)


@pytest.mark.slow
@pytest.mark.parametrize("side", ["images", "tags"])
def test_a_trained_network_of_the_papers_width_ranks_like_a_plain_loop(side, tmp_path):
    world = made_up(5_000, 5_000)
    optimisation = OptimisationConfig(steps=30, batch_size=128, optimiser="adamw", learning_rate=1e-3)
    task = LocSensTask(VariantConfig(optimisation=optimisation), world.tags, world.photos, None)
    fit(task, optimisation, tmp_path, lambda _: None)
    network, images = task.module, world.photos.images.float()
    chosen = slice(0, 5_000, 1_250)
    where = world.photos.places[chosen]
    if side == "images":
        queries = world.tags[chosen]
        found = rank_locsens_images(network, queries, where, parts(network.image_part, images), 10, bf16=True)
        pairs = [(images, query.expand(len(images), -1)) for query in queries]
    else:
        queries = images[chosen]
        found = rank_locsens_tags(network, queries, where, parts(network.tag_part, world.tags), 10, bf16=True)
        pairs = [(query.expand(len(world.tags), -1), world.tags) for query in queries]
    with torch.inference_mode():
        scores = [
            torch.cat([network(*some, place.expand(500, 2)) for some in zip(*map(split, pair), strict=True)])
            for pair, place in zip(pairs, where, strict=True)
        ]
    assert_same_top(found, torch.stack(scores), 10)


def split(rows):
    return rows.split(500)
