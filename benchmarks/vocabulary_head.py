"""Cost and memory of classifying 100,000 hashtags: the last layer and the loss of MCC and MLC, each in a process."""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from benchmarks.report import Measured, say
from benchmarks.timing import in_a_child, peak_memory, print_figures
from models.devices import bf16_in_hardware
from models.embedding_losses import one_tag_cross_entropy, sigmoid_cross_entropy

VOCABULARY, BATCH = 100_000, 288
TAGS_OF_PHOTO = 4
WIDTHS = {"mcc": 300, "mlc": 2048}
ROUNDS = 5


def measure(work: Path) -> Iterator[Measured]:
    """The classifiers of both methods."""
    del work
    for method, width in WIDTHS.items():
        name = f"{method}: {width} → {VOCABULARY:,}"
        say(f"{name} in a process of its own")
        found = in_a_child("benchmarks.vocabulary_head", method)
        weights = VOCABULARY * width * 4 / 1e6
        note = f"batch of {BATCH}; float32 weights and their gradients are {2 * weights:,.0f} MB of it"
        yield Measured(
            name, "forward", "ms", found["forward"], note=f"batch of {BATCH}; processor and clock are shared"
        )
        yield Measured(name, "backward", "ms", found["backward"])
        yield Measured(name, "processor time, both", "ms", found["cpu"])
        yield Measured(name, "peak memory over an idle process", "MB", found["peak_memory"] - found["idle"], note=note)


def main(method: str) -> None:
    """Classify in this process, which does nothing else, and print what it took."""
    draw = torch.Generator().manual_seed(0)
    idle = peak_memory()
    classifier = nn.Linear(WIDTHS[method], VOCABULARY)
    embeddings = torch.randn(BATCH, WIDTHS[method], generator=draw, requires_grad=True)
    rows = torch.arange(BATCH).repeat_interleave(TAGS_OF_PHOTO)
    tags = torch.rand(BATCH, VOCABULARY, generator=draw).topk(TAGS_OF_PHOTO).indices.flatten()
    forward, backward, cpu = [], [], []
    for _ in range(1 + ROUNDS):
        classifier.zero_grad()
        moments, spent = [time.perf_counter()], time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16_in_hardware(torch.device("cpu"))):
            scores = classifier(embeddings)
            if method == "mcc":
                loss = one_tag_cross_entropy(scores, tags[::TAGS_OF_PHOTO])
            else:
                loss = sigmoid_cross_entropy(scores, rows, tags)
        moments.append(time.perf_counter())
        loss.backward()  # type: ignore[no-untyped-call]
        moments.append(time.perf_counter())
        cpu.append(1e3 * (time.process_time() - spent))
        forward.append(1e3 * (moments[1] - moments[0]))
        backward.append(1e3 * (moments[2] - moments[1]))
    figures = {"forward": forward, "backward": backward, "cpu": cpu}
    print_figures(idle=idle, **{name: statistics.median(times[1:]) for name, times in figures.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
