"""What a seed of the study has finished so far, on the local disk: a killed study goes on from there.

Everything lies below the run's scratch, which is found again only by the same seed of the same inputs and settings.
A piece of work is a folder that is moved into place when it is whole.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from assets.base.storage import Storage

_DONE, _BEGUN, _TRAININGS = "done", "begun", "trainings"


class SeedFolder:
    """The pieces of work of one seed.

    Attributes:
        storage: The folder itself, to read finished work from.
    """

    def __init__(self, root: Path) -> None:
        """Opens the folder, made if it is not there."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self.storage = Storage(str(root))

    def checkpoints(self, key: str) -> Path:
        """Where a training keeps its checkpoints until its piece of work is whole."""
        return self._root / _TRAININGS / key

    def once(self, key: str, make: Callable[[Path], None]) -> Path:
        """The folder of a piece of work, made if it is not there yet.

        Args:
            key: Its name.
            make: Makes it in an empty folder.
        """
        done, begun = self._root / _DONE / key, self._root / _BEGUN / key
        if not done.exists():
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir(parents=True)
            make(begun)
            done.parent.mkdir(parents=True, exist_ok=True)
            begun.rename(done)
        shutil.rmtree(self.checkpoints(key), ignore_errors=True)
        return done

    def files(self, key: str, asset: str) -> list[str]:
        """Files of one asset in a finished piece of work, relative to the storage."""
        return self.storage.list(f"{_DONE}/{key}/{asset}")
