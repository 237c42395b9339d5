"""What one looks at after a training, of an embedding model or of LocSens: its curve."""

from collections.abc import Sequence

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LOSSES = ("loss", "validation_loss")
_NOT_METRICS = {"step", "learning_rate", *_LOSSES}
_FEW = 40
"""Up to so many points are marked one by one."""


def training_curve(curve: pa.Table, title: str, loss: str = "training loss") -> Figure:
    """Losses over steps, and beside them every validation metric.

    Args:
        curve: Table of a `TrainingCurve`: `step`, `loss`, `learning_rate`, metrics; null where not measured.
        title: What was trained.
        loss: What the loss is called.
    """
    metrics = [name for name in curve.column_names if name not in _NOT_METRICS]
    figure = Figure(figsize=(9 if metrics else 5, 3.5), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, 2 if metrics else 1, squeeze=False)[0]
    _draw(panels[0], curve, [name for name in _LOSSES if name in curve.column_names], loss)
    if metrics:
        _draw(panels[1], curve, metrics, "validation, percent")
    return figure


def _draw(axes: Axes, curve: pa.Table, names: Sequence[str], label: str) -> None:
    steps = curve.column("step").to_pylist()
    for name in names:
        values = curve.column(name).to_pylist()
        points = [(step, value) for step, value in zip(steps, values, strict=True) if value is not None]
        shown = {"loss": "training", "validation_loss": "validation"}.get(name, name.removeprefix("validation_"))
        axes.plot(*zip(*points, strict=True), marker="." if len(points) < _FEW else "", label=shown.replace("_", " "))
    axes.set_xlabel("step")
    axes.set_ylabel(label)
    axes.legend(fontsize=8)
