"""Makes a sample world on disk, once: `ensure_world` is what the ingestion calls for the source `sample`."""

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.account import account
from assets.ingestion.world.draw import draw_pictures
from assets.ingestion.world.ledger import Ledger
from assets.ingestion.world.plan import draw_plan
from assets.ingestion.world.vectors import write_word_vectors
from assets.ingestion.world.write import write_metadata

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class World:
    """A finished world on disk.

    Attributes:
        folder: Everything lies here.
        metadata: Glob of the metadata files.
        word_vectors: Word-vector file in word2vec's text format.
        ledger: What is wrong with it, and what must come out of it.
    """

    folder: Path
    metadata: str
    word_vectors: Path
    ledger: Ledger


def _silent(_done: int, _wanted: int) -> None:
    """Report nothing."""


def ensure_world(config: WorldConfig, folder: Path, progress: Progress = _silent) -> World:
    """The world of that config under a folder: generated if it is not there yet.

    It is made in a temporary sibling and renamed when complete, so a killed generation leaves nothing that
    looks finished. Two processes may ask at once: the second waits for the first. A world whose folder was
    moved is made anew, since its rows name the images by absolute path.

    Args:
        config: What world.
        folder: Folder that holds worlds; created.
        progress: Called with the number of pictures drawn and wanted.

    Raises:
        RuntimeError: The generator's own rules were broken, or a drawing process failed.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{config.name}-{config.digest}"
    with (folder / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _finished(target):
            # Under the lock, whatever lies here is of a process that died or of a folder that was moved.
            scratch = folder / f".{target.name}.unfinished"
            for leftover in (scratch, target):
                if leftover.exists():
                    shutil.rmtree(leftover)
            scratch.mkdir()
            _generate(config, scratch, target, progress)
            scratch.rename(target)
    return World(
        target,
        str(target / "metadata" / "*.tsv.bz2"),
        target / "word_vectors.txt",
        Ledger.read(target / "ledger.json"),
    )


def _finished(target: Path) -> bool:
    ledger = target / "ledger.json"
    return ledger.is_file() and Ledger.read(ledger).folder == str(target)


def _generate(config: WorldConfig, scratch: Path, target: Path, progress: Progress) -> None:
    plan = draw_plan(config, target / "images")
    ledger = account(config, target, plan)
    write_metadata(scratch / "metadata", plan.files)
    write_word_vectors(config, scratch / "word_vectors.txt")
    images = scratch / "images"
    draw_pictures(config, plan.pictures(), images, scratch / "plan.json", progress)
    for copy, original in plan.copied_pictures():
        (images / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(images / original, images / copy)
    ledger.write(scratch / "ledger.json")
