"""Pieces of sentences: lists cut short."""

from collections.abc import Sequence


def shorten(names: Sequence[str], most: int = 3) -> str:
    """The first of some names and how many more there are; `none` if there are none."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "none"
