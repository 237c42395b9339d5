"""The figure of the claims: every comparison's effect with its interval."""

import polars as pl
from matplotlib.figure import Figure

_COLOURS = {"holds": "C2", "does not": "C3", "undecided": "0.5"}


def claims_figure(parts: pl.DataFrame) -> Figure:
    """One line per comparison, coloured by its verdict, grouped by claim.

    Args:
        parts: Rows of `claim_parts`.
    """
    figure = Figure(figsize=(9, 1 + 0.22 * max(parts.height, 1)), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(0, color="0.8", linewidth=0.8)
    for line, row in enumerate(parts.iter_rows(named=True)):
        colour = _COLOURS[row["verdict"]]
        if row["effect_low"] is not None:
            axes.plot((row["effect_low"], row["effect_high"]), (line, line), color=colour, linewidth=1.5)
        axes.plot(row["effect"], line, "o", color=colour, markersize=4)
    axes.set_yticks(
        range(parts.height), [f"{row['claim']}  {row['part']}" for row in parts.iter_rows(named=True)], fontsize=7
    )
    axes.invert_yaxis()
    axes.set_xlabel("points; right of 0 as in the paper")
    for verdict, colour in _COLOURS.items():
        axes.plot([], [], "o", color=colour, label=verdict)
    axes.legend(fontsize=8)
    return figure
