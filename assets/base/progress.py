"""Showing how far a long piece of work is: a bar on a terminal, a line now and then in a log."""

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Literal

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

EVERY = 15.0  # seconds between two lines of a log

Unit = Literal["images", "bytes"]
Report = Callable[[int, int, str], None]
"""Called with how much is done, how much there is to do, and what else there is to say."""


@contextlib.contextmanager
def shown(title: str, log: logging.Logger, unit: Unit) -> Iterator[Report]:
    """Something to report progress to.

    Args:
        title: What is being worked on.
        log: Where the lines go when there is no terminal.
        unit: What is counted.
    """
    if sys.stderr.isatty():
        counts = (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), *counts, TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)

            def draw(done: int, total: int, words: str) -> None:
                bar.update(task, completed=done, total=total, description=f"{title}: {words}" if words else title)

            yield draw
        return
    last = time.monotonic()

    def tell(done: int, total: int, words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            amount = f"{decimal(done)} of {decimal(total)}" if unit == "bytes" else f"{done} of {total} {unit}"
            log.info("%s: %s%s", title, amount, f" ({words})" if words else "")

    yield tell
