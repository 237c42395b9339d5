"""Statues, arches, ruins, markets, windmills, lighthouses, fountains and painted walls."""

import random

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

_STONE: Colour = (186, 178, 164)


def statue(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A rider, arms outstretched in Latin America, somebody seated in Asia, a torch in new worlds."""
    stone = mix(_STONE, look.wall, 0.25)
    bronze: Colour = (84, 122, 102)
    pen.box(-0.28, 0, 0.28, 0.08, shade(stone, 0.8))
    pen.box(-0.2, 0.08, 0.2, 0.36, stone)
    if look.style in {"east", "siam", "south"}:
        gold: Colour = (206, 162, 62)
        pen.oval(0, 0.46, 0.3, 0.11, gold)
        pen.poly([(-0.18, 0.48), (-0.13, 0.76), (0.13, 0.76), (0.18, 0.48)], gold)
        pen.oval(0, 0.86, 0.1, 0.12, shade(gold, 1.08))
        pen.oval(0, 0.98, 0.045, colour=shade(gold, 0.8))
    elif look.style == "latin":
        white: Colour = (224, 222, 214)
        pen.poly([(-0.1, 0.36), (-0.07, 0.86), (0.07, 0.86), (0.1, 0.36)], white)
        pen.box(-0.42, 0.74, 0.42, 0.83, white)
        pen.oval(0, 0.94, 0.07, 0.085, white)
    elif look.style in {"america", "oceania", "africa"}:
        pen.poly([(-0.15, 0.36), (-0.08, 0.82), (0.08, 0.82), (0.15, 0.36)], bronze)
        pen.oval(0, 0.9, 0.07, 0.085, bronze)
        for spike in (-0.09, 0, 0.09):
            pen.line([(spike * 0.5, 0.95), (spike, 1.04)], bronze, 0.025)
        pen.line([(0.06, 0.8), (0.2, 1.08)], bronze, 0.06)
        pen.oval(0.21, 1.13, 0.05, 0.07, (240, 190, 70))
    else:
        pen.oval(0, 0.62, 0.24, 0.11, bronze)
        for x in (-0.18, -0.1, 0.12):
            pen.line([(x, 0.56), (x, 0.36)], bronze, 0.045)
        pen.line([(0.18, 0.58), (0.3, 0.48)], bronze, 0.045)
        pen.poly([(0.14, 0.64), (0.26, 0.9), (0.38, 0.82), (0.26, 0.78), (0.24, 0.6)], bronze)
        pen.poly([(-0.08, 0.68), (-0.05, 0.94), (0.07, 0.94), (0.08, 0.68)], shade(bronze, 0.8))
        pen.oval(0.01, 1.01, 0.06, 0.07, shade(bronze, 0.8))


def arch(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A gate: a red torii in the far east, a horseshoe in the orient, else a triumphal arch."""
    if look.style in {"east", "siam"}:
        red: Colour = (206, 62, 40)
        for x in (-0.4, 0.4):
            pen.box(x - 0.06, 0, x + 0.06, 0.86, red)
        pen.poly(
            [(-0.72, 0.98), (-0.6, 0.86), (0.6, 0.86), (0.72, 0.98), (0.5, 0.94), (-0.5, 0.94)],
            shade(red, 0.8),
        )
        pen.box(-0.52, 0.66, 0.52, 0.74, red)
        return
    stone = mix((214, 188, 142) if look.style in {"orient", "south"} else _STONE, look.wall, 0.4)
    pen.box(-0.6, 0, 0.6, 0.86, stone)
    pen.box(-0.66, 0.76, 0.66, 0.82, shade(stone, 0.8))
    hole = mix(look.horizon, look.sky, 0.2)
    pen.box(-0.22, 0, 0.22, 0.36, hole)
    pen.dome(0, 0.36, 0.28 if look.style == "orient" else 0.22, 0.24, hole)
    for x in (-0.43, 0.43):
        pen.box(x - 0.08, 0, x + 0.08, 0.2, shade(stone, 0.55))
        pen.dome(x, 0.2, 0.08, 0.09, shade(stone, 0.55))
        pen.box(x - 0.12, 0.5, x + 0.12, 0.66, shade(stone, 0.9))


def ruins(pen: Pen, look: Look, rng: random.Random) -> None:
    """Broken columns and fallen blocks."""
    stone = mix((214, 200, 168), look.wall, 0.25)
    for x in (-0.68, -0.38, -0.08, 0.24, 0.6):
        high = rng.choice((0.3, 0.5, 0.76, 0.82))
        pen.box(x - 0.1, 0, x + 0.1, 0.06, shade(stone, 0.8))
        pen.poly([(x - 0.07, 0.06), (x - 0.06, high), (x + 0.01, high - 0.05), (x + 0.06, high + 0.03),
                  (x + 0.07, 0.06)], stone)  # fmt: skip
        pen.line([(x + 0.03, 0.08), (x + 0.03, high - 0.05)], shade(stone, 0.7), 0.02)
    pen.box(-0.48, 0.78, 0.02, 0.86, shade(stone, 0.9))
    for x in (-0.55, -0.36):
        pen.box(x + 0.1, 0.3, x + 0.11, 0.78, stone)
    for x in (-0.85, 0.4, 0.8):
        pen.poly([(x - 0.1, -0.05), (x - 0.06, 0.08), (x + 0.08, 0.06), (x + 0.11, -0.05)], shade(stone, 0.75))


def market(pen: Pen, look: Look, rng: random.Random) -> None:
    """Stalls with striped awnings and heaps of fruit."""
    fruits: tuple[Colour, ...] = (
        (226, 120, 34),
        (208, 44, 44),
        (92, 160, 52),
        (240, 206, 60),
        (126, 60, 120),
    )
    for number, x in enumerate((-0.56, 0.06)):
        colour = (look.accent, look.roof)[number % 2]
        pen.box(x - 0.02, 0, x + 0.01, 0.72, (110, 84, 58))
        pen.box(x + 0.54, 0, x + 0.57, 0.72, (110, 84, 58))
        pen.box(x, 0.3, x + 0.55, 0.62, shade(look.wall, 0.45))
        pen.box(x - 0.02, 0, x + 0.57, 0.26, (148, 106, 66))
        for heap in range(5):
            fruit = fruits[(heap + rng.randrange(5)) % 5]
            for dx, dy in ((0, 0), (0.05, 0), (0.025, 0.045)):
                pen.oval(x + 0.05 + heap * 0.105 + dx, 0.28 + dy, 0.032, colour=fruit)
        for stripe in range(6):
            left = x - 0.05 + stripe * 0.108
            shown = colour if stripe % 2 == 0 else (246, 242, 232)
            pen.poly([(left + 0.02, 0.84), (left + 0.128, 0.84), (left + 0.108, 0.64), (left, 0.64)], shown)
            pen.bowl(left + 0.054, 0.64, 0.054, 0.05, shown)


def windmill(pen: Pen, look: Look, rng: random.Random) -> None:
    """A tapering mill with four sails."""
    body = mix((150, 92, 66), look.wall, 0.4)
    pen.poly([(-0.24, 0), (-0.14, 0.58), (0.14, 0.58), (0.24, 0)], body)
    pen.poly([(-0.17, 0.58), (-0.1, 0.74), (0.1, 0.74), (0.17, 0.58)], shade(look.roof, 0.7))
    pen.box(-0.06, 0, 0.06, 0.16, (70, 50, 40))
    pen.box(-0.05, 0.34, 0.05, 0.44, (230, 226, 210))
    turn = rng.uniform(0.2, 0.9)
    for quarter in range(4):
        along = (turn, 1 - turn) if quarter % 2 == 0 else (-(1 - turn), turn)
        size = (1 if quarter < 2 else -1) * 0.5 / (turn**2 + (1 - turn) ** 2) ** 0.5
        x, y = along[0] * size, along[1] * size
        pen.poly([(0.15 * x, 0.64 + 0.15 * y), (x, 0.64 + y), (x - 0.2 * y, 0.64 + y + 0.2 * x),
                  (0.15 * x - 0.2 * y, 0.64 + 0.15 * y + 0.2 * x)], (240, 234, 216))  # fmt: skip
        pen.line([(0, 0.64), (x, 0.64 + y)], (74, 54, 40), 0.03)


def lighthouse(pen: Pen, look: Look, rng: random.Random) -> None:
    """A round tower in stripes with a lamp, on a rock."""
    band = rng.choice((look.accent, (196, 40, 40), (196, 40, 40), (40, 60, 120)))
    pen.poly([(-0.6, -0.06), (-0.4, 0.08), (0.35, 0.1), (0.65, -0.06)], (96, 88, 82))
    for number in range(5):
        low, high = 0.08 + number * 0.13, 0.08 + (number + 1) * 0.13
        a, b = 0.17 - 0.014 * number, 0.17 - 0.014 * (number + 1)
        pen.poly([(-a, low), (-b, high), (b, high), (a, low)], band if number % 2 == 0 else (246, 244, 238))
    pen.box(-0.15, 0.73, 0.15, 0.77, (50, 50, 56))
    pen.box(-0.08, 0.77, 0.08, 0.89, (255, 238, 150))
    pen.dome(0, 0.89, 0.1, 0.1, band)
    if look.night:
        pen.poly([(0.08, 0.84), (1.4, 1.1), (1.4, 0.66)], (238, 226, 160))


def graffiti(pen: Pen, look: Look, rng: random.Random) -> None:
    """A brick wall sprayed with bright letters and shapes."""
    brick = mix((158, 96, 78), look.wall, 0.35)
    pen.box(-1.2, -0.1, 1.2, 0.95, brick)
    for row in range(9):
        y = -0.08 + row * 0.12
        pen.line([(-1.2, y), (1.2, y)], shade(brick, 0.78), 0.012)
    bright: tuple[Colour, ...] = (
        (236, 52, 140),
        (60, 200, 226),
        (250, 220, 40),
        (110, 210, 70),
        (240, 120, 30),
    )
    start = rng.randrange(5)
    for number in range(5):
        x, y = -0.72 + number * 0.36, 0.4 + rng.uniform(-0.06, 0.08)
        colour = bright[(start + number) % 5]
        for grow, shown in ((0.055, (24, 22, 34)), (0.0, colour)):
            shape = number % 3
            if shape == 0:
                pen.oval(x, y, 0.2 + grow, 0.27 + grow, shown)
            elif shape == 1:
                pen.poly(
                    [
                        (x - 0.22 - grow, y - 0.28 - grow),
                        (x, y + 0.36 + grow),
                        (x + 0.22 + grow, y - 0.28 - grow),
                    ],
                    shown,
                )
            else:
                pen.box(x - 0.17 - grow, y - 0.26 - grow, x + 0.17 + grow, y + 0.26 + grow, shown)
        pen.oval(x, y, 0.07, 0.1, (24, 22, 34))
        pen.line([(x - 0.1, y - 0.3), (x - 0.1, y - 0.48)], colour, 0.025)


def fountain(pen: Pen, look: Look, _rng: random.Random) -> None:
    """Two basins and jets of water."""
    stone = mix(_STONE, look.wall, 0.35)
    spray: Colour = (214, 236, 250)
    pen.oval(0, 0.08, 0.72, 0.13, shade(stone, 0.8))
    pen.oval(0, 0.11, 0.64, 0.09, mix((90, 160, 200), look.water, 0.4))
    pen.box(-0.07, 0.1, 0.07, 0.46, stone)
    pen.bowl(0, 0.5, 0.32, 0.14, stone)
    for side in (-1, 1):
        pen.curve(side * 0.2, 0.5, 0.2, 0.44, (180, 360), spray, 0.035)
        pen.curve(side * 0.3, 0.2, 0.3, 0.66, (180, 360), spray, 0.03)
        pen.line([(side * 0.3, 0.48), (side * 0.36, 0.14)], spray, 0.03)
    pen.line([(0, 0.5), (0, 1.0)], spray, 0.05)
    pen.oval(0, 1.0, 0.07, 0.06, spray)
