"""Pictures of the stage: a few stored images side by side, and which images are still there."""

import io
from collections.abc import Sequence
from textwrap import fill

import polars as pl
from matplotlib.figure import Figure
from PIL import Image, ImageOps

CELL = 96  # pixels
_GAP = 2
_ACROSS = 8


def contact_sheet(jpegs: Sequence[bytes]) -> bytes:
    """Images as one PNG, eight in a row, each cropped to a square.

    Args:
        jpegs: Stored images, at least one.
    """
    rows = -(-len(jpegs) // _ACROSS)
    step = CELL + _GAP
    sheet = Image.new("RGB", (min(len(jpegs), _ACROSS) * step - _GAP, rows * step - _GAP), "white")
    for index, jpeg in enumerate(jpegs):
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            cell = ImageOps.fit(image, (CELL, CELL))
        sheet.paste(cell, (index % _ACROSS * step, index // _ACROSS * step))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


FATES = {"ok": "there", "missing": "gone", "transient": "failed for now", "other": "unusable"}
"""Columns of `image_survivorship` that add up to `wanted`, in words."""

_FATE_COLOURS = ("tab:blue", "tab:red", "tab:orange", "tab:gray")
_PARTS_PER_ROW = 0.36  # inches: two lines of a name
_LETTERS = 26  # of a line


def alive(rows: pl.DataFrame, title: str, colours: Sequence[str] = _FATE_COLOURS, width: float = 7.0) -> Figure:
    """What became of the images of each value, as bars of 100 %.

    Args:
        rows: Rows of `image_survivorship` of one dimension, values in the order wanted, none null.
        title: What the values are.
        colours: A colour for each of `FATES`.
        width: Width in inches.
    """
    figure = Figure(figsize=(width, 1.4 + _PARTS_PER_ROW * max(rows.height, 1)), layout="constrained")
    axes = figure.subplots()
    places = list(range(rows.height))
    left = pl.zeros(rows.height, dtype=pl.Float64, eager=True)
    for (column, name), colour in zip(FATES.items(), colours, strict=True):
        share = rows[column] / rows["wanted"] * 100
        axes.barh(places, share, left=left, color=colour, label=name, height=0.7)
        left += share
    axes.set_yticks(places, [fill(value, _LETTERS) for value in rows["value"]], parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of the wanted images")
    axes.set_title(title)
    axes.grid(visible=False, axis="y")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=len(FATES))
    return figure
