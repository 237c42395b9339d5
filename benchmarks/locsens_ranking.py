"""Ranking 100,000 hashtags for images, and images for hashtags, against the released way, with a trained network.

The released way scores one image against all hashtags in one float32 forward. With random weights scores lie otherwise
than with trained ones, and with them the share of queries for which bf16 is not enough.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn.functional import normalize

from assets.base.settings import load_settings
from benchmarks.devices import wait_for
from benchmarks.photos import WIDTH, MadeUp, made_up
from benchmarks.released import ReleasedLocSens, released_ranking
from benchmarks.report import Measured, say
from benchmarks.timing import Cost, cost_of, median_and_spread, ratios
from models import ranking
from models.config import OptimisationConfig, VariantConfig
from models.devices import bf16_in_hardware, choose_device
from models.location import normalise_coordinates
from models.locsens import LocSens
from models.locsens_training import LocSensTask
from models.ranking import parts, rank_locsens_images, rank_locsens_tags
from models.topk import Ranking
from models.training import fit

CANDIDATES = 100_000
DEPTH = 50  # of published rankings
ROUNDS = 3
STEPS = 40
TARGET, GPU_TARGET, FP32_TARGET = 2.5, 20.0, 1.0


def trained(world: MadeUp, device: torch.device) -> LocSens:
    """A network of the paper's size after some steps."""
    optimisation = OptimisationConfig(
        steps=STEPS, log_every=STEPS, optimiser="adamw", learning_rate=1e-3, batch_size=512
    )
    task = LocSensTask(VariantConfig(optimisation=optimisation), world.tags, world.photos, None)
    with TemporaryDirectory() as scratch:
        fit(task, optimisation, Path(scratch), say, device=str(device))
    return task.module.to(device)


def measure(work: Path) -> Iterator[Measured]:
    """Ranking's targets."""
    del work
    device = choose_device(load_settings().device)
    gpu = device.type == "cuda"
    queries, released_queries = (1_000, 20) if gpu else (8, 1)
    world = made_up(CANDIDATES, CANDIDATES)
    say(f"training {STEPS} steps on {device}")
    network = trained(world, device)
    same = ReleasedLocSens(WIDTH).to(device)
    with torch.no_grad():
        for mine, other in zip(network.parameters(), same.parameters(), strict=True):
            other.copy_(mine)
    target = GPU_TARGET if gpu else TARGET if bf16_in_hardware(device) else FP32_TARGET
    images, tags = world.photos.images.float().to(device), world.tags.to(device)
    places = world.photos.places.to(device)
    unit_images, unit_tags = normalize(images), normalize(tags)
    locations = normalise_coordinates(*places.unbind(1))

    def tags_released(query: int) -> Tensor:
        return released_ranking(same, unit_images[query, None], unit_tags, locations[query, None], DEPTH)

    def images_released(query: int) -> Tensor:
        return released_ranking(same, unit_images, unit_tags[query, None], locations[query, None], DEPTH)

    rank_tags = partial(rank_locsens_tags, network, images[:queries], places[:queries])
    rank_images = partial(rank_locsens_images, network, tags[:queries], places[:queries])
    for name, theirs, contribution, candidates, rank in (
        ("hashtags for an image", tags_released, network.tag_part, tags, rank_tags),
        ("images for a hashtag", images_released, network.image_part, images, rank_images),
    ):
        say(f"{name}: {ROUNDS} rounds")
        kept: dict[str, Tensor] = {}
        for _ in range(2):  # the first one warms up
            prepared = _timed(device, lambda: kept.update(part=parts(contribution, candidates)))  # noqa: B023
        yield from _side_by_side(
            f"{CANDIDATES:,} {name}",
            partial(_each, theirs, released_queries),
            partial(rank, kept["part"], DEPTH),
            (released_queries, queries),
            device,
            target,
            f"the candidates' part of the first layer, kept for all queries: {prepared.wall:.1f} s",
        )


def _side_by_side(
    name: str,
    theirs: Callable[[], object],
    ours: Callable[[], Ranking],
    queries: tuple[int, int],
    device: torch.device,
    target: float,
    note: str,
) -> Iterator[Measured]:
    costs: tuple[list[float], list[float]] = ([], [])
    verdicts: list[Tensor] = []
    judge = ranking._certain

    def noted(rough: Tensor, exact: Tensor, best: Tensor, depth: int) -> Tensor:
        verdicts.append(judge(rough, exact, best, depth))
        return verdicts[-1]

    theirs()
    ours()
    for _ in range(ROUNDS):
        verdicts.clear()
        costs[0].append(_timed(device, theirs).wall / queries[0])
        with patch.object(ranking, "_certain", noted):
            costs[1].append(_timed(device, ours).wall / queries[1])
    for way, each in zip(("released way", "ours"), costs, strict=True):
        median, spread = median_and_spread([1e3 * wall for wall in each])
        yield Measured(name, f"{way}, wall time of a query", "ms", median, None, "lower", spread)
    median, spread = median_and_spread(ratios(*costs))
    yield Measured(name, "rate over the released way", "times", median, target, "higher", spread, note)
    doubtful = [100 * int((~verdict).sum()) / queries[1] for verdict in verdicts] or [0.0, 0.0]
    said = f"of {queries[1]} queries, after {STEPS} steps of training"
    yield Measured(name, "queries that need a longer short list", "%", doubtful[0], note=said)
    full = doubtful[1] if len(doubtful) > 1 else 0.0
    yield Measured(name, "queries ranked again in float32", "%", full, note=said)


def _each(work: Callable[[int], object], queries: int) -> None:
    for query in range(queries):
        work(query)


def _timed(device: torch.device, work: Callable[[], object]) -> Cost:
    def whole() -> None:
        work()
        wait_for(device)

    return cost_of(whole)
