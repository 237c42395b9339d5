"""What a run tells on the console: a step's own messages, not Dagster's events, and not too many of them.

On a terminal the progress bars of training and downloads tell more, so messages below a warning stay in the event log.
"""

import logging
import sys
import time

import dagster as dg

PAUSE_SECONDS = 10.0


class StoryHandler(logging.Handler):
    """Writes a step's messages to standard error; below a warning at most one every ten seconds, none on a terminal."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._told = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        meta = getattr(record, "dagster_meta", None) or {}
        if meta.get("dagster_event") is not None:
            return  # the planner tells how a run ended
        now = time.monotonic()
        if record.levelno < logging.WARNING:
            if sys.stderr.isatty() or now - self._told < PAUSE_SECONDS:
                return
            self._told = now
        message = meta.get("orig_message") or record.getMessage()
        sys.stderr.write(f"            {message}\n")
        sys.stderr.flush()


def _open_story(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.getLogger("locsens.story")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(StoryHandler())
    return logger


story_logger = dg.LoggerDefinition(_open_story, description="A step's own messages, as a person wants to read them.")
