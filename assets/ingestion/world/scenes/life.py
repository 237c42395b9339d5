"""Animals, people and what they eat, hear and play."""

import math
import random

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

_SKIN: tuple[Colour, ...] = ((244, 208, 176), (222, 172, 128), (164, 112, 74), (112, 74, 50))


def person(pen: Pen, look: Look, rng: random.Random) -> None:
    """Somebody posing: head and shoulders, one unit high."""
    skin = rng.choice(_SKIN)
    shirt = rng.choice((look.accent, (60, 90, 150), (180, 60, 60), (70, 130, 90), (230, 230, 226)))
    hair = rng.choice(((40, 30, 26), (90, 60, 36), (190, 150, 80), (60, 60, 64)))
    pen.dome(0, -0.1, 0.46, 0.5, shirt)
    pen.box(-0.09, 0.3, 0.09, 0.5, shade(skin, 0.9))
    pen.oval(0, 0.68, 0.24, 0.27, hair)
    pen.oval(0, 0.64, 0.2, 0.24, skin)
    for x in (-0.08, 0.08):
        pen.oval(x, 0.68, 0.025, colour=(30, 30, 36))
    pen.curve(0, 0.58, 0.09, 0.07, (20, 160), (150, 60, 60), 0.02)


def walker(pen: Pen, look: Look, rng: random.Random) -> None:
    """A passer-by, one unit high."""
    coat = rng.choice((look.accent, (60, 70, 100), (140, 60, 60), (90, 110, 90), (220, 214, 200)))
    for x in (-0.07, 0.07):
        pen.line([(0, 0.42), (x, 0.0)], (44, 46, 60), 0.09)
    pen.poly([(-0.13, 0.38), (-0.1, 0.78), (0.1, 0.78), (0.13, 0.38)], coat)
    pen.oval(0, 0.89, 0.095, colour=rng.choice(_SKIN))


