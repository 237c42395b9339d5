"""The tag frequency curve."""

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from assets.base.show import thinned

_NAMED = 5  # most frequent hashtags of the vocabulary


def frequency_curve(spectrum: pl.DataFrame, skipped: pl.DataFrame, kept: pl.DataFrame) -> Figure:
    """Photos of a hashtag over its rank among all distinct ones, both logarithmic; what is kept is marked.

    Args:
        spectrum: `photos`, `tags`: how many of all distinct hashtags are on so many photos, most photos first.
        skipped: `tag`, `photos` of the skipped ones.
        kept: `tag_id`, `tag`, `photos` of the vocabulary, most frequent first.
    """
    last = pl.col("tags").cum_sum()
    ranked = spectrum.select("photos", first=last - pl.col("tags") + 1, last=last)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    curve = thinned(ranked)
    # Equally frequent ones are a flat stretch, from the first of them to the last.
    ranks = curve.select(pl.concat_list("first", "last").explode()).to_series()
    label = f"all {spectrum['tags'].sum():,} hashtags"
    axes.plot(ranks, np.repeat(curve["photos"].to_numpy(), 2), color="0.6", label=label)
    for frame, colour, name in ((kept, "tab:blue", "vocabulary"), (skipped, "tab:red", "skipped")):
        part = thinned(_with_rank(frame, ranked))
        label = f"{name}: {frame.height:,}"
        axes.plot(part["rank"], part["photos"], ".", color=colour, markersize=4, label=label)
    for place, row in enumerate(_with_rank(kept.head(_NAMED), ranked).iter_rows(named=True)):
        # A hashtag may hold dollar signs, which would begin a formula, and letters that the font has not.
        name = row["tag"] if _drawable(row["tag"]) else f"#{row['tag_id']}"
        # One below the other: their points lie too close together for names beside them.
        axes.annotate(
            name,
            (row["rank"], row["photos"]),
            (30, 9 * (_NAMED - place)),
            textcoords="offset points",
            fontsize=7,
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "0.6"},
            parse_math=False,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("rank")
    axes.set_ylabel("photos")
    axes.legend()
    return figure


def _with_rank(frame: pl.DataFrame, ranked: pl.DataFrame) -> pl.DataFrame:
    """Hashtags with their rank among all; among equally frequent ones, those of the frame come first."""
    among_equals = pl.int_range(pl.len()).over("photos")
    return frame.join(ranked, on="photos", maintain_order="left").with_columns(rank=pl.col("first") + among_equals)


def _drawable(text: str) -> bool:
    letters = get_font(findfont(FontProperties())).get_charmap()
    return all(ord(letter) in letters for letter in text)
