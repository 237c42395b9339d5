"""Resume checkpoints: scratch files, written atomically and read without unpickling code."""

import os
from pathlib import Path

import torch
from lightning import Trainer

from models.config import OptimisationConfig

_OPTIONS = "optimisation_config"


def save_checkpoint(trainer: Trainer, path: Path) -> None:
    """Writes the trainer's whole state so that the file is either the old or the new one, also after a kill.

    Args:
        trainer: In the middle of its training; on several devices all of them come here.
        path: Local file.
    """
    beside = path.with_suffix(".tmp")
    trainer.save_checkpoint(beside)
    if trainer.is_global_zero:
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    trainer.strategy.barrier()


def label(config: OptimisationConfig) -> dict[str, str]:
    """What a checkpoint says about the options that it was made with."""
    return {_OPTIONS: config.model_dump_json()}


def steps_done(path: Path, config: OptimisationConfig) -> int | None:
    """Steps that a checkpoint holds.

    Args:
        path: Where it would be.
        config: The options of the training that wants to resume.

    Returns:
        None if there is none, or if it was made with other options.
    """
    if not path.exists():
        return None
    held = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    return int(held["global_step"]) if held.get(_OPTIONS) == config.model_dump_json() else None
