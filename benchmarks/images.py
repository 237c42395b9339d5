"""The image stage against bare decoding and against img2dataset, and the training reader, from a local server.

img2dataset is measured where it can be imported: by the Python that the variable IMG2DATASET_PYTHON names (of an
environment of its own: its dependencies are older than ours), or by this one. Nothing is installed.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from assets.base.cores import available_cores
from benchmarks.image_server import ImageServer, image_server
from benchmarks.pictures import HEIGHT, WIDTH, pictures
from benchmarks.report import Measured, say
from benchmarks.timing import Cost, median_and_spread

PICTURES = 3_000
FEW = 300  # a list so short that it shows what starting costs
ROUNDS = 3
STAGE_TARGET = 0.55
IMG2DATASET_TARGET = 2.0
_BATCH = 100  # pictures decoded at once


def measure(work: Path) -> Iterator[Measured]:
    """Everything about images, in rounds that interleave what is compared."""
    from benchmarks import image_work

    say(f"{PICTURES} pictures of {WIDTH} x {HEIGHT}")
    paths = pictures(work / "pictures", PICTURES)
    cores = available_cores()
    context = multiprocessing.get_context("forkserver")
    with (
        ProcessPoolExecutor(cores, context, image_work.load, (paths,)) as pool,
        image_server(work / "pictures") as server,
    ):
        yield from _stage(pool, server, work / "stage", cores, sum(path.stat().st_size for path in paths))
        yield from _reader(pool, work / "stage")
        yield from _side_by_side(server, work, cores)


@dataclass(frozen=True)
class _Round:
    """One measurement of something done to all pictures: seconds on the clock, and of processor time."""

    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        return PICTURES / self.wall

    @property
    def each(self) -> float:
        """Processor time of one picture, in milliseconds."""
        return self.cpu / PICTURES * 1e3


def _bare(pool: ProcessPoolExecutor, task: Callable[[range], float]) -> _Round:
    """A task that decodes pictures that are in memory, on all cores."""
    chunks = [range(start, min(start + _BATCH, PICTURES)) for start in range(0, PICTURES, _BATCH)]
    started = time.perf_counter()
    cpu = sum(pool.map(task, chunks))
    return _Round(time.perf_counter() - started, cpu)


def _timed(work: Callable[[], object]) -> _Round:
    """Work of this process and of processes that it starts and that end."""
    before, started = _cpu_of_all(), time.perf_counter()
    work()
    return _Round(time.perf_counter() - started, _cpu_of_all() - before)


def _cpu_of_all() -> float:
    """Seconds of processor time of this process and its children, and of those of theirs that have ended."""
    own = os.times()
    total = own.user + own.system
    for child in psutil.Process().children():
        times = child.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _stage(pool: ProcessPoolExecutor, server: ImageServer, folder: Path, cores: int, size: int) -> Iterator[Measured]:
    from benchmarks import image_work

    urls = [f"{server.url}/{number}.jpg" for number in range(PICTURES)]
    image_work.collect(urls[:_BATCH], folder)  # before the pool starts: its processes then share what the stage imports
    bare, stage, served = [], [], []
    for _ in range(ROUNDS):
        bare.append(_bare(pool, image_work.decode_resize_encode))
        before = server.cpu()
        stage.append(_timed(lambda: image_work.collect(urls, folder)))
        served.append((server.cpu() - before) / PICTURES * 1e3)
    # the server is a child of this process too
    each = [one.each - serving for one, serving in zip(stage, served, strict=True)]
    note = f"{PICTURES:,} pictures of {size / PICTURES / 1e3:.0f} kB, {cores} processes"
    yield _row("bare decode, resize, encode", "rate", "photos/s", [one.rate for one in bare], note=note)
    yield _row("bare decode, resize, encode", "processor time", "ms a photo", [one.each for one in bare])
    yield _row("image stage", "rate", "photos/s", [one.rate for one in stage], note="the server on the same cores")
    yield _row("image stage", "processor time without the server", "ms a photo", each)
    yield _row("image stage", "processor time of the server", "ms a photo", served)
    stored = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / PICTURES / 1e3
    yield Measured("image stage", "disk", "kB a photo", stored, note=f"short side {image_work.CONFIG.short_side}")
    over = [ours.rate / theirs.rate for ours, theirs in zip(stage, bare, strict=True)]
    yield _row(
        "image stage", "rate over the bare rate", "times", over, STAGE_TARGET, note="by the clock, server included"
    )
    over = [theirs.each / ours for ours, theirs in zip(each, bare, strict=True)]
    yield _row("image stage", "bare processor time over the stage's", "times", over, note="without the server")


def _reader(pool: ProcessPoolExecutor, folder: Path) -> Iterator[Measured]:
    from benchmarks import image_work

    bare, read, bytes_only = [], [], []
    for _ in range(ROUNDS):
        bare.append(_bare(pool, image_work.decode_squares))
        read.append(_timed(lambda: image_work.read_epoch(folder, _BATCH)))
        bytes_only.append(_timed(lambda: image_work.read_bytes(folder)))
    side = image_work.SIDE
    yield _row("bare decode for training", "rate", "photos/s", [one.rate for one in bare], note=f"squares of {side}")
    yield _row("training reader", "rate, shuffled", "photos/s", [one.rate for one in read], note=f"squares of {side}")
    yield _row("training reader", "processor time", "ms a photo", [one.each for one in read])
    over = [ours.rate / theirs.rate for ours, theirs in zip(read, bare, strict=True)]
    yield _row("training reader", "rate over the bare decode", "times", over, 1.0)
    over = [ours.rate / theirs.rate for ours, theirs in zip(bytes_only, bare, strict=True)]
    yield _row("reading without decoding", "rate over the bare decode", "times", over)


def _side_by_side(server: ImageServer, work: Path, cores: int) -> Iterator[Measured]:
    python = os.environ.get("IMG2DATASET_PYTHON", sys.executable)
    named = f"img2dataset, {cores} processes"
    if subprocess.run([python, "-c", "import img2dataset"], capture_output=True, check=False).returncode:  # noqa: S603
        note = "img2dataset cannot be imported: name a Python that can in IMG2DATASET_PYTHON"
        yield Measured(named, "rate of ours over its", "times", None, IMG2DATASET_TARGET, "higher", note=note)
        return
    ours = [sys.executable, "-m", "benchmarks.image_work"]
    theirs = [python, str(Path(__file__).with_name("img2dataset_work.py"))]
    lists = {}
    for count in (FEW, PICTURES):
        lists[count] = work / f"{count}.txt"
        lists[count].write_text("".join(f"{server.url}/{number}.jpg\n" for number in range(count)))
    costs: dict[tuple[str, int], list[Cost]] = {}
    for _ in range(ROUNDS):
        for count, urls in lists.items():
            for name, command in (("ours", ours), ("theirs", theirs)):
                costs.setdefault((name, count), []).append(_program([*command, str(urls), str(work / name)]))
    rates = {
        name: [
            (PICTURES - FEW) / (long.wall - short.wall)
            for long, short in zip(costs[name, PICTURES], costs[name, FEW], strict=True)
        ]
        for name in ("ours", "theirs")
    }
    whole = {name: [cost.wall for cost in costs[name, PICTURES]] for name in ("ours", "theirs")}
    started = f"of {FEW:,} to {PICTURES:,} pictures, starting not counted"
    yield _row("image stage as a program", "rate", "photos/s", rates["ours"], note=started)
    yield _row(named, "rate", "photos/s", rates["theirs"], note=started)
    over = [mine / other for mine, other in zip(rates["ours"], rates["theirs"], strict=True)]
    yield _row(named, "rate of ours over its", "times", over, IMG2DATASET_TARGET, note=started)
    over = [other / mine for mine, other in zip(whole["ours"], whole["theirs"], strict=True)]
    note = f"{PICTURES:,} pictures, programs started anew: ours imports torch"
    yield _row(named, "its wall time over ours, starting included", "times", over, note=note)


def _program(command: list[str]) -> Cost:
    """What a program costs from start to end."""
    shutil.rmtree(command[-1], ignore_errors=True)
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own programs
    wall, after = time.perf_counter() - started, os.times()
    if done.returncode or done.stdout.split()[-1:] != [Path(command[-2]).stem]:
        raise RuntimeError(f"{' '.join(command)}: expected an image for every URL, found {done.stdout} {done.stderr}")
    return Cost(wall, after.children_user - before.children_user, after.children_system - before.children_system)


def _row(
    name: str, measured: str, unit: str, values: list[float], target: float | None = None, note: str = ""
) -> Measured:
    median, spread = median_and_spread(values)
    better: Literal["lower", "higher"] = "lower" if unit.startswith("ms") else "higher"
    return Measured(name, measured, unit, median, target, better, spread, note)
