"""Showing how far a shard is: a bar on a terminal, a line now and then in a log."""

import contextlib
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from assets.images.collect import Progress as Report

EVERY = 15.0  # seconds between two lines of a log


def words(counts: Counter[str]) -> str:
    """Counts by status in words, the most frequent first."""
    return ", ".join(f"{count:,} {status}" for status, count in counts.most_common()) or "none"


@contextlib.contextmanager
def shown(title: str, log: logging.Logger) -> Iterator[Report]:
    """Something to report progress to.

    Args:
        title: What is being worked on.
        log: Where the lines go when there is no terminal.
    """
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)

            def draw(done: int, total: int, counts: Counter[str]) -> None:
                bar.update(task, completed=done, total=total, description=f"{title}: {words(counts)}")

            yield draw
        return
    last = time.monotonic()

    def tell(done: int, total: int, counts: Counter[str]) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            log.info("%s: %d of %d images (%s)", title, done, total, words(counts))

    yield tell
