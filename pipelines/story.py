"""What a step tells on the console of the planner: its own messages, and not too many of them.

On a terminal the progress bars of training and downloads tell more, so messages below a warning stay in the event log.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE_SECONDS = 10.0


class StoryHandler(logging.Handler):
    """Writes a step's messages to standard error; below a warning at most one every ten seconds, none on a terminal."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._told = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        now = time.monotonic()
        if record.levelno < logging.WARNING:
            if sys.stderr.isatty() or now - self._told < PAUSE_SECONDS:
                return
            self._told = now
        meta = getattr(record, "dagster_meta", None) or {}  # the message without job, run and step
        sys.stderr.write(f"            {meta.get('orig_message') or record.getMessage()}\n")
        sys.stderr.flush()


@contextmanager
def told(log: logging.Logger) -> Iterator[None]:
    """Tell what is logged within the block, and nothing that Dagster says of the step afterwards."""
    handler = StoryHandler()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
