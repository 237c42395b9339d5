"""The curve of a training: what was measured at which step."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa


class TrainingCurve:
    """Rows of step, loss, learning rate and validation metrics; a metric not measured at a step is null."""

    def __init__(self, rows: Iterable[Mapping[str, float | None]] = (), seconds: float = 0.0) -> None:
        """Takes up an earlier curve.

        Args:
            rows: Its rows.
            seconds: Time its steps took, without validation and saving. Not in the table: it differs from run
                to run.
        """
        self.seconds = seconds
        self.kept_step = 0
        """After how many steps the weights that were kept are taken; set when the training has ended."""
        self.rows: list[dict[str, float | None]] = [dict(row) for row in rows]

    def add(self, step: int, **values: float) -> None:
        """Adds what was measured after `step` steps; a second call for the same step adds to its row."""
        if not self.rows or self.rows[-1]["step"] != step:
            self.rows.append({"step": step})
        self.rows[-1].update(values)

    @property
    def seconds_per_step(self) -> float:
        """Mean time of a step, 0 before the first."""
        return self.seconds / (self.rows[-1]["step"] or 1) if self.rows else 0.0

    def last(self) -> dict[str, float]:
        """The latest value of every column."""
        return self._latest(self.rows)

    def kept(self) -> dict[str, float]:
        """The latest value of every column when the weights that were kept were reached."""
        return self._latest(row for row in self.rows if (row["step"] or 0) <= self.kept_step)

    @staticmethod
    def _latest(rows: Iterable[Mapping[str, float | None]]) -> dict[str, float]:
        latest: dict[str, float] = {}
        for row in rows:
            latest.update({name: value for name, value in row.items() if value is not None})
        return latest

    def table(self) -> pa.Table:
        """One row per logged step: `step` int64, loss, rate and metrics float64 or null."""
        names = list(dict.fromkeys(name for row in self.rows for name in row if name != "step"))
        columns: dict[str, Any] = {"step": pa.array([int(row["step"] or 0) for row in self.rows], pa.int64())}
        for name in names:
            columns[name] = pa.array([row.get(name) for row in self.rows], pa.float64())
        return pa.table(columns)
