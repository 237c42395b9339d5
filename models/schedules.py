"""What changes over a training: the learning rate, the location's scale and its noise."""

import math
from collections.abc import Sequence

from models.config import DropoutSchedule, OptimisationConfig


def learning_rate_factor(step: int, config: OptimisationConfig) -> float:
    """Factor on the learning rate at a step, 0 to 1.

    Args:
        step: Step from 0.
        config: Holds the schedule, its warm-up and the number of steps.
    """
    if step < config.warmup_steps:
        return (step + 1) / (config.warmup_steps + 1)
    if config.schedule == "cosine":
        done = (step - config.warmup_steps) / (config.steps - config.warmup_steps)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    if config.schedule == "step":
        return config.drop_factor if step >= config.drop_at * config.steps else 1.0
    return 1.0


def learning_rate_area(config: OptimisationConfig) -> float:
    """Sum of the learning rate over all steps: trainings are compared only where it is the same."""
    return config.learning_rate * math.fsum(learning_rate_factor(step, config) for step in range(config.steps))


def dropout_alpha(step: int, steps: int, schedule: DropoutSchedule) -> float:
    """Scale of the location representation: 0, then rising to 1 (paper, location dropout).

    Args:
        step: Step from 0.
        steps: Steps of the whole training.
        schedule: When alpha begins to rise and when it has arrived.
    """
    opens, full = schedule.opens_at * steps, schedule.full_at * steps
    if step < opens:
        return 0.0
    if step >= full:
        return 1.0
    return min(1.0, (step + 1 - opens) / (full - opens)) if full - opens > 1 else 1.0


def opening_alpha(step: int, steps: int, zeroed_share: float) -> float:
    """Scale of the location representation of a model that is started from a zeroed one: 0, then 1.

    Args:
        step: Step from 0.
        steps: Steps of the whole training, both parts.
        zeroed_share: Share of the steps that is trained zeroed.
    """
    return 0.0 if step < zeroed_share * steps else 1.0


def sigma_at(step: int, steps: int, sigmas: Sequence[float]) -> float:
    """Standard deviation of the location noise at a step: equal stages that share one budget of steps.

    Args:
        step: Step from 0.
        steps: Steps of the whole training.
        sigmas: One for each stage, in their order; the paper's are 1, 0.1, 0.05, 0.01, 0.
    """
    for sigma, end in zip(sigmas, _stage_ends(steps, len(sigmas)), strict=True):
        if step < end:
            return sigma
    return sigmas[-1]


def sigma_snapshots(steps: int, sigmas: Sequence[float]) -> dict[int, str]:
    """Steps done at the end of each stage, and the name of the weights kept then, as `sigma_0.05`.

    Raises:
        ValueError: If there are fewer steps than stages.
    """
    if steps < len(sigmas):
        raise ValueError(f"{len(sigmas)} stages of sigma need at least as many steps, found {steps}")
    return {end: sigma_name(sigma) for sigma, end in zip(sigmas, _stage_ends(steps, len(sigmas)), strict=True)}


def sigma_name(sigma: float) -> str:
    """The name of the weights at the end of a stage: `sigma_1`, `sigma_0.05`, `sigma_0`."""
    return f"sigma_{sigma:g}"


def _stage_ends(steps: int, stages: int) -> list[int]:
    return [(stage + 1) * steps // stages for stage in range(stages)]
