"""Mountains, woods, water and weather. Several fill the picture's width; all stand on the horizon."""

import math
import random

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

_SNOW: Colour = (244, 247, 252)
_TRUNK: Colour = (96, 70, 48)


def palm(pen: Pen, look: Look) -> None:
    """A palm tree, one unit high."""
    pen.line([(0, 0), (0.06, 0.4), (0.02, 0.82)], (134, 100, 62), 0.07)
    for dx, dy in ((-0.42, -0.08), (-0.34, 0.14), (0.0, 0.22), (0.34, 0.14), (0.42, -0.08)):
        pen.poly([(0.02, 0.84), (dx * 0.6, 0.9 + dy), (dx, 0.76 + dy), (dx * 0.5, 0.82 + dy * 0.6)], look.foliage)


def fir(pen: Pen, look: Look, *, snowy: bool = False) -> None:
    """A fir tree, one unit high."""
    pen.box(-0.04, 0, 0.04, 0.18, _TRUNK)
    for level, wide in ((0.12, 0.34), (0.36, 0.27), (0.58, 0.19)):
        pen.poly([(-wide, level), (0, level + 0.42), (wide, level)], shade(look.foliage, 0.8))
        if snowy:
            pen.poly([(-wide * 0.5, level + 0.21), (0, level + 0.42), (wide * 0.5, level + 0.21)], _SNOW)


def tree(pen: Pen, look: Look) -> None:
    """A round tree, one unit high."""
    pen.box(-0.06, 0, 0.06, 0.45, _TRUNK)
    pen.oval(0, 0.68, 0.34, 0.32, look.foliage)
    pen.oval(-0.1, 0.76, 0.18, 0.16, shade(look.foliage, 1.2))


def mountain(pen: Pen, look: Look, rng: random.Random) -> None:
    """Peaks, white where winters are cold."""
    rock = mix((112, 110, 118), look.ground, 0.35)
    for x, high, wide in ((-0.62, 0.62, 0.5), (0.66, 0.7, 0.55), (0.04, 1.0 + rng.uniform(-0.1, 0.1), 0.66)):
        pen.poly([(x - wide, -0.02), (x, high), (x + wide, -0.02)], shade(rock, 1.1))
        pen.poly([(x, high), (x + wide, -0.02), (x + wide * 0.1, -0.02)], shade(rock, 0.8))
        if look.snowy or high > 0.85:
            cap = high * 0.68
            side = wide * 0.32
            pen.poly([(x - side, cap), (x, high), (x + side, cap), (x + side * 0.4, cap + 0.07),
                      (x, cap - 0.03), (x - side * 0.4, cap + 0.07)], _SNOW)  # fmt: skip


