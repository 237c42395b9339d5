"""The training curve of a LocSens variant: every training's, with the stages of location sampling."""

from collections.abc import Mapping

import pyarrow as pa
from matplotlib.figure import Figure

from assets.embeddings.figures import training_curve as any_training_curve


def training_curve(curve: pa.Table, title: str, stages: Mapping[int, str]) -> Figure:
    """Losses over steps, and beside them the validation metrics.

    Args:
        curve: `step`, `loss`, metrics; null where not measured.
        title: What was trained.
        stages: Steps at which a stage ended, and its name: drawn as lines.
    """
    figure = any_training_curve(curve, title, "margin ranking loss")
    losses = figure.axes[0]
    for end, name in stages.items():
        losses.axvline(end, color="0.8", linewidth=0.8, zorder=0)
        losses.annotate(
            name.replace("sigma_", "σ "),
            (end, 1),
            xycoords=("data", "axes fraction"),
            rotation=90,
            ha="right",
            va="top",
            fontsize=7,
        )
    return figure
