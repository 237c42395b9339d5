"""What happens between the steps of a training: measuring, validating, snapshots, checkpoints, telling.

On several devices every process comes here. The first one validates, writes and tells; what is decided (stop, diverged)
is decided from figures that all of them hold.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn

from models.checkpoints import save_checkpoint
from models.config import OptimisationConfig
from models.curves import TrainingCurve
from models.schedules import learning_rate_factor
from models.selection import Selection
from models.weights import save_weights


class TrainingDivergedError(RuntimeError):
    """The loss became NaN or exploded; the checkpoint before that is kept."""


class Watched(Protocol):
    """What the watch needs of a `TrainingTask`."""

    module: nn.Module

    def validate(self) -> dict[str, float]:
        """Metrics on the validation split."""

    def snapshots(self) -> Mapping[int, str]:
        """Steps done -> name of the weights kept then."""


class Watch(Callback):
    """Follows one training. Its curve is part of the checkpoint."""

    def __init__(
        self,
        task: Watched,
        config: OptimisationConfig,
        checkpoint: Path,
        snapshots: Path,
        on_log: Callable[[str], None],
    ) -> None:
        """Where checkpoint and snapshots go, and who is told."""
        self.curve = TrainingCurve()
        self.selection = Selection(config)
        self._task = task
        self._config = config
        self._checkpoint = checkpoint
        self._snapshots = snapshots
        self._names = task.snapshots()
        self._on_log = on_log
        self._first_loss: float | None = None
        self._parts: list[Tensor] = []
        self._losses: list[Tensor] = []
        self._window: list[float] = []
        self._started = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Curve, first loss, the losses since the last that was logged, and best weights, for the checkpoint."""
        return {
            "rows": self.curve.rows,
            "seconds": self.curve.seconds,
            "first_loss": self._first_loss,
            "window": self._window,
            "selection": self.selection.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up what `state_dict` gave."""
        self.curve = TrainingCurve(state_dict["rows"], state_dict["seconds"])
        self._first_loss = state_dict["first_loss"]
        self._window = state_dict["window"]
        self.selection.load_state_dict(state_dict["selection"])

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock; a training that had stopped early is not gone on with."""
        del pl_module
        self._started = time.perf_counter()
        trainer.should_stop = self.selection.stopped

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Does what is due after this step; in between, when a part of its batch is done, nothing."""
        del pl_module, batch, batch_idx
        config, step = self._config, trainer.global_step
        self._parts.append(outputs["loss"].detach())  # Lightning has divided it by the number of parts
        if len(self._parts) < config.accumulate:
            return
        self._losses.append(self._parts[0] if config.accumulate == 1 else torch.stack(self._parts).sum())
        self._parts = []
        last = step == config.steps
        validates = last or step % config.validate_every == 0
        saves = last or step % config.checkpoint_every == 0
        logs = last or step % config.log_every == 0
        name = self._names.get(step)
        if not (validates or saves or name or logs):
            return
        # The losses are looked at only here: reading one waits for the device. Nothing is saved unseen.
        self._window += self._seen_losses(step, trainer)
        if validates or saves or name:
            self._refuse_broken_weights(step)
        self.curve.seconds += time.perf_counter() - self._started
        # Not the optimiser's own: the schedule has gone on to the next step's.
        rate = config.learning_rate * learning_rate_factor(step - 1, config)
        measured = {"learning_rate": rate}
        if validates:
            metrics = self._validation(trainer)
            measured |= metrics
            self.selection.look(step, metrics, self._task.module)
            trainer.should_stop = self.selection.stopped
            saves, logs = saves or self.selection.stopped, logs or self.selection.stopped
        if logs:  # a validation in between does not cut the window: the mean of a few steps would stand out as a spike
            measured = {"loss": sum(self._window) / len(self._window), **measured}
            self._window = []
        self.curve.add(step, **measured)
        if trainer.logger is not None:
            trainer.logger.log_metrics(measured, step)
        self._tell(step, measured)
        if name and trainer.is_global_zero:
            self._snapshots.mkdir(parents=True, exist_ok=True)
            save_weights(self._task.module, self._snapshots / f"{name}.safetensors")
        if saves:
            save_checkpoint(trainer, self._checkpoint)
        self._started = time.perf_counter()

    def _seen_losses(self, step: int, trainer: Trainer) -> list[float]:
        """The losses since the last look, of which none is broken."""
        # Over all devices, so that all of them stop together.
        shared = trainer.strategy.reduce(torch.stack(self._losses).float(), reduce_op="mean")
        assert isinstance(shared, Tensor)
        losses: list[float] = shared.tolist()
        self._losses = []
        if self._first_loss is None and math.isfinite(losses[0]):
            self._first_loss = losses[0]
        limit = self._config.explosion_factor * max(abs(self._first_loss or 0.0), 1e-3)
        for bad, loss in enumerate(losses, start=step - len(losses) + 1):
            if not abs(loss) <= limit:  # also true of NaN
                found = f"loss {loss:g}, expected at most {limit:g}"
                raise TrainingDivergedError(self._diverged(bad, found))
        return losses

    def _refuse_broken_weights(self, step: int) -> None:
        """A finite loss may have an infinite gradient: what a loss was computed from is older than what it led to."""
        broken = [name for name, weights in self._task.module.state_dict().items() if not weights.isfinite().all()]
        if broken:
            found = f"{broken[0]} is not finite any more"
            raise TrainingDivergedError(self._diverged(step, found))

    def _diverged(self, step: int, found: str) -> str:
        kept = f"; the checkpoint before it is kept at {self._checkpoint}" if self._checkpoint.exists() else ""
        return (
            f"training diverged at step {step} of {self._config.steps}: {found}; "
            f"try a lower learning_rate, a warm-up or clip_norm{kept}"
        )

    def _validation(self, trainer: Trainer) -> dict[str, float]:
        metrics: dict[str, float] = {}
        if trainer.is_global_zero:
            module = self._task.module
            module.eval()
            with torch.no_grad(), trainer.precision_plugin.forward_context():
                metrics = self._task.validate()
            module.train()
        return trainer.strategy.broadcast(metrics)

    def _tell(self, step: int, measured: Mapping[str, float]) -> None:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in measured.items())
        pace = self.curve.seconds / step
        left = pace * (self._config.steps - step)
        self._on_log(f"step {step}/{self._config.steps}: {figures}, {1e3 * pace:.3g} ms a step, {left:.0f} s left")
