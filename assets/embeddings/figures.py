"""What one looks at after a training: its curve."""

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def training_curve(curve: pa.Table, title: str) -> Figure:
    """Loss over steps, and beside it every validation metric.

    Args:
        curve: Table of a `TrainingCurve`: `step`, `loss`, `learning_rate`, metrics; null where not measured.
        title: What was trained.
    """
    metrics = [name for name in curve.column_names if name not in {"step", "loss", "learning_rate"}]
    figure = Figure(figsize=(9 if metrics else 5, 3.5), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, 2 if metrics else 1, squeeze=False)[0]
    _draw(panels[0], curve, ["loss"], "training loss")
    if metrics:
        _draw(panels[1], curve, metrics, "validation, percent")
        panels[1].legend(fontsize=8)
    return figure


def _draw(axes: Axes, curve: pa.Table, names: list[str], label: str) -> None:
    steps = curve.column("step").to_pylist()
    for name in names:
        points = [
            (step, value)
            for step, value in zip(steps, curve.column(name).to_pylist(), strict=True)
            if value is not None
        ]
        shown = name.removeprefix("validation_").replace("_", " ")
        axes.plot(*zip(*points, strict=True), marker="." if len(points) < 40 else "", label=shown)
    axes.set_xlabel("step")
    axes.set_ylabel(label)
