"""Memory that a training frees is kept for its next step: on Linux fresh memory is slow, and a step takes much of it.

The C library gives large freed blocks back to the kernel at once, which clears every page when it is asked again. With
the paper's widths that is a third of a training step's time on a CPU.
"""

import contextlib
import ctypes
import platform
from collections.abc import Iterator

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_DEFAULT_MMAP_MAX = 65_536
_NEVER = -1
_LARGEST_MMAP_THRESHOLD = 32 << 20  # to which glibc would raise it by itself; set by hand it rises no more
_WHEN_IDLE = 64 << 20


@contextlib.contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Until its end freed memory stays with the process; then what is free is given back. Only glibc needs it."""
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_MAX, 0)
    libc.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        libc.mallopt(_MMAP_MAX, _DEFAULT_MMAP_MAX)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        libc.mallopt(_TRIM_THRESHOLD, _WHEN_IDLE)
        libc.malloc_trim(0)
