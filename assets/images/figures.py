"""The contact sheet: a few stored images side by side."""

import io
from collections.abc import Sequence

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
