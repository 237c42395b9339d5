"""Training one LocSens variant, and the files that are published of it."""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from torch import Tensor

from assets.locsens.photo_sets import NothingToLearnFromError, PhotoSet
from models.config import VariantConfig
from models.curves import TrainingCurve
from models.locsens_training import LocSensTask
from models.training import SNAPSHOTS, fit
from models.weights import dump_config, dump_weights

CONFIG, WEIGHTS, CURVE = "config.json", "weights.safetensors", "curve.parquet"


@dataclass(frozen=True)
class Learnt:
    """A finished training.

    Attributes:
        task: With the trained network.
        curve: How it went.
        scratch: Local folder of the training, with the weights of stages and TensorBoard's files.
    """

    task: LocSensTask
    curve: TrainingCurve
    scratch: Path

    @property
    def snapshots(self) -> Path:
        """Folder with the weights of stages."""
        return self.scratch / SNAPSHOTS


def learn(
    config: VariantConfig,
    tags: Tensor,
    training: PhotoSet,
    validation: PhotoSet,
    scratch: Path,
    log: logging.Logger,
    device: str = "auto",
    devices: int = 1,
) -> Learnt:
    """Trains a variant, going on where a killed run left off.

    Args:
        config: The variant.
        tags: Tag embeddings, [V, D].
        training: What is learnt from.
        validation: What metrics are taken on; without photos there are none, and the log says so.
        scratch: Folder for checkpoints.
        log: Told how it goes.
        device: auto, cpu or cuda.
        devices: Processes that train together, of which this is one.

    Raises:
        NothingToLearnFromError: If no training photo has an embedding.
    """
    if training.photos is None:
        raise NothingToLearnFromError(
            "LocSens: expected training photos with an image embedding, found none "
            f"({training.without_embedding} photos without one)"
        )
    if validation.photos is None:
        log.warning("no validation photo has an image embedding: there will be no validation metrics")
    task = LocSensTask(config, tags, training.photos, validation.photos)
    for sentence in task.left_out:
        log.warning(sentence)
    curve = fit(task, config.optimisation, scratch, log.info, device=device, devices=devices)
    return Learnt(task, curve, scratch)


def model_files(learnt: Learnt) -> Iterator[tuple[str, bytes]]:
    """Name and content of what is published: weights, those of stages, configuration and curve."""
    yield WEIGHTS, dump_weights(learnt.task.module)
    for name in learnt.task.snapshots().values():
        yield f"weights_{name}.safetensors", (learnt.snapshots / f"{name}.safetensors").read_bytes()
    yield CONFIG, dump_config(learnt.task.config)
    sink = io.BytesIO()
    pq.write_table(learnt.curve.table(), sink, compression="zstd")
    yield CURVE, sink.getvalue()
