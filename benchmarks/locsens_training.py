"""LocSens' training at the paper's size against the released step, re-created, on the device that the settings name.

`LOCSENS_DEVICE=cuda make bench BENCH="locsens_training locsens_ranking"` measures a GPU, where the target is another.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from assets.base.cores import available_cores
from assets.base.settings import load_settings
from benchmarks.devices import wait_for
from benchmarks.photos import MadeUp, made_up
from benchmarks.released import HIDDEN, ReleasedDataset, ReleasedLocSens, ReleasedTraining
from benchmarks.report import Measured, say
from benchmarks.timing import median_and_spread, ratios
from models.config import DropoutSchedule, OptimisationConfig, VariantConfig
from models.devices import bf16_in_hardware, choose_device
from models.locsens_training import LocSensTask
from models.share import WHOLE, Share
from models.training import fit

PHOTOS, VOCABULARY = 200_000, 100_000
ANCHORS, NEGATIVES = 1024, 6
ROUNDS = 3
TARGET, GPU_TARGET, FP32_TARGET = 2.5, 20.0, 1.0
_WARM = 2  # steps of each round that are not timed
_PRODUCTS = 5  # of each kind and round
_OPEN = DropoutSchedule(opens_at=0, full_at=0)
VARIANTS = {
    "raw": VariantConfig(),
    "zeroed": VariantConfig(location="zeroed"),
    "dropout": VariantConfig(location="dropout", dropout=_OPEN),
    "sampling": VariantConfig(location="sampling", sigmas=(0.1,)),
    "image_or_tag": VariantConfig(negatives="image_or_tag"),
}
_RELEASED = "released step, re-created"
_TOGETHER = "one bf16 forward for all seven"


@dataclass(frozen=True)
class Pace:
    """How fast a training was: anchors a second, and processor time of a step in milliseconds."""

    rate: float
    cpu: float


class Clock:
    """Times steps between two moments at which the device has done all that it was asked for."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._wall = self._cpu = 0.0

    def start(self) -> None:
        """The first moment."""
        self._wall, self._cpu = self._now()

    def stop(self, steps: int) -> Pace:
        """The second."""
        wall, cpu = self._now()
        return Pace(steps * ANCHORS / (wall - self._wall), (cpu - self._cpu) / steps * 1e3)

    def _now(self) -> tuple[float, float]:
        wait_for(self._device)
        return time.perf_counter(), time.process_time()


class TimedTask(LocSensTask):
    """Our training, timed from step `_WARM` to its last."""

    pace: Pace
    clock: Clock

    def loss(self, batch: Any, step: int, share: Share = WHOLE) -> Tensor:
        """The loss; starts the clock."""
        if step == _WARM:
            self.clock.start()
        return super().loss(batch, step, share)

    def validate(self) -> dict[str, float]:
        """Stops the clock: it is asked after the last step."""
        self.pace = self.clock.stop(self.config.optimisation.steps - _WARM)
        return {}


def ours(world: MadeUp, variant: VariantConfig, precision: str, steps: int, device: torch.device) -> Pace:
    """Some steps of `fit`."""
    optimisation = OptimisationConfig.model_validate(
        {"steps": _WARM + steps, "batch_size": ANCHORS, "learning_rate": 0.005, "precision": precision}
    )
    task = TimedTask(variant.model_copy(update={"optimisation": optimisation}), world.tags, world.photos, None)
    task.clock = Clock(device)
    with TemporaryDirectory() as scratch:
        fit(task, optimisation, Path(scratch), lambda _: None, device=str(device))
    return task.pace


def released(
    dataset: ReleasedDataset, steps: int, device: torch.device, *, workers: int, together: bool = False
) -> Pace:
    """Some steps of the re-creation."""
    network = ReleasedLocSens(dataset.images.shape[1])
    training = ReleasedTraining(network, dataset, ANCHORS, device, workers=workers, together=together)
    clock = Clock(device)
    for index, batch in enumerate(islice(training.batches(), _WARM + steps)):
        if index == _WARM:
            clock.start()
        training.step(batch)
    return clock.stop(steps)


def product_rate(dtype: torch.dtype, device: torch.device) -> float:
    """Floating point operations a second of the product that a step has most of: its rows by a fused layer."""
    rows, width = ANCHORS * (1 + NEGATIVES), HIDDEN[0]
    left, right = (
        torch.ones(rows, width, dtype=dtype, device=device),
        torch.ones(width, width, dtype=dtype, device=device),
    )
    torch.mm(left, right)
    wait_for(device)
    start = time.perf_counter()
    for _ in range(_PRODUCTS):
        torch.mm(left, right)
    wait_for(device)
    return _PRODUCTS * 2 * rows * width * width / (time.perf_counter() - start)


def measure(work: Path) -> Iterator[Measured]:
    """Training's targets."""
    del work
    device = choose_device(load_settings().device)
    gpu = device.type == "cuda"
    slow, fast = (100, 200) if gpu else (3, 6)  # steps of a round
    say(f"making up {PHOTOS:,} photos; training on {device}")
    world = made_up(PHOTOS, VOCABULARY)
    dataset = ReleasedDataset(world, NEGATIVES)
    # On a CPU the workers' cores are the network's: there as many as keep it fed.
    workers = available_cores() if gpu else 1
    paces: dict[str, list[Pace]] = {}
    products: list[float] = []
    for turn in range(ROUNDS):
        say(f"round {turn + 1} of {ROUNDS}")
        for together in (False, True):
            name = _TOGETHER if together else _RELEASED
            pace = released(dataset, fast if together else slow, device, workers=workers, together=together)
            paces.setdefault(name, []).append(pace)
        products.append(product_rate(torch.bfloat16, device) / product_rate(torch.float32, device))
        for name, variant in VARIANTS.items():
            paces.setdefault(name, []).append(ours(world, variant, "auto", fast, device))
        paces.setdefault("raw, fp32", []).append(ours(world, VARIANTS["raw"], "fp32", slow, device))
    precision, spread = median_and_spread(products)
    note = "what bf16 by itself gives on this device; what the ratios below have beyond it is work saved"
    yield Measured(
        "matrix products alone", "bf16's rate over float32's", "times", precision, None, "higher", spread, note
    )
    base = [pace.rate for pace in paces[_RELEASED]]
    target = GPU_TARGET if gpu else TARGET if bf16_in_hardware(device) else FP32_TARGET
    where = torch.cuda.get_device_name(device) if gpu else f"CPU, {available_cores()} cores"
    for name, found in paces.items():
        median, spread = median_and_spread([pace.rate for pace in found])
        cpu, _ = median_and_spread([pace.cpu for pace in found])
        yield Measured(name, "rate", "anchors/s", median, None, "higher", spread, f"{cpu:,.0f} ms of processor a step")
    for name, found in paces.items():
        if name == _RELEASED:
            continue
        asked = None if name == _TOGETHER else FP32_TARGET if name == "raw, fp32" else target
        median, spread = median_and_spread(ratios([pace.rate for pace in found], base))
        note = f"{where}; {ANCHORS} anchors, {NEGATIVES} negatives; ambition on a CPU 3.5"
        yield Measured(name, f"rate over the {_RELEASED}", "times", median, asked, "higher", spread, note)
