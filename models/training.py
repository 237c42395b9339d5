"""The training engine: one loop for every network of the project, on Lightning's Trainer.

What is learnt (module, batches, loss) is a `TrainingTask`; how it is optimised is an `OptimisationConfig`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.config import OptimisationConfig
from models.curves import TrainingCurve


class TrainingTask(ABC):
    """What is trained. Knows nothing of loops, devices' choice, precision or files.

    Every random draw is a function of (seed, step, sample): batches and losses take
    their generators from `models.randomness.generator_for`, so that a resumed training sees what an
    undisturbed one sees.
    """

    module: nn.Module
    """The weights that are optimised, checkpointed and published; `fit` moves it to the device."""

    @abstractmethod
    def batch(self, step: int) -> Any:
        """The batch of a step: CPU tensors (or a tuple or dict of them), maybe made in a loader's worker.

        Args:
            step: Step from 0. The batch depends on (seed, step) and on nothing else.
        """

    @abstractmethod
    def loss(self, batch: Any, step: int) -> Tensor:
        """The scalar loss of a batch, on the module's device and under autocast where precision asks for it.

        Args:
            batch: What `batch(step)` returned, moved to the device.
            step: Step from 0; random draws come only from `generator_for(seed, step, ...)`.
        """

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Metrics on the validation split, and on no other. Called in eval mode, without gradients."""

    def to(self, device: torch.device) -> None:
        """Moves what the task keeps beside the module (for example embeddings); nothing by default."""
        del device

    def snapshots(self) -> Mapping[int, str]:
        """Steps done -> name under which the weights of that moment are kept; none by default."""
        return {}


def fit(
    task: TrainingTask,
    config: OptimisationConfig,
    scratch: Path,
    on_log: Callable[[str], None],
    *,
    device: str = "auto",
) -> TrainingCurve:
    """Trains `task.module` in place, resuming by itself where `scratch` holds a checkpoint.

    Args:
        task: What is trained.
        config: How.
        scratch: Local folder of this training: checkpoints, snapshots, TensorBoard files.
        on_log: Told a line now and then: step, loss, metrics, speed.
        device: auto, cpu or cuda.

    Returns:
        The curve of the whole training, also over earlier, killed runs.

    Raises:
        TrainingDivergedError: If the loss is NaN or explodes; names the step. The last good checkpoint stays.
    """
    raise NotImplementedError((task, config, scratch, on_log, device))
