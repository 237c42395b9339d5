"""The sample world's properties as bars, each over the range that it was made for."""

import polars as pl
from matplotlib.figure import Figure

_PERCENT = r"^(upper_bound|frequency)_"


def properties_figure(properties: pl.DataFrame) -> Figure:
    """Properties with a range: a bar for the value, a band for the range; red where it is missed.

    Args:
        properties: Rows of `world_properties`.
    """
    ranged = properties.filter(pl.col("low").is_not_null())
    in_percent = ranged["property"].str.contains(_PERCENT)
    panels = [(ranged.filter(~in_percent), "share", 1.0), (ranged.filter(in_percent), "percent", 100.0)]
    figure = Figure(figsize=(8, 1.6 + 0.32 * ranged.height), layout="constrained")
    axes = figure.subplots(2, 1, height_ratios=[max(rows.height, 1) for rows, _, _ in panels])
    for panel, (rows, label, most) in zip(axes, panels, strict=True):
        for place, (name, value, low, high) in enumerate(rows.iter_rows()):
            met = value is not None and low <= value <= high
            # A range of one value would be no band.
            panel.barh(place, max(high - low, 0.01 * most), left=low, height=0.85, color="0.8")
            panel.barh(place, value or 0, height=0.4, color="tab:blue" if met else "tab:red")
            panel.text(most * 1.01, place, "–" if value is None else f"{value:.3g}", va="center", fontsize=8)
            panel.text(-0.01 * most, place, name, va="center", ha="right", fontsize=8)
        panel.set_yticks([])
        panel.invert_yaxis()
        panel.set_xlim(0, most)
        panel.set_xlabel(label)
    figure.suptitle("measured (bar) and made for (band)", fontsize=10)
    return figure
