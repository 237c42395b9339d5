"""A pen that draws vector shapes in a figure's own frame: origin on the ground, x to the right, y up."""

from collections.abc import Iterable, Sequence

from PIL import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]


def shade(colour: Colour, factor: float) -> Colour:
    """The colour darker (factor below 1) or lighter (above)."""
    red, green, blue = (min(255, max(0, round(part * factor))) for part in colour)
    return red, green, blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Between two colours; `share` is the second's, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Pen:
    """Draws in a frame of its own.

    Args:
        draw: Pillow's drawing context of the picture.
        x: Where the frame's origin is, in pixels from the left.
        y: And from the top.
        size: Pixels per unit.
        mirrored: Whether x runs to the left.
    """

    def __init__(self, draw: ImageDraw.ImageDraw, x: float, y: float, size: float, *, mirrored: bool = False) -> None:
        self._draw = draw
        self._x, self._y = x, y
        self._size = size
        self._across = -size if mirrored else size

    def at(self, x: float, y: float, size: float = 1.0, *, mirrored: bool = False) -> "Pen":
        """A pen for a smaller frame inside this one."""
        inner = Pen(self._draw, *self._to_pixels(x, y), self._size * size)
        inner._across = (-self._across if mirrored else self._across) * size
        return inner

    def poly(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([self._to_pixels(x, y) for x, y in points], fill=colour)

    def box(self, left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        """A filled upright rectangle."""
        self._draw.rectangle(self._bounds(left, bottom, right, top), fill=colour)

    def oval(self, x: float, y: float, across: float, up: float | None = None, colour: Colour = (0, 0, 0)) -> None:
        """A filled ellipse around a point; half its width, half its height (the same if not given)."""
        high = across if up is None else up
        self._draw.ellipse(self._bounds(x - across, y - high, x + across, y + high), fill=colour)

    def dome(self, x: float, y: float, across: float, up: float, colour: Colour) -> None:
        """The upper half of an ellipse, standing on a point."""
        bounds = self._bounds(x - across, y - up, x + across, y + up)
        self._draw.pieslice(bounds, 180, 360, fill=colour)

    def bowl(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """The lower half of an ellipse, hanging from a point."""
        bounds = self._bounds(x - across, y - down, x + across, y + down)
        self._draw.pieslice(bounds, 0, 180, fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """A circle's outline."""
        bounds = self._bounds(x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(bounds, outline=colour, width=self._thick(width))

    def curve(
        self,
        x: float,
        y: float,
        across: float,
        up: float,
        span: tuple[float, float],
        colour: Colour,
        width: float,
    ) -> None:
        """Part of an ellipse's outline, from one angle to another in degrees (clockwise from the right)."""
        bounds = self._bounds(x - across, y - up, x + across, y + up)
        self._draw.arc(bounds, *span, fill=colour, width=self._thick(width))

    def line(self, points: Iterable[Point], colour: Colour, width: float) -> None:
        """A line through points; its width in units, at least one pixel."""
        pixels = [self._to_pixels(x, y) for x, y in points]
        self._draw.line(pixels, fill=colour, width=self._thick(width))

    def _thick(self, width: float) -> int:
        return max(1, round(width * self._size))

    def _to_pixels(self, x: float, y: float) -> Point:
        return self._x + x * self._across, self._y - y * self._size

    def _bounds(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        # Pillow insists on left before right and top before bottom, whichever way the frame looks.
        a, low = self._to_pixels(left, bottom)
        b, high = self._to_pixels(right, top)
        return min(a, b), min(low, high), max(a, b), max(low, high)
