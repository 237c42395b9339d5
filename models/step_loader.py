"""The batches of a training by number: which step, and which part of its batch. There is no loader's state to save."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from torch.utils.data import DataLoader, Dataset, Sampler

from models.share import Share


class Batches(Protocol):
    """What a loader needs of a `TrainingTask`."""

    def batch(self, step: int, share: Share) -> Any:
        """The part of a step's batch."""


class _Parts(Dataset[tuple[int, int, Any]]):
    """Item n is part n mod P of step n // P of the P parts that one process takes: (step, part, content)."""

    def __init__(self, task: Batches, shares: Sequence[Share]) -> None:
        self._task = task
        self._shares = shares

    def __getitem__(self, number: int) -> tuple[int, int, Any]:
        step, part = divmod(number, len(self._shares))
        return step, part, self._task.batch(step, self._shares[part])


class _Numbers(Sampler[int]):
    """The parts from where a checkpoint ended; its length is the whole training, as Lightning counts."""

    def __init__(self, first: int, end: int) -> None:
        self._first = first
        self._end = end

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._end))

    def __len__(self) -> int:
        return self._end


class StepLoader(DataLoader[tuple[int, int, Any]]):
    """Batches by step. The sampler knows its place in the training, so there is no state to save."""

    def __init__(self, task: Batches, shares: Sequence[Share], steps: range, workers: int) -> None:
        """Loads what one process trains on.

        Args:
            task: Makes the batches.
            shares: The parts of each step's batch that this process takes, in order.
            steps: From the first step that is still to do, to the end.
            workers: Processes that prepare batches.
        """
        super().__init__(
            _Parts(task, shares),
            batch_size=None,
            sampler=_Numbers(steps.start * len(shares), steps.stop * len(shares)),
            num_workers=workers,
        )

    def state_dict(self) -> dict[str, Any]:
        """Tells Lightning that this loader resumes by itself."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to load."""
