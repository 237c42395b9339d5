"""One row of `study_runs`: what a training cost and how it ended, kept beside its finished work."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from assets.base.tables import TABLES
from models.config import OptimisationConfig
from models.curves import TrainingCurve
from models.schedules import learning_rate_area

_ROW = "run.json"


def run_row(
    training: str,
    split: str,
    config: BaseModel,
    optimisation: OptimisationConfig,
    weights: int,
    training_photos: int,
    curve: TrainingCurve,
) -> dict[str, Any]:
    """A row.

    Args:
        training: Its name.
        split: photo or user.
        config: All that was chosen for it.
        optimisation: How it was optimised.
        weights: Number of weights.
        training_photos: Photos learnt from.
        curve: How it went.
    """
    last = curve.last()
    metrics = {name: value for name, value in last.items() if name not in ("step", "loss", "learning_rate")}
    return {
        "training": training,
        "split": split,
        "steps": int(last["step"]),
        "batch_size": optimisation.batch_size,
        "learning_rate_area": learning_rate_area(optimisation),
        "weights": weights,
        "seconds": curve.seconds,
        "training_photos": training_photos,
        "loss": last["loss"],
        "validation_loss": metrics.get("validation_loss"),
        "validation": json.dumps(metrics, sort_keys=True),
        "config": config.model_dump_json(),
    }


def write_row(folder: Path, row: dict[str, Any]) -> None:
    """Keep a row beside the finished work."""
    (folder / _ROW).write_text(json.dumps(row), encoding="utf-8")


def read_rows(folders: Sequence[Path]) -> tuple[pa.Table, float]:
    """The rows of `study_runs`, and how long all trainings took, in seconds: no part of the table, it never repeats."""
    rows = [json.loads((folder / _ROW).read_text(encoding="utf-8")) for folder in folders]
    return pa.Table.from_pylist(rows, TABLES["study_runs"].schema()), sum(row["seconds"] for row in rows)
