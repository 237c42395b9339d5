"""What killed runs left beside the recorded files, in the storage and on the local disk: it may hold a photo, too."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pyarrow as pa

from assets.base.scratch import alone, forget_scratch
from assets.base.storage import PARTIAL, Storage, StorageError
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from assets.images.parts import take_out
from assets.takedown.tables import Cleaning

_PAIR = ("images", "image_status")
_KEPT_LOCALLY = ("study_runs",)
"""Assets whose steps keep something by photo on the local disk until they are whole; others keep weights and notes."""


def remove_leftovers(workspace: Workspace, cleaning: Cleaning) -> int:
    """Remove unrecorded files that hold a photo taken down or cannot be read; abort uploads that were never ended.

    Parts of images are what a killed run goes on from: they are written anew without the photos.

    Returns:
        How many files were removed or written anew.
    """
    storage = workspace.storage
    storage.abort_uploads()
    changed = 0
    for asset in TABLES:
        recorded = {file.path for record in workspace.ledger.records(asset).values() for file in record.files}
        left = [path for path in storage.list(f"tables/{asset}", unfinished=True) if path not in recorded]
        changed += sum(_cleaned(storage, asset, path, cleaning) for path in left)
    return changed


def _cleaned(storage: Storage, asset: str, path: str, cleaning: Cleaning) -> bool:
    pair = [f"tables/{one}/{path.removeprefix(f'tables/{asset}/')}" for one in _PAIR]
    is_part = asset in _PAIR and PARTIAL not in path and all(storage.exists(one) for one in pair)
    try:
        if is_part:
            return take_out(storage, pair[0], pair[1], cleaning.takedowns.hold) is not None
        clean = PARTIAL not in path and cleaning.of_file(asset, path) is None
    except StorageError:
        raise
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError):
        clean = False  # nobody can read it, so nobody can say what it holds
    if not clean:
        storage.remove(path)
    return not clean


@contextmanager
def local_work_held(workspace: Workspace) -> Iterator[None]:
    """Let nobody begin what keeps photos on the local disk: it would write those there, and then into tables.

    Raises:
        OutputBusyError: It is being made right now.
    """
    with ExitStack() as held:
        for asset in _KEPT_LOCALLY:
            step = workspace.steps.maker(asset)
            for key in workspace.keys(step.by):
                held.enter_context(alone(step, workspace, key))
        yield


def remove_local_work(workspace: Workspace) -> int:
    """Remove what was made on the local disk of photos as they no longer are; under `local_work_held`.

    After all tables: what is made of their versions of now holds no photo taken down, and is gone on with.

    Returns:
        How many folders were removed.
    """
    makers = [workspace.steps.maker(asset) for asset in _KEPT_LOCALLY]
    return sum(forget_scratch(step, workspace, key) for step in makers for key in workspace.keys(step.by))