def volcano(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A cone with a crater, smoke and lava."""
    rock = mix((84, 70, 66), look.ground, 0.25)
    for number in range(5):
        pen.oval(
            -0.02 + number * 0.1,
            0.84 + number * 0.1,
            0.11 + 0.035 * number,
            0.09 + 0.02 * number,
            (150, 146, 150),
        )
    pen.poly([(-0.95, -0.02), (-0.2, 0.78), (0.2, 0.78), (0.95, -0.02)], rock)
    pen.poly([(0.2, 0.78), (0.95, -0.02), (0.3, -0.02)], shade(rock, 0.75))
    pen.oval(0, 0.78, 0.2, 0.045, (60, 30, 26))
    for x, low in ((-0.16, 0.42), (0.0, 0.2), (0.14, 0.5)):
        pen.poly([(x - 0.05, 0.77), (x * 1.8 - 0.03, low), (x * 1.8 + 0.04, low), (x + 0.05, 0.77)], (244, 104, 28))


def forest(pen: Pen, look: Look, rng: random.Random) -> None:
    """Trees from edge to edge: firs in the cold, palms in the tropics, else round crowns."""
    places = [
        (-0.8, 0.1),
        (-0.35, 0.12),
        (0.15, 0.1),
        (0.62, 0.12),
        (-0.6, 0.0),
        (-0.08, -0.04),
        (0.4, -0.02),
        (0.88, 0.0),
    ]
    for x, y in places:
        size = 0.62 + rng.uniform(-0.08, 0.14) - y * 0.8
        inner = pen.at(x, y - 0.06, size * 1.25)
        if look.snowy:
            fir(inner, look)
        elif "t" in look.city.traits:
            palm(inner, look)
        else:
            tree(inner, look)


def waterfall(pen: Pen, look: Look, rng: random.Random) -> None:
    """Water over a cliff into a pool."""
    rock = mix((96, 92, 88), look.foliage, 0.3)
    pen.poly([(-1.3, -0.05), (-1.3, 0.8), (-0.3, 0.92), (0.3, 0.9), (1.3, 0.76), (1.3, -0.05)], rock)
    for x, top in ((-0.75, 0.86), (0.75, 0.82), (-1.05, 0.82), (1.05, 0.78)):
        pen.oval(x, top, 0.24, 0.13, look.foliage)
    wide = rng.uniform(0.16, 0.26)
    pen.poly([(-wide, 0.92), (-wide * 1.25, -0.02), (wide * 1.25, -0.02), (wide, 0.9)], (226, 240, 250))
    for number in range(4):
        x = -wide * 0.7 + number * wide * 0.45
        pen.line([(x, 0.88), (x * 1.15, 0.02)], (168, 202, 226), 0.02)
    pen.oval(0, -0.08, 1.0, 0.14, mix(look.water, (90, 160, 180), 0.4))
    pen.oval(0, -0.03, 0.45, 0.07, (236, 246, 252))


def lake(pen: Pen, look: Look, _rng: random.Random) -> None:
    """Still water that mirrors a hill, with a wooden pier."""
    hill = mix(look.foliage, look.horizon, 0.25)
    for x, high in ((-0.5, 0.36), (0.3, 0.5)):
        pen.dome(x, 0, 0.62, high, hill)
        pen.bowl(x, 0, 0.62, high * 0.5, mix(hill, look.water, 0.55))
    pen.line([(-1.3, 0.0), (1.3, 0.0)], mix(hill, (240, 240, 220), 0.4), 0.03)
    wood: Colour = (132, 92, 58)
    pen.poly([(-0.16, -0.7), (-0.05, -0.16), (0.05, -0.16), (0.22, -0.7)], wood)
    for number in range(6):
        y = -0.64 + number * 0.085
        pen.line([(-0.15, y), (0.19, y)], shade(wood, 0.7), 0.015)
    for x, y in ((-0.08, -0.3), (0.08, -0.3), (-0.16, -0.58), (0.22, -0.58)):
        pen.line([(x, y), (x, y + 0.12)], shade(wood, 0.6), 0.04)


def sunset(pen: Pen, _look: Look, rng: random.Random) -> None:
    """A large low sun and its path on the water."""
    for radius, colour in ((0.42, (250, 172, 96)), (0.33, (252, 196, 96)), (0.25, (255, 234, 150))):
        pen.dome(rng.uniform(-0.02, 0.02), 0, radius, radius, colour)
    for number in range(6):
        wide = 0.3 - number * 0.035 + rng.uniform(-0.03, 0.03)
        y = -0.05 - number * 0.09
        pen.line([(-wide, y), (wide, y)], (255, 206, 120), 0.03)
    for x, y, wide in ((-0.55, 0.5, 0.4), (0.5, 0.62, 0.45), (0.1, 0.36, 0.5)):
        pen.oval(x, y, wide, 0.025, (196, 92, 92))


def desert(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A camel on dunes in the old world, cactuses in the new."""
    if look.style in {"america", "latin", "oceania"}:
        green: Colour = mix((66, 122, 66), look.foliage, 0.4)
        for x, size in ((-0.1, 0.95), (0.62, 0.55), (-0.75, 0.5)):
            inner = pen.at(x, -0.04, size)
            inner.box(-0.09, 0, 0.09, 0.88, green)
            inner.dome(0, 0.88, 0.09, 0.09, green)
            for side, low in ((-1, 0.36), (1, 0.48)):
                inner.line([(side * 0.05, low), (side * 0.27, low), (side * 0.27, low + 0.3)], green, 0.11)
        return
    brown: Colour = (146, 100, 58)
    pen.oval(0, 0.5, 0.36, 0.15, brown)
    pen.dome(-0.05, 0.58, 0.18, 0.24, brown)
    for x in (-0.28, -0.19, 0.18, 0.27):
        pen.line([(x, 0.48), (x + 0.01, 0.0)], shade(brown, 0.85), 0.055)
    pen.line([(0.3, 0.5), (0.46, 0.56), (0.52, 0.86)], brown, 0.085)
    pen.oval(0.58, 0.88, 0.12, 0.06, brown)
    pen.poly([(-0.2, 0.66), (0.12, 0.66), (0.08, 0.46), (-0.16, 0.46)], look.accent)


def snow(pen: Pen, look: Look, rng: random.Random) -> None:
    """A snowman between snowy firs, with flakes in the air."""
    for x, size in ((-0.78, 0.9), (0.74, 0.75), (-0.45, 0.55)):
        fir(pen.at(x, 0.02, size), look, snowy=True)
    for y, radius in ((0.2, 0.24), (0.54, 0.17), (0.78, 0.115)):
        pen.oval(0.12, y, radius * 1.06, colour=(196, 206, 222))
        pen.oval(0.12, y, radius, colour=(252, 253, 255))
    pen.poly([(0.12, 0.79), (0.32, 0.76), (0.12, 0.75)], (238, 130, 40))
    for x in (0.07, 0.17):
        pen.oval(x, 0.83, 0.018, colour=(20, 20, 24))
    pen.box(-0.02, 0.88, 0.26, 0.91, (26, 26, 32))
    pen.box(0.03, 0.9, 0.21, 1.04, (26, 26, 32))
    pen.box(0.0, 0.64, 0.24, 0.69, look.accent)
    for _ in range(26):
        pen.oval(rng.uniform(-1.1, 1.1), rng.uniform(-0.3, 1.3), 0.018, colour=(255, 255, 255))


def ski(pen: Pen, look: Look, rng: random.Random) -> None:
    """A skier on a slope."""
    pen.poly([(-1.3, 0.75), (1.3, -0.25), (1.3, -0.6), (-1.3, -0.6)], (226, 234, 246))
    for x, y in ((-0.9, 0.55), (-0.6, 0.46), (0.95, -0.12)):
        fir(pen.at(x, y, 0.4), look, snowy=True)
    suit = rng.choice((look.accent, (210, 40, 50), (40, 90, 190)))
    pen.line([(-0.38, 0.3), (0.52, -0.04)], (30, 34, 44), 0.045)
    pen.line([(0.05, 0.14), (0.16, 0.34), (0.0, 0.5)], (40, 44, 60), 0.12)
    pen.line([(0.0, 0.5), (0.14, 0.76)], suit, 0.19)
    pen.oval(0.2, 0.92, 0.095, colour=(238, 196, 160))
    pen.dome(0.2, 0.93, 0.1, 0.1, suit)
    pen.line([(0.08, 0.66), (0.32, 0.56)], suit, 0.07)
    pen.line([(0.32, 0.62), (0.12, 0.02)], (60, 60, 66), 0.025)
    pen.line([(0.32, 0.56), (0.5, 0.02)], (60, 60, 66), 0.025)


def flower(pen: Pen, look: Look, rng: random.Random) -> None:
    """Large blossoms on their stems."""
    kinds: tuple[Colour, ...] = (
        (226, 60, 90),
        (244, 190, 40),
        (240, 140, 190),
        (150, 90, 190),
        (244, 244, 240),
    )
    start = rng.randrange(5)
    for number, (x, high, size) in enumerate(((-0.55, 0.62, 0.2), (0.02, 0.82, 0.27), (0.58, 0.56, 0.21))):
        petal = kinds[(start + number * (1 if look.style == "europe" else 0)) % 5]
        pen.line([(x, -0.4), (x, high)], look.foliage, 0.045)
        pen.oval(x + 0.13, high * 0.25, 0.13, 0.05, look.foliage)
        for angle in range(6):
            turn = angle * math.pi / 3
            pen.oval(
                x + size * 0.75 * math.cos(turn),
                high + size * 0.75 * math.sin(turn),
                size * 0.45,
                colour=petal,
            )
        pen.oval(x, high, size * 0.42, colour=(250, 206, 60) if petal[1] < 180 or petal[2] > 120 else (110, 62, 30))


def beach(pen: Pen, look: Look, rng: random.Random) -> None:
    """A parasol, a towel and palms or a ball, on the sand in front of the sea."""
    if "t" in look.city.traits or look.city.latitude < 36:
        palm(pen.at(0.72, -0.02, 1.15, mirrored=True), look)
    stripe = rng.choice((look.accent, (214, 50, 60), (40, 120, 200)))
    pen.line([(-0.2, -0.1), (-0.12, 0.62)], (236, 230, 220), 0.035)
    for wide, colour in ((0.46, stripe), (0.3, (250, 246, 236)), (0.14, stripe)):
        pen.dome(-0.12, 0.48, wide, 0.3, colour)
    pen.poly([(-0.1, -0.12), (0.42, -0.12), (0.52, -0.02), (0.0, -0.02)], mix(stripe, (250, 250, 250), 0.4))
    pen.oval(0.0, -0.22, 0.08, colour=(246, 246, 246))
    pen.oval(0.02, -0.21, 0.04, colour=stripe)


def camping(pen: Pen, look: Look, rng: random.Random) -> None:
    """A tent and a camp fire between trees."""
    for x, size in ((-0.85, 1.0), (0.8, 0.85)):
        (fir if look.snowy else tree)(pen.at(x, 0.05, size), look)
    cloth = rng.choice(((232, 130, 40), (50, 130, 90), look.accent))
    pen.poly([(-0.56, -0.04), (-0.06, 0.6), (0.44, -0.04)], cloth)
    pen.poly([(-0.06, 0.6), (0.44, -0.04), (0.58, 0.04), (0.08, 0.62)], shade(cloth, 0.75))
    pen.poly([(-0.2, -0.04), (-0.06, 0.42), (0.1, -0.04)], (46, 38, 34))
    pen.line([(0.62, -0.14), (0.86, -0.06)], _TRUNK, 0.04)
    pen.line([(0.62, -0.06), (0.86, -0.14)], _TRUNK, 0.04)
    pen.poly([(0.64, -0.08), (0.68, 0.12), (0.74, 0.02), (0.78, 0.16), (0.84, -0.08)], (246, 140, 34))
    pen.poly([(0.69, -0.08), (0.74, 0.05), (0.79, -0.08)], (255, 226, 110))
