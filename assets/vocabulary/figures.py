"""The tag frequency curve."""

import polars as pl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from assets.base.show import thinned


def frequency_curve(frequencies: pl.DataFrame, skipped: pl.DataFrame, kept: pl.DataFrame) -> Figure:
    """Photos of a hashtag over its rank among all distinct ones, both logarithmic; what is kept is marked.

    Args:
        frequencies: `tag`, `photos` of every distinct hashtag, most frequent first.
        skipped: `tag`, `photos` of the skipped ones.
        kept: `tag_id`, `tag`, `photos` of the vocabulary, most frequent first.
    """
    ranked = frequencies.with_row_index("rank", offset=1)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    curve = thinned(ranked)
    axes.plot(curve["rank"], curve["photos"], color="0.6", label=f"all {ranked.height:,} hashtags")
    for frame, colour, name in ((kept, "tab:blue", "vocabulary"), (skipped, "tab:red", "skipped")):
        part = thinned(ranked.join(frame.select("tag"), on="tag", how="semi").sort("rank"))
        label = f"{name}: {frame.height:,}"
        axes.plot(part["rank"], part["photos"], ".", color=colour, markersize=4, label=label)
    for row in kept.head(5).join(ranked.select("tag", "rank"), on="tag").iter_rows(named=True):
        # A hashtag may hold dollar signs, which would begin a formula, and letters that the font has not.
        name = row["tag"] if _drawable(row["tag"]) else f"#{row['tag_id']}"
        axes.annotate(name, (row["rank"], row["photos"]), fontsize=7, rotation=30, parse_math=False)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("rank")
    axes.set_ylabel("photos")
    axes.legend()
    return figure


def _drawable(text: str) -> bool:
    letters = get_font(findfont(FontProperties())).get_charmap()
    return all(ord(letter) in letters for letter in text)
