"""How things are timed: wall, user and system time, in rounds that interleave what is compared; peak memory."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a piece of work cost.

    Attributes:
        wall: Seconds on the clock.
        user: Seconds of processor time in the program, of this process and of the children that it has waited for.
        system: Seconds of processor time in the kernel, of the same.
    """

    wall: float
    user: float
    system: float

    @property
    def cpu(self) -> float:
        """Seconds of processor time."""
        return self.user + self.system


def cost_of(work: Callable[[], object]) -> Cost:
    """Do a piece of work once and say what it cost."""
    before, start = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, os.times()
    return Cost(
        wall,
        after.user + after.children_user - before.user - before.children_user,
        after.system + after.children_system - before.system - before.children_system,
    )


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[Cost]]:
    """Do A B C, A B C, …: what disturbs the machine for a while disturbs all of them alike.

    Args:
        works: What is compared, by name.
        rounds: How often each is done, after none to warm up: let the first round be one if that matters.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            costs[name].append(cost_of(work))
    return costs


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Ratios of what was measured in the same round."""
    return [one / other for one, other in zip(above, below, strict=True)]


def median_and_spread(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Median, and smallest and largest."""
    return statistics.median(values), (min(values), max(values))


def in_a_child(module: str, *arguments: str) -> dict[str, float]:
    """Run a module in a process of its own and return the figures that it prints, as `print_figures` does."""
    command = [sys.executable, "-m", module, *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # noqa: S603
    return found


def print_figures(**figures: float) -> None:
    """Print figures for the process that waits in `in_a_child`, with this process's peak memory."""
    sys.stdout.write(json.dumps({**figures, "peak_memory": peak_memory()}))


def peak_memory() -> float:
    """Peak resident memory of this process so far, in MB (10^6 bytes).

    It is the kernel's figure for this program alone: `getrusage` counts what was there before it was executed.
    """
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def forget_peak_memory() -> None:
    """Let `peak_memory` begin anew with what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
