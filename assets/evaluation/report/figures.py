"""The report's figures as matplotlib figures: sigma panels, breakdowns, curves, hashtag frequency.

Each takes plain values and returns a `Figure`; how it becomes SVG or PNG is in `theme`. Panels are separate
figures of about a phone's width, so that the page can set them side by side or one below the other.
"""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from assets.base.show import thinned
from assets.evaluation.report import paper
from assets.evaluation.report.comparison import in_order, label
from assets.evaluation.report.data import Curve
from assets.evaluation.report.measured import Measured, retrieval_figures
from assets.evaluation.report.theme import DASHES, MARKERS, PALETTE, SERIES, styled

PANEL = (5.2, 4.0)
_GROUP_COLUMNS = ("group", "mean", "spread")
_SMOOTHED = 7  # rows of a curve that are averaged, of a hundred or so

Series = Mapping[str, Sequence[Measured | None]]
"""Name → one figure for each place on the x axis, None where not run."""


def sigma_series(retrieval: pl.DataFrame, study: pl.DataFrame | None = None, *, alone: bool = False) -> Series:
    """Our sigma figure: granularity → P@10 of each place of `paper.SIGMA_AXIS`.

    Args:
        retrieval: Rows of `retrieval_results`.
        study: The study's, if one was run.
        alone: For each sigma a training of its own that ends there, instead of snapshots of one.
    """
    found = retrieval_figures(retrieval, study)
    models = list(paper.ALONE.values() if alone else paper.SIGMA_AXIS)
    return {
        granularity: [_run(found.get((model, granularity))) for model in models] for granularity in paper.GRANULARITIES
    }


def _run(measured: Measured | None) -> Measured | None:
    return measured if measured is not None and measured.by_seed else None


def paper_sigma_series() -> Series:
    """The paper's sigma figure, from its table."""
    return {
        granularity: [Measured({0: paper.SENSITIVE_RETRIEVAL[model][index]}, "") for model in paper.SIGMA_AXIS]
        for index, granularity in enumerate(paper.GRANULARITIES)
    }


def against_sigma_1(series: Series) -> Series:
    """Each series minus its value at sigma = 1, seed by seed; all None where that one is missing."""
    reference = list(paper.SIGMA_AXIS).index(paper.SIGMA_REFERENCE)
    changes: dict[str, list[Measured | None]] = {}
    for name, values in series.items():
        zero = values[reference]
        changes[name] = [None if value is None or zero is None else _run(value.minus(zero)) for value in values]
    return changes


def sigma_precision(series: Series) -> Figure:
    """Left panel of the sigma figure: P@10 per granularity."""
    with styled():
        figure = Figure(figsize=PANEL, layout="constrained")
        _sigma_axes(figure.subplots(), series, "P@10 in %")
        _legend(figure, 3)
    return figure


def sigma_change(series: Series) -> Figure:
    """Right panel of the sigma figure: change against sigma = 1, in percentage points."""
    with styled():
        figure = Figure(figsize=PANEL, layout="constrained")
        axes = figure.subplots()
        _sigma_axes(axes, against_sigma_1(series), "change against σ = 1, points")
        axes.axhline(0, color=PALETTE["muted"], linewidth=1)
        _legend(figure, 3)
    return figure


def sigma_both(series: Series) -> Figure:
    """Both panels in one figure, for Dagster's metadata."""
    with styled():
        figure = Figure(figsize=(PANEL[0] * 2, PANEL[1]), layout="constrained")
        left, right = figure.subplots(1, 2)
        _sigma_axes(left, series, "P@10 in %")
        _sigma_axes(right, against_sigma_1(series), "change against σ = 1, points")
        right.axhline(0, color=PALETTE["muted"], linewidth=1)
        handles, names = left.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper left", ncols=6)
    return figure


def _sigma_axes(axes: Axes, series: Series, ylabel: str) -> None:
    ticks = list(paper.SIGMA_AXIS.values())
    for index, (name, values) in enumerate(series.items()):
        # Side by side by a hair, so that bars of one place do not cover each other.
        places = np.arange(len(ticks)) + (index - (len(series) - 1) / 2) * 0.06
        means, spreads = (
            [_nan(None if value is None else getattr(value, what)) for value in values] for what in ("mean", "spread")
        )
        axes.errorbar(
            places if np.isfinite(spreads).any() else np.arange(len(ticks)),
            means,
            yerr=spreads if np.isfinite(spreads).any() else None,
            color=SERIES[index],
            marker=MARKERS[index],
            linestyle=DASHES[index],
            elinewidth=1,
            capsize=2,
            label=name,
        )
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_xlabel("zeroed  ·  sampling with σ  ·  raw")
    axes.set_ylabel(ylabel)
    axes.grid(visible=False, axis="x")


