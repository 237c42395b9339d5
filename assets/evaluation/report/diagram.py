"""The LocSens network drawn from its config, as the paper's architecture figure shows it.

Three branches side by side, joined, then the fully connected layers one below the other, drawn to width.
The element takes its colours from the page, as the other figures do.
"""

from html import escape

from assets.evaluation.report.data import Layers

_WIDTH = 460
_GAP = 22
_BOX = 34
_COLUMN = 138
_CENTRES = (76, 230, 384)
_NAMES = {"image": "image embedding", "tag": "hashtag embedding", "location": "location"}


def architecture(layers: Layers) -> str:
    """The network as an SVG element, 460 units wide and as high as it has layers."""
    parts: list[str] = []
    y = 8.0
    total = sum(layers.modality_width.values())
    for index, (modality, width) in enumerate(layers.inputs.items()):
        x = _CENTRES[index] - _COLUMN / 2
        mapped = layers.modality_width[modality]
        colour = f"s{index + 1}"
        parts += _box(x, y, _COLUMN, _NAMES.get(modality, modality), f"{width}", colour, filled=True)
        parts += _arrow(_CENTRES[index], y + _BOX, y + _BOX + _GAP)
        parts += _box(x, y + _BOX + _GAP, _COLUMN, layers.branch, f"{width} → {mapped}", colour)
        bottom = y + 2 * _BOX + _GAP
        below = "L2-normalised" if layers.normalised else "not normalised"
        parts += _text(_CENTRES[index], bottom + 16, below, anchor="middle", size=11, colour="muted")
        parts += _arrow(_CENTRES[index], bottom + 22, bottom + 22 + _GAP)
    y += 2 * _BOX + 2 * _GAP + 22
    parts += _joined(layers, y, total)
    y += _BOX
    for width in layers.hidden:
        parts += _arrow(_WIDTH / 2, y, y + _GAP)
        y += _GAP
        drawn = 150 + 220 * min(width / max(layers.hidden), 1.0)
        parts += _box((_WIDTH - drawn) / 2, y, drawn, layers.hidden_block, f"{width}", "s8")
        y += _BOX
    parts += _arrow(_WIDTH / 2, y, y + _GAP)
    y += _GAP
    parts += _box(_WIDTH / 2 - 60, y, 120, "linear → score", "1", "s5", filled=True)
    y += _BOX + 20
    parts += _note(
        _WIDTH / 2,
        y,
        f"margin ranking loss, margin {layers.margin:g}, {layers.negatives} negatives",
        anchor="middle",
    )
    parts += _note(_WIDTH / 2, y + 17, layers.location, anchor="middle")
    alt = (
        f"Architecture of {layers.variant}: "
        + ", ".join(f"{_NAMES.get(name, name)} of {width}" for name, width in layers.inputs.items())
        + f", mapped to {', '.join(str(one) for one in layers.modality_width.values())}, joined to {total}, "
        + f"then layers of {', '.join(str(width) for width in layers.hidden)} and one score."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 26:g}" role="img" '
        f'aria-label="{escape(alt)}" class="diagram">{"".join(parts)}</svg>'
    )


def _joined(layers: Layers, y: float, total: int) -> list[str]:
    """The concatenation: one bar with a part for each modality, as wide as its share."""
    left, whole = 8.0, _WIDTH - 16.0
    parts = []
    for index, width in enumerate(layers.modality_width.values()):
        part = whole * width / total
        parts.append(
            f'<rect x="{left:g}" y="{y:g}" width="{part:g}" height="{_BOX}" '
            f'fill="var(--s{index + 1})" fill-opacity="0.25" stroke="var(--s{index + 1})"/>'
        )
        left += part
    parts += _text(_WIDTH / 2, y + _BOX / 2 + 5, f"concatenated: {total}", anchor="middle", weight="600")
    return parts


def _box(x: float, y: float, width: float, name: str, size: str, colour: str, *, filled: bool = False) -> list[str]:
    return [
        (
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{_BOX}" rx="5" fill="var(--{colour})" '
            f'fill-opacity="{0.25 if filled else 0.08}" stroke="var(--{colour})" stroke-width="1.2"/>'
        ),
        *_text(x + width / 2, y + 14, name, anchor="middle", size=11),
        *_text(x + width / 2, y + 28, size, anchor="middle", weight="600", size=12),
    ]


def _arrow(x: float, top: float, bottom: float) -> list[str]:
    head = "m-3.5 -5l3.5 5l3.5 -5"
    path = f"M{x:g} {top:g}V{bottom - 2:g}{head}"
    return [f'<path d="{path}" fill="none" stroke="var(--muted)" stroke-width="1.2"/>']


def _note(x: float, y: float, text: str, anchor: str = "start") -> list[str]:
    return _text(x, y, text, anchor=anchor, size=11, colour="muted")


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 13,
    weight: str = "400",
    colour: str = "ink",
) -> list[str]:
    look = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="var(--{colour})"'
    return [f'<text x="{x:g}" y="{y:g}" {look}>{escape(text)}</text>']
