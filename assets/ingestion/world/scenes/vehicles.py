"""What moves: on roads, rails, water and in the air."""

import random

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

_TYRE: Colour = (28, 28, 32)
_GLASS: Colour = (176, 208, 226)


def _wheel(pen: Pen, x: float, radius: float) -> None:
    pen.oval(x, radius, radius, colour=_TYRE)
    pen.oval(x, radius, radius * 0.45, colour=(170, 170, 174))


def car(pen: Pen, look: Look, rng: random.Random) -> None:
    """A yellow cab, a black cab, a pastel classic, a pick-up, or some car."""
    pastel: tuple[Colour, ...] = ((64, 190, 186), (240, 130, 160), (240, 214, 110), (120, 170, 230))
    plain: tuple[Colour, ...] = ((190, 36, 40), (40, 80, 160), (210, 212, 216), (60, 66, 70), (40, 110, 80))
    if look.style == "america" and rng.random() < 0.75:
        colour: Colour = (248, 200, 30)
    elif look.style == "britain":
        colour = (30, 32, 40)
    elif look.style == "latin":
        colour = rng.choice(pastel)
    else:
        colour = mix(rng.choice(plain), look.accent, 0.2)
    if look.style == "latin":
        pen.poly([(-0.95, 0.12), (-0.98, 0.4), (-0.8, 0.46), (0.9, 0.46), (0.96, 0.34), (0.95, 0.12)], colour)
        pen.poly([(-0.95, 0.4), (-1.02, 0.56), (-0.7, 0.46)], colour)
        pen.poly([(-0.45, 0.46), (-0.32, 0.72), (0.28, 0.72), (0.46, 0.46)], mix(colour, (250, 250, 250), 0.7))
        pen.poly([(-0.36, 0.48), (-0.26, 0.67), (0.22, 0.67), (0.36, 0.48)], _GLASS)
        pen.line([(-0.95, 0.28), (0.95, 0.28)], (236, 236, 236), 0.05)
    else:
        high = 0.82 if look.style == "britain" else 0.7
        pen.poly([(-0.92, 0.12), (-0.92, 0.4), (-0.62, 0.46), (0.7, 0.46), (0.92, 0.38), (0.92, 0.12)], colour)
        pen.poly([(-0.6, 0.44), (-0.4, high), (0.3, high), (0.58, 0.44)], colour)
        pen.poly([(-0.49, 0.47), (-0.35, high - 0.05), (-0.07, high - 0.05), (-0.07, 0.47)], _GLASS)
        pen.poly([(0.0, 0.47), (0.0, high - 0.05), (0.26, high - 0.05), (0.46, 0.47)], _GLASS)
        if look.style in {"america", "britain"}:
            pen.box(-0.14, high, 0.1, high + 0.09, (250, 240, 190))
    pen.box(0.82, 0.28, 0.94, 0.36, (255, 244, 180))
    pen.box(-0.94, 0.28, -0.86, 0.36, (220, 40, 40))
    for x in (-0.55, 0.55):
        _wheel(pen, x, 0.19)


