"""One planner at a time on a storage: a lock in the work folder, released by the system if its holder dies.

It holds among processes that share a work folder (`LOCSENS_WORK`), as those on one machine do; it does not see
another machine. Single assets materialised in the UI do not take it: they hold their own output, as every step does
(`assets.base.execute`).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from assets.base.workspace import Workspace


class StorageBusyError(RuntimeError):
    """Another planner is at work on the storage."""


@contextmanager
def only_planner(workspace: Workspace) -> Iterator[None]:
    """Hold the storage for one planner.

    Raises:
        StorageBusyError: Another one is at work.
    """
    folder = workspace.scratch / "locks"
    folder.mkdir(exist_ok=True)
    name = hashlib.sha256(workspace.storage.shown.encode()).hexdigest()[:16]
    try:
        with FileLock(folder / f"{name}.lock", timeout=0):
            yield
    except Timeout as error:
        raise StorageBusyError(
            f"storage {workspace.storage.shown}: another `locsens materialize`, or the planner's job, is at work; "
            "wait until it has ended"
        ) from error
