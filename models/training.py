"""The training engine: one loop for every network of the project, on Lightning's Trainer.

What is learnt (module, batches, loss) is a `TrainingTask`; how it is optimised is an `OptimisationConfig`.
What happens between the steps (measuring, validating, saving) is in `models.watch`, how a step's batch is cut for
gradient accumulation and for several devices in `models.share`.
"""

import contextlib
import logging
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from models.checkpoints import label, steps_done
from models.config import OptimisationConfig
from models.curves import TrainingCurve
from models.devices import bf16_in_hardware, choose_device, rank_among
from models.event_files import event_logger
from models.memory import freed_memory_kept
from models.randomness import seed_draws
from models.schedules import learning_rate_factor
from models.seeds import mixed_seed
from models.share import WHOLE, Share, check_shares
from models.step_loader import StepLoader
from models.watch import Watch

LAST_CHECKPOINT = "last.ckpt"
SNAPSHOTS = "snapshots"


class TrainingTask(ABC):
    """What is trained. Knows nothing of loops, devices' choice, precision or files.

    Every random draw is a function of (seed, step, sample): batches and losses take
    their generators from `models.randomness.generator_for`, so that a resumed training sees what an
    undisturbed one sees, and every part of a step draws what the whole draws and takes its slice.
    """

    module: nn.Module
    """The weights that are optimised, checkpointed and published; `fit` moves it to the device."""

    @abstractmethod
    def batch(self, step: int, share: Share = WHOLE) -> Any:
        """The batch of a step: CPU tensors (or a tuple or dict of them), maybe made in a loader's worker.

        Args:
            step: Step from 0. The batch depends on (seed, step) and on nothing else.
            share: Which part of it.
        """

    @abstractmethod
    def loss(self, batch: Any, step: int, share: Share = WHOLE) -> Tensor:
        """The scalar loss of a batch, a mean over its samples, on the module's device and in the chosen precision.

        Args:
            batch: What `batch(step, share)` returned, moved to the device.
            step: Step from 0; random draws come only from `generator_for(seed, step, ...)`.
            share: Which part of the step's batch it is.
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
    devices: int = 1,
) -> TrainingCurve:
    """Trains `task.module` in place, resuming by itself where `scratch` holds a checkpoint.

    Args:
        task: What is trained.
        config: How.
        scratch: Local folder of this training: checkpoints, snapshots, TensorBoard files.
        on_log: Told a line now and then: step, loss, metrics, speed. In the first process alone.
        device: auto, cpu, cuda or cuda:1.
        devices: Processes that train together, each on its own device (on the CPU: its share of it) and each
            calling this; `torch.distributed.run` starts them.

    Returns:
        The curve of the whole training, also over earlier, killed runs.

    Raises:
        TrainingDivergedError: If the loss is NaN or explodes; names the step. The last good checkpoint stays.
        SelectionError: If weights are to be chosen by a metric that the validation does not give.
        ValueError: If the batch cannot be cut into equal parts.
    """
    check_shares(config.batch_size, config.accumulate, devices)
    rank = rank_among(devices)
    where = choose_device(device)
    scratch.mkdir(parents=True, exist_ok=True)
    checkpoint = scratch / LAST_CHECKPOINT
    tell = on_log if rank == 0 else _silent
    done = steps_done(checkpoint, config)
    if done is not None:
        tell(f"resuming after step {done} of {config.steps}")
    elif checkpoint.exists():
        tell(f"{checkpoint} was made with other options: starting anew")
    bf16 = config.precision == "bf16" or (config.precision == "auto" and bf16_in_hardware(where))
    parts = config.accumulate
    shares = [Share(rank * parts + part, devices * parts) for part in range(parts)]
    watch = Watch(task, config, checkpoint, scratch / SNAPSHOTS, tell)
    # All devices by number: without them fork_rng warns where there are several.
    forked = range(torch.cuda.device_count()) if where.type == "cuda" else ()
    with _quiet(), torch.random.fork_rng(forked), freed_memory_kept():
        trainer = Trainer(
            accelerator="gpu" if where.type == "cuda" else where.type,
            devices=devices if devices > 1 or where.index is None else [where.index],
            # Zeroed locations leave the location branch without gradients.
            strategy=DDPStrategy(find_unused_parameters=True) if devices > 1 else "auto",
            use_distributed_sampler=False,
            precision="bf16-mixed" if bf16 else "32-true",
            max_steps=config.steps,
            accumulate_grad_batches=parts,
            callbacks=[watch],
            logger=event_logger(scratch, done),
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            num_sanity_val_steps=0,
            log_every_n_steps=config.log_every,
        )
        trainer.fit(
            _Optimised(task, config, shares),
            StepLoader(task, shares, range(done or 0, config.steps), config.workers),
            ckpt_path=checkpoint if done is not None else None,
            weights_only=True,
        )
    if trainer.global_step < config.steps and not watch.selection.stopped:
        raise RuntimeError(f"the training was interrupted after {trainer.global_step} of {config.steps} steps")
    watch.curve.kept_step = watch.selection.settle(task.module, trainer.global_step, tell)
    task.module.eval()
    return watch.curve


class _Optimised(LightningModule):
    """A task as Lightning wants it: a step, an optimiser, a schedule."""

    def __init__(self, task: TrainingTask, config: OptimisationConfig, shares: Sequence[Share]) -> None:
        super().__init__()
        self.module = task.module
        self._task = task
        self._config = config
        self._shares = shares

    def on_fit_start(self) -> None:
        self._task.to(self.device)

    def training_step(self, batch: tuple[int, int, Any], _index: int) -> Tensor:
        step, part, content = batch
        share = self._shares[part]
        # For layers that draw by themselves (dropout): their draws, too, depend on the step and the part alone.
        parts = () if share == WHOLE else (share.index, share.of)
        seed_draws(mixed_seed(self._config.seed, "layers", step, *parts), self.device)
        return self._task.loss(content, step, share)

    def configure_gradient_clipping(self, *_args: Any, **_kwargs: Any) -> None:
        """Ours: Lightning refuses to clip for fused optimisers under bf16, where no scaler is in the way."""
        if self._config.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self._config.clip_norm)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        config = self._config
        parameters = [weight for weight in self.module.parameters() if weight.requires_grad]
        rate, decay = config.learning_rate, config.weight_decay
        optimiser: torch.optim.Optimizer
        if config.optimiser == "sgd":
            optimiser = torch.optim.SGD(parameters, rate, config.momentum, weight_decay=decay, fused=True)
            # torch's fused SGD fails on a weight that gets its first gradient later than others, as the location branch
            # does when it opens. Momentum that starts at 0 is the same momentum.
            for weight in parameters:
                optimiser.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
        else:
            optimiser = torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate_factor(step, config))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint.update(label(self._config))


def _silent(_line: str) -> None:
    """What the other processes' lines go to: the first one tells them."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Lightning's greetings, tips and advice on loaders away; its other warnings stay."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*does not have many workers.*")
            warnings.filterwarnings("ignore", ".*LeafSpec.*is deprecated.*")
            yield
    finally:
        logger.setLevel(level)
