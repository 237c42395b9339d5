"""TensorBoard's event files of a training: written while it runs, published beside the model."""

from collections.abc import Iterator
from pathlib import Path

from lightning.pytorch.loggers import TensorBoardLogger

FOLDER = "tensorboard"


def event_logger(scratch: Path, done: int | None) -> TensorBoardLogger:
    """Writes event files.

    Args:
        scratch: Local folder of the training.
        done: Steps that a checkpoint holds; what an earlier, killed run told of later ones is void.
    """
    return TensorBoardLogger(scratch, name=FOLDER, version="", purge_step=None if done is None else done + 1)


def event_files(scratch: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of a training's event files, one for each time it was started, in order.

    TensorBoard takes any name with `tfevents` in it; its own name of a file holds host and process, and is no order: it
    counts in digits of no fixed width. A training that goes on writes after the one before it has ended.
    """
    files = sorted((scratch / FOLDER).glob("events.out.tfevents.*"), key=lambda path: (path.stat().st_mtime_ns, path))
    for number, path in enumerate(files):
        yield f"{FOLDER}/events.out.tfevents.{number:04d}", path.read_bytes()