def bus(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A red double-decker in Britain and Hong Kong, a yellow school bus in America, else a city bus."""
    double = look.style == "britain" or look.city.country == "HK"
    if double:
        colour: Colour = (200, 28, 34)
    elif look.style == "america":
        colour = (246, 186, 24)
    else:
        colour = mix((60, 140, 110), look.accent, 0.6)
    high = 1.05 if double else 0.7
    pen.box(-0.85, 0.12, 0.85, high, colour)
    for low in (0.36, 0.72)[: 2 if double else 1]:
        for number in range(5):
            x = -0.76 + number * 0.31
            pen.box(x, low, x + 0.25, low + 0.2, _GLASS)
    pen.box(-0.85, 0.2, 0.85, 0.25, shade(colour, 0.7))
    for x in (-0.5, 0.5):
        _wheel(pen, x, 0.16)


def train(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A bullet train in the far east, a steam engine in the old ways, else an express, on its rails."""
    pen.box(-1.3, -0.04, 1.3, 0.0, (104, 96, 88))
    for sleeper in range(-12, 13):
        x = sleeper * 0.1
        pen.box(x - 0.02, -0.08, x + 0.02, -0.03, (84, 66, 50))
    if look.style in {"south", "africa", "russia", "latin"}:
        dark: Colour = mix((40, 44, 48), look.accent, 0.25)
        pen.box(-0.35, 0.22, 0.55, 0.5, dark)
        pen.box(-0.75, 0.14, -0.35, 0.78, look.accent)
        pen.box(-0.8, 0.76, -0.3, 0.83, dark)
        pen.box(-0.65, 0.48, -0.45, 0.68, _GLASS)
        pen.poly([(0.32, 0.5), (0.28, 0.8), (0.5, 0.8), (0.46, 0.5)], dark)
        for number, smoke in enumerate((0.45, 0.66, 0.95)):
            pen.oval(smoke - 0.25, 0.94 + number * 0.06, 0.11 + number * 0.03, colour=(226, 226, 228))
        pen.poly([(0.55, 0.05), (0.78, 0.05), (0.55, 0.26)], (120, 40, 36))
        pen.box(-0.8, 0.12, 0.6, 0.2, (150, 44, 38))
        for x in (-0.58, -0.2, 0.1, 0.4):
            pen.oval(x, 0.13, 0.13, colour=(24, 24, 26))
            pen.ring(x, 0.13, 0.1, (170, 60, 50), 0.03)
        return
    bullet = look.style in {"east", "siam"}
    body: Colour = (238, 240, 244) if bullet else mix((190, 194, 200), look.accent, 0.35)
    nose = 1.15 if bullet else 0.82
    pen.poly([(-1.3, 0.08), (-1.3, 0.56), (0.5, 0.56), (0.78, 0.44), (nose, 0.14), (nose, 0.08)], body)
    pen.box(-1.3, 0.16, nose - 0.12, 0.22, (40, 80, 170) if bullet else look.accent)
    for number in range(6):
        x = -1.24 + number * 0.29
        pen.box(x, 0.32, x + 0.2, 0.47, (50, 62, 80))
    pen.poly([(0.55, 0.34), (0.55, 0.5), (0.68, 0.46), (0.84, 0.34)], (50, 62, 80))
    for x in (-1.0, -0.75, 0.2, 0.45):
        pen.oval(x, 0.06, 0.07, colour=_TYRE)


def tram(pen: Pen, look: Look, _rng: random.Random) -> None:
    """An old tram under its wire."""
    colour = (246, 200, 50) if look.style == "south-europe" else mix((190, 50, 44), look.accent, 0.5)
    pen.line([(-1.3, 1.08), (1.3, 1.08)], (60, 60, 66), 0.015)
    pen.line([(-0.15, 0.82), (0.15, 1.08)], (60, 60, 66), 0.025)
    pen.box(-0.7, 0.12, 0.7, 0.46, colour)
    pen.box(-0.7, 0.46, 0.7, 0.76, (246, 238, 218))
    pen.box(-0.76, 0.76, 0.76, 0.83, shade(colour, 0.7))
    for number in range(5):
        x = -0.62 + number * 0.26
        pen.box(x, 0.5, x + 0.19, 0.72, (74, 92, 110))
    for x in (-0.35, 0.35):
        pen.oval(x, 0.1, 0.1, colour=_TYRE)
    pen.box(-1.3, -0.03, 1.3, 0.0, (120, 118, 116))


def bicycle(pen: Pen, look: Look, rng: random.Random) -> None:
    """A bicycle seen from the side."""
    frame = mix(rng.choice(((200, 40, 44), (30, 90, 160), (30, 120, 80), (40, 40, 46))), look.accent, 0.25)
    for x in (-0.46, 0.46):
        pen.ring(x, 0.3, 0.31, _TYRE, 0.055)
        for dx, dy in ((0.28, 0), (0, 0.28), (0.2, 0.2), (0.2, -0.2)):
            pen.line([(x - dx, 0.3 - dy), (x + dx, 0.3 + dy)], (150, 150, 154), 0.01)
    pen.line([(-0.46, 0.3), (-0.16, 0.72), (0.34, 0.74), (-0.02, 0.28), (-0.46, 0.3)], frame, 0.06)
    pen.line([(-0.02, 0.28), (-0.2, 0.82)], frame, 0.055)
    pen.line([(0.46, 0.3), (0.32, 0.86)], frame, 0.055)
    pen.line([(0.18, 0.9), (0.34, 0.88), (0.46, 0.94)], (40, 40, 44), 0.05)
    pen.oval(-0.21, 0.84, 0.14, 0.045, (46, 34, 30))
    pen.ring(-0.02, 0.28, 0.08, (90, 90, 94), 0.03)


def airplane(pen: Pen, look: Look, _rng: random.Random) -> None:
    """An airliner in the air, from the side."""
    white: Colour = (238, 240, 244)
    pen.poly([(-0.78, 0.52), (-1.0, 0.92), (-0.82, 0.92), (-0.52, 0.56)], look.accent)
    pen.oval(0, 0.48, 0.86, 0.13, white)
    pen.poly([(-0.86, 0.48), (-0.5, 0.6), (0, 0.61), (-0.2, 0.36)], white)
    pen.poly([(0.18, 0.46), (-0.34, 0.04), (-0.52, 0.04), (-0.18, 0.46)], (168, 174, 184))
    pen.poly([(0.1, 0.56), (-0.18, 0.82), (-0.3, 0.82), (-0.14, 0.56)], (190, 196, 204))
    pen.oval(-0.1, 0.25, 0.13, 0.06, (110, 116, 128))
    for number in range(9):
        pen.oval(-0.45 + number * 0.12, 0.52, 0.025, colour=(60, 74, 100))
    pen.poly([(0.66, 0.56), (0.74, 0.5), (0.82, 0.52), (0.74, 0.57)], (60, 74, 100))


def balloon(pen: Pen, look: Look, rng: random.Random) -> None:
    """A hot-air balloon in stripes, with its basket."""
    first = rng.choice((look.accent, (214, 50, 60), (60, 90, 180)))
    second = rng.choice(((246, 210, 70), (240, 240, 236), (250, 150, 60)))
    for wide, colour in ((0.44, first), (0.3, second), (0.13, first)):
        pen.oval(0, 0.74, wide, 0.44, colour)
        pen.poly([(-wide * 0.86, 0.52), (-wide * 0.28, 0.2), (wide * 0.28, 0.2), (wide * 0.86, 0.52)], colour)
    for side in (-1, 1):
        pen.line([(side * 0.11, 0.2), (side * 0.07, 0.08)], (70, 54, 40), 0.015)
    pen.box(-0.08, -0.03, 0.08, 0.09, (136, 92, 52))


def boat(pen: Pen, look: Look, rng: random.Random) -> None:
    """A long-tail boat in Siam, a junk in the far east, a gondola in Venice, else a ferry."""
    if look.city.name == "Venice" or look.style == "siam":
        wood: Colour = (30, 28, 32) if look.style != "siam" else (150, 86, 44)
        pen.poly(
            [(-0.95, 0.36), (-0.7, 0.0), (0.6, 0.0), (0.95, 0.46), (0.86, 0.46), (0.5, 0.14), (-0.62, 0.14)],
            wood,
        )
        pen.line([(-0.5, 0.6), (-0.15, -0.1)], (120, 84, 50), 0.03)
        pen.box(-0.46, 0.14, -0.34, 0.52, (240, 240, 240) if look.style != "siam" else look.accent)
        pen.oval(-0.4, 0.6, 0.07, colour=(206, 160, 124))
        if look.style == "siam":
            pen.box(-0.2, 0.4, 0.5, 0.46, look.roof)
            for x in (-0.16, 0.46):
                pen.line([(x, 0.1), (x, 0.42)], (90, 60, 40), 0.025)
        return
    if look.style == "east":
        pen.poly([(-0.85, 0.3), (-0.6, -0.02), (0.6, -0.02), (0.9, 0.36), (0.5, 0.2), (-0.5, 0.2)], (110, 66, 42))
        for x, high in ((-0.42, 0.8), (0.02, 1.05), (0.46, 0.75)):
            pen.line([(x, 0.1), (x, high)], (70, 46, 34), 0.03)
            pen.poly([(x - 0.04, 0.28), (x - 0.02, high), (x + 0.26, high - 0.14), (x + 0.3, 0.34)], (190, 70, 48))
            for rib in (0.3, 0.5, 0.7):
                y = 0.28 + (high - 0.34) * rib
                pen.line([(x - 0.03, y), (x + 0.28, y + 0.02)], (110, 40, 34), 0.018)
        return
    hull = mix(rng.choice(((40, 70, 130), (170, 44, 40), (40, 100, 90))), look.accent, 0.3)
    pen.poly([(-0.95, 0.28), (-0.78, -0.04), (0.72, -0.04), (1.0, 0.32)], hull)
    pen.box(-0.78, 0.2, 0.8, 0.28, (246, 246, 244))
    pen.box(-0.66, 0.28, 0.42, 0.52, (244, 244, 240))
    pen.box(-0.42, 0.52, 0.26, 0.7, (236, 236, 230))
    for number in range(6):
        x = -0.58 + number * 0.16
        pen.box(x, 0.36, x + 0.09, 0.45, (66, 90, 116))
    pen.poly([(-0.22, 0.7), (-0.18, 0.98), (0.04, 0.98), (0.04, 0.7)], look.accent)
    pen.box(-0.19, 0.88, 0.04, 0.94, (30, 30, 34))


def sailing(pen: Pen, look: Look, rng: random.Random) -> None:
    """A sailing boat with mainsail and jib; a dhow with its single sail in Africa and the orient."""
    hull = mix((236, 236, 240), look.accent, 0.15) if look.style in {"oceania", "america"} else (110, 66, 40)
    pen.poly([(-0.5, 0.12), (-0.38, -0.04), (0.4, -0.04), (0.56, 0.14)], hull)
    sail = rng.choice(((250, 250, 246), (250, 250, 246), look.accent))
    if look.style in {"africa", "orient"}:
        pen.line([(0.1, 0.1), (0.1, 0.8)], (84, 60, 40), 0.03)
        pen.poly([(0.45, 0.22), (-0.34, 1.12), (-0.22, 0.2)], (238, 226, 198))
        return
    pen.line([(0, 0.1), (0, 1.15)], (84, 66, 50), 0.025)
    pen.poly([(-0.03, 0.2), (-0.03, 1.12), (-0.48, 0.2)], sail)
    pen.poly([(0.04, 0.22), (0.02, 0.98), (0.46, 0.2)], mix(sail, (200, 206, 214), 0.35))
    pen.line([(-0.03, 0.6), (-0.26, 0.6)], shade(sail, 0.82), 0.015)
