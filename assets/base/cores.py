"""How many cores there are for this process: containers and schedulers give it fewer than the machine has."""

import os


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
