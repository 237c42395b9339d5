"""The training engine: one loop for every network of the project, on Lightning's Trainer.

What is learnt (module, batches, loss) is a `TrainingTask`; how it is optimised is an `OptimisationConfig`.
What happens between the steps (measuring, validating, saving) is in `models.watch`.
"""

import contextlib
import logging
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from models.checkpoints import label, steps_done
from models.config import OptimisationConfig
from models.curves import TrainingCurve
from models.devices import bf16_in_hardware, choose_device
from models.memory import freed_memory_kept
from models.schedules import learning_rate_factor
from models.seeds import mixed_seed
from models.watch import Watch

LAST_CHECKPOINT = "last.ckpt"
SNAPSHOTS = "snapshots"


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
        device: auto, cpu, cuda or cuda:1.

    Returns:
        The curve of the whole training, also over earlier, killed runs.

    Raises:
        TrainingDivergedError: If the loss is NaN or explodes; names the step. The last good checkpoint stays.
    """
    where = choose_device(device)
    scratch.mkdir(parents=True, exist_ok=True)
    checkpoint = scratch / LAST_CHECKPOINT
    done = steps_done(checkpoint, config)
    if done is not None:
        on_log(f"resuming after step {done} of {config.steps}")
    elif checkpoint.exists():
        on_log(f"{checkpoint} was made with other options: starting anew")
    bf16 = config.precision == "bf16" or (config.precision == "auto" and bf16_in_hardware(where))
    watch = Watch(task, config, checkpoint, scratch / SNAPSHOTS, on_log)
    with _quiet(), torch.random.fork_rng(), freed_memory_kept():
        trainer = Trainer(
            accelerator="gpu" if where.type == "cuda" else where.type,
            devices=1 if where.index is None else [where.index],
            precision="bf16-mixed" if bf16 else "32-true",
            max_steps=config.steps,
            gradient_clip_val=config.clip_norm,
            callbacks=[watch],
            logger=TensorBoardLogger(scratch, name="tensorboard", version="", purge_step=done),
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=sys.stderr.isatty(),
            num_sanity_val_steps=0,
            log_every_n_steps=config.log_every,
        )
        trainer.fit(
            _Optimised(task, config),
            _StepLoader(task, config, done or 0),
            ckpt_path=checkpoint if done is not None else None,
            weights_only=True,
        )
    if trainer.global_step < config.steps:
        raise RuntimeError(f"the training was interrupted after {trainer.global_step} of {config.steps} steps")
    task.module.eval()
    return watch.curve


class _Optimised(LightningModule):
    """A task as Lightning wants it: a step, an optimiser, a schedule."""

    def __init__(self, task: TrainingTask, config: OptimisationConfig) -> None:
        super().__init__()
        self.module = task.module
        self._task = task
        self._config = config

    def on_fit_start(self) -> None:
        self._task.to(self.device)

    def training_step(self, batch: tuple[int, Any], _index: int) -> Tensor:
        step, content = batch
        # For layers that draw by themselves (dropout): their draws, too, depend on the step alone.
        torch.manual_seed(mixed_seed(self._config.seed, "layers", step))
        return self._task.loss(content, step)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        config = self._config
        parameters = [weight for weight in self.module.parameters() if weight.requires_grad]
        rate, decay = config.learning_rate, config.weight_decay
        optimiser: torch.optim.Optimizer
        if config.optimiser == "sgd":
            optimiser = torch.optim.SGD(parameters, rate, config.momentum, weight_decay=decay, fused=True)
        else:
            optimiser = torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: learning_rate_factor(step, config))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint.update(label(self._config))


class _Steps(Dataset[tuple[int, Any]]):
    """The batches of a training: its index is the step."""

    def __init__(self, task: TrainingTask) -> None:
        self._task = task

    def __getitem__(self, step: int) -> tuple[int, Any]:
        return step, self._task.batch(step)


class _StepSampler(Sampler[int]):
    """The steps from where a checkpoint ended; its length is the whole training, as Lightning counts."""

    def __init__(self, first: int, steps: int) -> None:
        self._first = first
        self._steps = steps

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._steps))

    def __len__(self) -> int:
        return self._steps


class _StepLoader(DataLoader[tuple[int, Any]]):
    """Batches by step. The sampler knows its place in the training, so there is no state to save."""

    def __init__(self, task: TrainingTask, config: OptimisationConfig, first: int) -> None:
        super().__init__(
            _Steps(task),
            batch_size=None,
            sampler=_StepSampler(first, config.steps),
            num_workers=config.workers,
        )

    def state_dict(self) -> dict[str, Any]:
        """Tells Lightning that this loader resumes by itself."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to load."""


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