def breakdown(rows: pl.DataFrame, groups: Sequence[str], title: str, xlabel: str, unit: str) -> Figure:
    """A measure by group for each model: a dot a model, set beside each other within the group.

    Args:
        rows: `model`, `group`, `mean`, `spread`.
        groups: Groups in order, as shown.
        title: What is measured, in words.
        xlabel: What the groups are.
        unit: The measure.
    """
    models = in_order(set(rows["model"]))
    with styled():
        figure = Figure(figsize=PANEL, layout="constrained")
        axes = figure.subplots()
        width = 0.7 / max(len(models), 1)
        for index, model in enumerate(models):
            own = rows.filter(pl.col("model") == model)
            found = {group: (mean, spread) for group, mean, spread in own.select(*_GROUP_COLUMNS).iter_rows()}
            means, spreads = ([_nan(found.get(group, (None, None))[part]) for group in groups] for part in (0, 1))
            places = np.arange(len(groups)) + (index - (len(models) - 1) / 2) * width
            axes.errorbar(
                places,
                means,
                yerr=spreads if np.isfinite(spreads).any() else None,
                linestyle="none",
                marker=MARKERS[index % len(MARKERS)],
                color=SERIES[index % len(SERIES)],
                elinewidth=1,
                capsize=2,
                label=label(model),
                clip_on=False,
            )
        for edge in range(1, len(groups)):
            axes.axvline(edge - 0.5, color=PALETTE["rule"], linewidth=0.6)
        axes.set_xticks(range(len(groups)), [fill(group, 10) for group in groups], fontsize=9)
        axes.set_xlim(-0.5, max(len(groups) - 0.5, 0.5))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(f"{unit} in %")
        axes.set_title(title)
        axes.grid(visible=False, axis="x")
        _legend(figure, 2)
    return figure


def training_curve(curve: Curve) -> Figure:
    """Training and validation loss over steps, and below them the other validation measures, if any."""
    steps = curve.steps
    above = {"step", "loss", "validation_loss", "learning_rate"}
    measures = [name for name in steps.columns if name not in above and steps[name].drop_nulls().len()]
    with styled():
        figure = Figure(figsize=(4.2, 2.7 + (1.6 if measures else 0)), layout="constrained")
        panels = figure.subplots(2 if measures else 1, 1, sharex=True, squeeze=False)[:, 0]
        losses = steps.select("step", "loss").drop_nulls()
        panels[0].plot(losses["step"], losses["loss"], color=PALETTE["rule"], linewidth=1)
        smooth = losses["loss"].rolling_mean(_SMOOTHED, min_samples=1, center=True)
        panels[0].plot(losses["step"], smooth, color=SERIES[0], label="training loss")
        if "validation_loss" in steps.columns:
            _measure(panels[0], steps, "validation_loss", 1)
        panels[0].set_ylabel("loss")
        for index, name in enumerate(measures):
            _measure(panels[1], steps, name, index + 2)
        if measures:
            panels[1].set_ylabel("validation, %")
        panels[-1].set_xlabel("step")
        panels[-1].xaxis.set_major_locator(MaxNLocator(5, integer=True))
        handles = [handle for axes in panels for handle in axes.get_legend_handles_labels()[0]]
        names = [name for axes in panels for name in axes.get_legend_handles_labels()[1]]
        figure.legend(handles, names, loc="outside upper left", ncols=2)
    return figure


def _measure(axes: Axes, steps: pl.DataFrame, name: str, style: int) -> None:
    points = steps.select("step", name).drop_nulls()
    axes.plot(
        points["step"],
        points[name],
        color=SERIES[style % len(SERIES)],
        marker=MARKERS[style % len(MARKERS)],
        markersize=4,
        linestyle=DASHES[style % len(DASHES)],
        label=name.replace("_", " "),
    )


def tag_frequency(frequencies: pl.DataFrame) -> Figure:
    """Photos per hashtag over its rank, both logarithmic; the skipped most frequent ones marked.

    Args:
        frequencies: `rank` (from 0), `photos`, `skipped`.
    """
    with styled():
        figure = Figure(figsize=PANEL, layout="constrained")
        axes = figure.subplots()
        kept = thinned(frequencies.filter(~pl.col("skipped")))
        skipped = frequencies.filter(pl.col("skipped"))
        axes.plot(kept["rank"] + 1, kept["photos"], color=SERIES[0], label="vocabulary")
        if skipped.height:
            name = "skipped, too frequent"
            axes.plot(
                skipped["rank"] + 1,
                skipped["photos"],
                linestyle="none",
                marker="s",
                color=SERIES[1],
                label=name,
            )
        if frequencies.height:
            axes.set_xscale("log")
            axes.set_yscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_locator(NullLocator())
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("rank of the hashtag")
        axes.set_ylabel("photos that carry it")
        axes.legend(loc="lower left")
    return figure


def _legend(figure: Figure, columns: int) -> None:
    handles, names = figure.axes[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, loc="outside upper left", ncols=columns)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value
