"""The sampler of triplets over as many photos as YFCC100M leaves: memory, time of a draw, and that draws are right."""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from benchmarks.photos import TAGS_OF_PHOTO, tag_pairs
from benchmarks.report import Measured, say
from benchmarks.timing import forget_peak_memory, in_a_child, print_figures
from models.tagged_photos import TaggedPhotos
from models.triplets import TripletSampler

PHOTOS, VOCABULARY = 25_000_000, 100_000
ANCHORS, NEGATIVES = 1024, 6
DRAWS = 20

Replaces = Literal["image", "image_or_tag"]


def measure(work: Path) -> Iterator[Measured]:
    """Both kinds of negatives, each in a process of its own."""
    del work
    for replaces in get_args(Replaces):
        say(f"{PHOTOS:,} photos, negatives replace {replaces}, in a process of its own")
        found = in_a_child("benchmarks.triplets", replaces, str(PHOTOS))
        name, pairs = f"sampler, {replaces}", found["pairs"]
        note = f"{PHOTOS:,} photos with {pairs / PHOTOS:.2f} of {VOCABULARY:,} hashtags each ({TAGS_OF_PHOTO} drawn)"
        yield Measured(name, "peak memory of a process that builds it", "MB", found["peak_memory"], note=note)
        yield Measured(name, "memory kept", "MB", found["kept"], note=f"{found['kept'] * 1e6 / pairs:.0f} bytes a pair")
        yield Measured(name, "building", "s", found["building"])
        note = f"{DRAWS} draws, none of whose negatives carries what it must not"
        yield Measured(name, f"draw of {ANCHORS} anchors with {NEGATIVES} negatives", "ms", found["draw"], note=note)


def main(replaces: Replaces, photos: str) -> None:
    """Build a sampler in this process and draw from it; print what it took.

    Raises:
        AssertionError: A negative carries the hashtag, or is on the photo.
    """
    rows, ids = tag_pairs(np.random.default_rng(0), int(photos), VOCABULARY)
    offsets = torch.from_numpy(np.concatenate(([0], np.bincount(rows, minlength=int(photos)).cumsum())))
    tag_ids = torch.from_numpy(ids)
    del rows
    forget_peak_memory()
    start = time.perf_counter()
    tagged = TaggedPhotos(offsets, tag_ids, VOCABULARY)
    sampler = TripletSampler(tagged, NEGATIVES, replaces, seed=0)
    building = time.perf_counter() - start
    times = []
    for step in range(DRAWS):
        start = time.perf_counter()
        drawn = sampler.draw(ANCHORS, step)
        times.append(1e3 * (time.perf_counter() - start))
        assert tagged.carries(drawn.photos, drawn.tags).all()
        wrong_photo = tagged.carries(drawn.negative_photos, drawn.tags.unsqueeze(1).expand(-1, NEGATIVES))
        wrong_tag = tagged.carries(drawn.photos.unsqueeze(1).expand(-1, NEGATIVES), drawn.negative_tags)
        assert not torch.where(drawn.image_replaced, wrong_photo, wrong_tag).any()
    kept = sum(value.nbytes for value in vars(tagged).values() if isinstance(value, torch.Tensor)) / 1e6
    print_figures(pairs=len(tag_ids), building=building, draw=statistics.median(times), kept=kept)


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]  # the two words that `measure` gives