def bird(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A perched bird: a toucan, a flamingo, a crane, a parrot or a gull, by continent; always large."""
    bodies: dict[str, tuple[Colour, Colour]] = {
        "SA": ((30, 30, 36), (246, 150, 30)),
        "NA": ((60, 110, 190), (240, 180, 50)),
        "EU": ((244, 246, 248), (240, 180, 40)),
        "AS": ((240, 240, 236), (200, 50, 44)),
        "OC": ((50, 170, 70), (220, 50, 50)),
        "AF": ((244, 140, 160), (60, 50, 50)),
    }
    body, beak = bodies[look.city.continent]
    pen.line([(-0.9, 0.1), (0.9, 0.16)], (100, 74, 50), 0.08)
    for x in (-0.05, 0.07):
        pen.line([(x, 0.34), (x, 0.14)], (226, 160, 60), 0.035)
    pen.poly([(-0.28, 0.5), (-0.72, 0.2), (-0.56, 0.16), (-0.1, 0.36)], shade(body, 0.75))
    pen.oval(0, 0.52, 0.34, 0.22, body)
    pen.oval(-0.08, 0.52, 0.24, 0.13, shade(body, 0.72) if sum(body) > 200 else shade(body, 2.0))
    pen.oval(0.3, 0.8, 0.16, colour=body)
    pen.poly([(0.1, 0.56), (0.18, 0.82), (0.42, 0.76), (0.32, 0.5)], body)
    large = 0.5 if look.city.continent == "SA" else 0.26
    pen.poly([(0.42, 0.86), (0.42 + large, 0.76), (0.42, 0.72)], beak)
    pen.oval(0.34, 0.84, 0.035, colour=(10, 10, 12) if sum(body) > 200 else (250, 250, 250))


def cat(pen: Pen, _look: Look, rng: random.Random) -> None:
    """A sitting cat, seen from the front."""
    fur = rng.choice(((230, 150, 70), (90, 90, 98), (44, 42, 46), (238, 234, 226)))
    pen.curve(0.42, 0.3, 0.22, 0.3, (270, 450), fur, 0.09)
    pen.oval(0, 0.32, 0.33, 0.36, fur)
    pen.oval(0, 0.24, 0.16, 0.22, mix(fur, (255, 255, 255), 0.45))
    pen.oval(0, 0.76, 0.27, 0.23, fur)
    for side in (-1, 1):
        pen.poly([(side * 0.26, 0.8), (side * 0.24, 1.12), (side * 0.06, 0.95)], fur)
        pen.poly([(side * 0.22, 0.88), (side * 0.21, 1.03), (side * 0.12, 0.95)], (226, 150, 150))
        pen.oval(side * 0.11, 0.79, 0.055, 0.06, (170, 210, 80))
        pen.oval(side * 0.11, 0.79, 0.02, 0.055, (10, 10, 10))
        for y in (0.66, 0.7):
            pen.line([(side * 0.08, 0.69), (side * 0.42, y)], (240, 240, 240), 0.01)
        pen.oval(side * 0.13, 0.02, 0.1, 0.06, mix(fur, (255, 255, 255), 0.3))
    pen.poly([(-0.035, 0.71), (0.035, 0.71), (0, 0.67)], (220, 110, 120))


def horse(pen: Pen, _look: Look, rng: random.Random) -> None:
    """A standing horse, seen from the side."""
    coat = rng.choice(((122, 72, 40), (70, 48, 36), (212, 206, 196), (46, 42, 44)))
    mane = shade(coat, 0.55)
    pen.line([(-0.42, 0.6), (-0.6, 0.5), (-0.6, 0.2)], mane, 0.09)
    for x in (-0.34, -0.22, 0.2, 0.31):
        pen.line([(x, 0.5), (x + 0.01, 0.0)], shade(coat, 0.85), 0.08)
        pen.box(x - 0.05, 0.0, x + 0.06, 0.05, (30, 26, 24))
    pen.oval(-0.02, 0.56, 0.43, 0.18, coat)
    pen.poly([(0.2, 0.52), (0.4, 1.0), (0.58, 0.94), (0.42, 0.5)], coat)
    pen.poly([(0.36, 1.0), (0.56, 1.02), (0.84, 0.8), (0.76, 0.72), (0.5, 0.84)], coat)
    pen.poly([(0.42, 1.0), (0.44, 1.13), (0.51, 1.0)], coat)
    pen.line([(0.4, 1.02), (0.3, 0.82), (0.22, 0.66)], mane, 0.08)
    pen.oval(0.58, 0.93, 0.025, colour=(10, 10, 10))


def elephant(pen: Pen, look: Look, _rng: random.Random) -> None:
    """An elephant, with small ears in Asia and large ones in Africa."""
    grey = mix((134, 132, 136), look.ground, 0.2)
    for x in (-0.42, -0.22, 0.1, 0.28):
        pen.box(x - 0.08, 0, x + 0.08, 0.42, shade(grey, 0.88))
    pen.oval(-0.08, 0.56, 0.5, 0.31, grey)
    pen.oval(0.46, 0.68, 0.24, 0.24, grey)
    pen.line([(0.62, 0.64), (0.76, 0.4), (0.74, 0.12), (0.84, 0.06)], grey, 0.12)
    pen.line([(0.6, 0.52), (0.74, 0.44), (0.9, 0.5)], (246, 242, 226), 0.04)
    large = 0.26 if look.city.continent == "AF" else 0.15
    pen.oval(0.34, 0.68, large * 0.85, large * 1.1, shade(grey, 0.78))
    pen.oval(0.55, 0.76, 0.028, colour=(16, 16, 18))
    pen.line([(-0.56, 0.62), (-0.66, 0.34)], shade(grey, 0.8), 0.035)
    if look.style == "south":
        pen.poly([(-0.4, 0.84), (0.16, 0.86), (0.14, 0.5), (-0.36, 0.5)], look.accent)


def food(pen: Pen, look: Look, rng: random.Random) -> None:
    """Noodles in Asia, a burger in America, tacos in Latin America, else a plate with knife and fork."""
    if look.city.continent == "AS":
        bowl = rng.choice(((186, 40, 36), (40, 60, 110), (240, 236, 226)))
        pen.oval(0, 0.5, 0.6, 0.15, shade(bowl, 0.8))
        pen.oval(0, 0.5, 0.53, 0.115, (196, 132, 60))
        for number in range(5):
            pen.curve(-0.3 + number * 0.14, 0.48, 0.14, 0.06, (180, 360), (246, 224, 150), 0.03)
        pen.oval(0.2, 0.54, 0.12, 0.05, (250, 246, 236))
        pen.oval(0.2, 0.54, 0.055, 0.028, (246, 170, 40))
        pen.bowl(0, 0.5, 0.6, 0.5, bowl)
        for dx in (0.0, 0.1):
            pen.line([(-0.1 + dx, 0.52), (0.6 + dx, 1.05)], (120, 66, 36), 0.035)
    elif look.style in {"america", "oceania"}:
        pen.oval(0, 0.04, 0.85, 0.14, (240, 240, 236))
        pen.box(-0.5, 0.08, 0.5, 0.2, (214, 150, 74))
        pen.box(-0.55, 0.2, 0.55, 0.32, (96, 54, 32))
        pen.poly([(-0.56, 0.32), (0.56, 0.32), (0.3, 0.26), (0.1, 0.32), (-0.2, 0.25)], (250, 196, 50))
        pen.box(-0.56, 0.33, 0.56, 0.4, (206, 50, 40))
        pen.box(-0.6, 0.4, 0.6, 0.46, (96, 170, 60))
        pen.dome(0, 0.46, 0.54, 0.36, (224, 158, 78))
        for x, y in ((-0.25, 0.64), (0.0, 0.72), (0.24, 0.65), (-0.1, 0.58), (0.12, 0.58)):
            pen.oval(x, y, 0.03, 0.018, (252, 236, 190))
    elif look.style == "latin":
        pen.oval(0, 0.1, 0.95, 0.18, (236, 226, 210))
        for x in (-0.45, 0.05, 0.5):
            pen.dome(x, 0.12, 0.32, 0.46, (200, 60, 44))
            pen.dome(x + 0.02, 0.12, 0.33, 0.4, (110, 170, 60))
            pen.dome(x + 0.06, 0.12, 0.33, 0.36, (244, 204, 104))
    else:
        pen.oval(0, 0.36, 0.62, 0.34, (250, 250, 248))
        pen.oval(0, 0.36, 0.46, 0.25, (226, 226, 224))
        pen.oval(-0.14, 0.42, 0.24, 0.13, (150, 84, 46))
        pen.oval(0.2, 0.34, 0.15, 0.1, (240, 206, 100))
        pen.oval(0.02, 0.24, 0.17, 0.07, (80, 150, 60))
        pen.line([(-0.82, 0.05), (-0.82, 0.66)], (190, 194, 200), 0.045)
        for dx in (-0.06, 0.0, 0.06):
            pen.line([(-0.82 + dx, 0.56), (-0.82 + dx, 0.74)], (190, 194, 200), 0.025)
        pen.line([(0.82, 0.05), (0.82, 0.4)], (120, 122, 128), 0.05)
        pen.poly([(0.78, 0.4), (0.78, 0.76), (0.87, 0.66), (0.87, 0.4)], (206, 210, 216))


def coffee(pen: Pen, look: Look, rng: random.Random) -> None:
    """A steaming cup on its saucer."""
    cup = rng.choice(((250, 250, 248), look.accent, (60, 130, 150)))
    pen.oval(0, 0.04, 0.66, 0.12, shade(cup, 0.85))
    pen.ring(0.46, 0.34, 0.18, cup, 0.07)
    pen.poly([(-0.44, 0.56), (-0.3, 0.05), (0.3, 0.05), (0.44, 0.56)], cup)
    pen.oval(0, 0.56, 0.44, 0.1, shade(cup, 0.9))
    pen.oval(0, 0.555, 0.38, 0.075, (86, 52, 30))
    pen.oval(0, 0.555, 0.16, 0.035, (220, 186, 140))
    for x in (-0.18, 0.02, 0.22):
        steam = [(x + 0.05 * math.sin(step), 0.68 + step * 0.06) for step in range(6)]
        pen.line(steam, (250, 250, 250), 0.035)


def beer(pen: Pen, _look: Look, rng: random.Random) -> None:
    """A full glass with foam."""
    amber = rng.choice(((236, 168, 34), (214, 122, 30), (62, 34, 24)))
    pen.ring(0.38, 0.44, 0.22, (226, 232, 238), 0.08)
    pen.box(-0.32, 0, 0.34, 0.86, (226, 232, 238))
    pen.box(-0.28, 0.05, 0.3, 0.74, amber)
    for x in (-0.16, 0.02, 0.2):
        pen.box(x - 0.025, 0.1, x + 0.025, 0.66, shade(amber, 1.2))
    for x in (-0.24, -0.08, 0.1, 0.26):
        pen.oval(x, 0.82, 0.14, 0.11, (252, 250, 242))


def concert(pen: Pen, look: Look, rng: random.Random) -> None:
    """A singer and a guitarist on a stage, in front of a crowd's heads and hands."""
    for x, colour in ((-0.35, look.accent), (0.32, (230, 230, 236))):
        pen.poly([(x - 0.12, 0.06), (x - 0.09, 0.5), (x + 0.09, 0.5), (x + 0.12, 0.06)], colour)
        pen.oval(x, 0.62, 0.085, colour=(222, 172, 128))
    pen.line([(0.04, 0.28), (0.58, 0.44)], (190, 120, 50), 0.05)
    pen.oval(0.2, 0.3, 0.13, 0.09, (176, 60, 40))
    pen.line([(-0.18, 0.06), (-0.18, 0.56), (-0.26, 0.6)], (190, 190, 196), 0.025)
    for number in range(9):
        x = -1.05 + number * 0.26 + rng.uniform(-0.05, 0.05)
        pen.oval(x, -0.34, 0.13, 0.15, (12, 10, 18))
        pen.box(x - 0.17, -0.8, x + 0.17, -0.44, (12, 10, 18))
        if number % 2 == 0:
            pen.line([(x + 0.12, -0.45), (x + 0.17, -0.04)], (12, 10, 18), 0.055)


def football(pen: Pen, look: Look, rng: random.Random) -> None:
    """Two players and a ball."""
    shirts = (look.accent, rng.choice(((40, 70, 170), (240, 240, 240), (200, 40, 44))))
    for side, shirt in zip((-1, 1), shirts, strict=True):
        x = side * 0.42
        pen.line([(x, 0.42), (x - side * 0.2, 0.04)], (232, 190, 150), 0.075)
        pen.line([(x, 0.42), (x + side * 0.08, 0.0)], (232, 190, 150), 0.075)
        pen.box(x - 0.12, 0.36, x + 0.12, 0.52, (240, 240, 244) if side < 0 else (30, 34, 50))
        pen.poly([(x - 0.15, 0.5), (x - 0.13, 0.86), (x + 0.13, 0.86), (x + 0.15, 0.5)], shirt)
        pen.line([(x - side * 0.1, 0.8), (x - side * 0.32, 0.6)], shirt, 0.075)
        pen.oval(x, 0.98, 0.1, colour=(206, 156, 116))
    pen.oval(0.04, 0.1, 0.13, colour=(248, 248, 248))
    for dx, dy in ((0, 0), (-0.08, 0.06), (0.08, 0.06), (0.0, -0.1)):
        pen.oval(0.04 + dx, 0.1 + dy, 0.035, colour=(24, 24, 28))


def fireworks(pen: Pen, _look: Look, rng: random.Random) -> None:
    """Bursts of sparks in a night sky."""
    colours: tuple[Colour, ...] = (
        (255, 90, 90),
        (255, 214, 90),
        (110, 220, 255),
        (190, 255, 130),
        (255, 140, 230),
    )
    for x, y, size in ((-0.5, 0.72, 0.34), (0.42, 0.9, 0.4), (0.02, 0.42, 0.26)):
        colour = rng.choice(colours)
        for spoke in range(14):
            turn = spoke * math.tau / 14
            near = (x + 0.25 * size * math.cos(turn), y + 0.25 * size * math.sin(turn))
            far = (x + size * math.cos(turn), y + size * math.sin(turn))
            pen.line([near, far], colour, 0.016)
            pen.oval(far[0], far[1], 0.025, colour=(255, 250, 220))
        pen.line([(x, -0.05), (x, y - 0.3 * size)], shade(colour, 0.5), 0.01)
    for number in range(12):
        left = -1.2 + number * 0.2
        pen.box(left, -0.05, left + 0.17, rng.uniform(0.05, 0.22), (16, 16, 30))


def road(pen: Pen, look: Look, rng: random.Random) -> None:
    """A road to the horizon with its middle line, and a sign of the country's shape."""
    asphalt: Colour = (44, 44, 52) if look.night else (92, 92, 98)
    bend = rng.uniform(-0.15, 0.15)
    pen.poly([(-0.95, -0.72), (-0.06 + bend, 0.0), (0.06 + bend, 0.0), (0.95, -0.72)], asphalt)
    line: Colour = (250, 214, 60) if look.style in {"america", "latin"} else (246, 246, 246)
    for low, high, wide in (
        (-0.7, -0.5, 0.05),
        (-0.4, -0.28, 0.03),
        (-0.21, -0.14, 0.018),
        (-0.09, -0.04, 0.01),
    ):
        a, b = bend * (1 + low / 0.72), bend * (1 + high / 0.72)
        pen.poly([(a - wide, low), (b - wide * 0.7, high), (b + wide * 0.7, high), (a + wide, low)], line)
    for x, y, size in ((0.62, -0.2, 1.0), (-0.5, -0.1, 0.6)):
        inner = pen.at(x, y, 0.62 * size)
        inner.box(-0.03, 0, 0.03, 0.7, (150, 150, 154))
        if look.style in {"america", "latin", "oceania"}:
            inner.poly([(-0.26, 0.84), (0, 1.1), (0.26, 0.84), (0, 0.58)], (250, 204, 30))
        elif look.style in {"east", "siam", "south"}:
            inner.oval(0, 0.84, 0.24, colour=(40, 90, 190))
        else:
            inner.poly([(-0.28, 0.62), (0, 1.1), (0.28, 0.62)], (210, 36, 40))
            inner.poly([(-0.16, 0.68), (0, 0.97), (0.16, 0.68)], (250, 250, 246))
