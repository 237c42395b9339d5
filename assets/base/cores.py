"""How many cores there are for this process: schedulers and sets of cores give it fewer than the machine has."""

import os


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
