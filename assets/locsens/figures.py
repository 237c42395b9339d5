"""The training curve of a LocSens variant."""

from collections.abc import Mapping

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LOSSES = {"loss": "training", "validation_loss": "validation"}
_NOT_METRICS = {"step", "learning_rate", *_LOSSES}
_FEW = 40


def training_curve(curve: pa.Table, title: str, stages: Mapping[int, str]) -> Figure:
    """Losses over steps, and beside them the validation metrics.

    Args:
        curve: `step`, `loss`, metrics; null where not measured.
        title: What was trained.
        stages: Steps at which a stage ended, and its name: drawn as lines.
    """
    metrics = [name for name in curve.column_names if name not in _NOT_METRICS]
    figure = Figure(figsize=(9 if metrics else 5, 3.5), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(1, 2 if metrics else 1, squeeze=False)[0]
    _draw(panels[0], curve, _LOSSES, "margin ranking loss")
    if metrics:
        labels = {name: name.replace("_", " ") for name in metrics}
        _draw(panels[1], curve, labels, "validation, percent")
    for end, name in stages.items():
        panels[0].axvline(end, color="0.8", linewidth=0.8, zorder=0)
        panels[0].annotate(
            name.replace("sigma_", "σ "),
            (end, 1),
            xycoords=("data", "axes fraction"),
            rotation=90,
            ha="right",
            va="top",
            fontsize=7,
        )
    return figure


def _draw(axes: Axes, curve: pa.Table, labels: Mapping[str, str], unit: str) -> None:
    steps = curve.column("step").to_pylist()
    for name, label in labels.items():
        if name not in curve.column_names:
            continue
        values = curve.column(name).to_pylist()
        points = [(step, value) for step, value in zip(steps, values, strict=True) if value is not None]
        axes.plot(*zip(*points, strict=True), marker="." if len(points) < _FEW else "", label=label)
    axes.set_xlabel("step")
    axes.set_ylabel(unit)
    axes.legend(fontsize=8)
