"""Which weights a training keeps: the last ones, or those that did best on the validation split; and when it stops.

Off by default: the variants of the paper are compared at equal steps.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from models.config import OptimisationConfig


class SelectionError(ValueError):
    """Weights are to be chosen by a metric that the validation does not give."""


class Selection:
    """Follows the metric of one training. Its state, the best weights among it, is part of the checkpoint."""

    def __init__(self, config: OptimisationConfig) -> None:
        """Chooses as the configuration says.

        Args:
            config: Holds `keep`, `select_by` and `patience`.
        """
        self._config = config
        self._sign = -1.0 if config.select_by.endswith("loss") else 1.0
        self._value: float | None = None
        self._step = 0
        self._weights: dict[str, Tensor] = {}
        self._waited = 0

    @property
    def stopped(self) -> bool:
        """Whether patience has run out."""
        return self._config.patience is not None and self._waited >= self._config.patience

    def look(self, step: int, metrics: Mapping[str, float], module: nn.Module) -> None:
        """Takes in the metrics of a validation.

        Args:
            step: Steps done.
            metrics: By name.
            module: The weights that they were measured on.

        Raises:
            SelectionError: If the metric is not among them.
        """
        config = self._config
        if config.keep == "last" and config.patience is None:
            return
        if config.select_by not in metrics:
            found = ", ".join(sorted(metrics)) or "none: there is nothing to validate on"
            raise SelectionError(
                f"select_by: expected a metric of the validation, found {config.select_by!r}; they are {found}"
            )
        value = metrics[config.select_by]
        better = self._value is None or self._sign * value > self._sign * self._value
        if not (math.isfinite(value) and better):  # NaN is never the best, not even the first
            self._waited += 1
            return
        self._value, self._step, self._waited = value, step, 0
        if config.keep == "best":
            self._weights = {name: weight.detach().cpu().clone() for name, weight in module.state_dict().items()}

    def settle(self, module: nn.Module, steps: int, on_log: Callable[[str], None]) -> int:
        """Puts the chosen weights into the module.

        Args:
            module: As it is after the last step.
            steps: Steps done.
            on_log: Told what was chosen, unless it is what was asked for: all steps, and the last weights.

        Returns:
            After how many steps the module's weights are taken.
        """
        config = self._config
        best = f"{config.select_by} was best after step {self._step}: {self._value}"
        if self.stopped and steps < config.steps:
            on_log(f"stopped early after step {steps} of {config.steps}: {best}")
        if config.keep == "last":
            return steps
        module.load_state_dict(self._weights)
        on_log(f"the weights after step {self._step} of {steps} are kept: {best}")
        return self._step

    def state_dict(self) -> dict[str, Any]:
        """The best so far, for the checkpoint."""
        return {"value": self._value, "step": self._step, "weights": self._weights, "waited": self._waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes up what `state_dict` gave."""
        self._value, self._step = state["value"], state["step"]
        self._weights, self._waited = dict(state["weights"]), state["waited"]
