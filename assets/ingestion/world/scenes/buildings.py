"""Bridges, temples, castles, towers and churches, each in the way of building of its place.

Every figure is about one unit high and stands on the origin.
"""

import random

from assets.ingestion.world.scenes.homes import pane
from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

_STONE: Colour = (168, 160, 148)


def bridge(pen: Pen, look: Look, rng: random.Random) -> None:
    """A suspension bridge in new worlds, a red bow in the far east, a steel bow, or arches of stone."""
    if look.style in {"america", "oceania"}:
        _suspension_bridge(pen, rng.choice(((196, 66, 44), (196, 66, 44), (128, 140, 150))))
    elif look.style in {"east", "siam"}:
        _red_bridge(pen)
    elif look.style in {"latin", "africa", "russia"}:
        _steel_bridge(pen)
    else:
        _stone_bridge(pen, look)


def _suspension_bridge(pen: Pen, colour: Colour) -> None:
    cable = [(x / 20, 0.38 + 0.52 * (x / 10) ** 2) for x in range(-10, 11)]
    pen.box(-1.2, 0.28, 1.2, 0.35, shade(colour, 0.8))
    for tower in (-0.5, 0.5):
        pen.box(tower - 0.05, -0.1, tower + 0.05, 0.95, colour)
        pen.box(tower - 0.1, -0.12, tower + 0.1, -0.02, (130, 126, 122))
        pen.line([(tower, 0.9), (2.4 * tower, 0.33)], colour, 0.025)
    pen.line(cable, colour, 0.025)
    for x, y in cable:
        pen.line([(x, 0.33), (x, y)], colour, 0.008)


def _red_bridge(pen: Pen) -> None:
    red: Colour = (186, 46, 38)
    bow = [(x / 20, 0.42 * (1 - (x / 20) ** 2)) for x in range(-22, 23)]
    pen.line([(x, y + 0.05) for x, y in bow], red, 0.13)
    pen.line([(x, y + 0.26) for x, y in bow], red, 0.04)
    for x, y in bow[1::4]:
        pen.line([(x, y), (x, y + 0.3)], shade(red, 0.8), 0.035)
    for x in (-0.6, 0.6):
        pen.box(x - 0.04, -0.15, x + 0.04, 0.3, shade(red, 0.6))


def _steel_bridge(pen: Pen) -> None:
    steel: Colour = (96, 108, 112)
    pen.box(-1.2, 0.22, 1.2, 0.3, steel)
    pen.curve(0, 0.25, 0.85, 0.6, (180, 360), steel, 0.06)
    for number in range(-7, 8):
        x = number * 0.11
        pen.line([(x, 0.26), (x, 0.25 + 0.6 * (1 - (x / 0.85) ** 2) ** 0.5)], steel, 0.02)


def _stone_bridge(pen: Pen, look: Look) -> None:
    stone = mix(_STONE, look.wall, 0.5)
    pen.poly([(-1.2, -0.1), (-1.2, 0.34), (0, 0.52), (1.2, 0.34), (1.2, -0.1)], stone)
    pen.line([(-1.2, 0.36), (0, 0.54), (1.2, 0.36)], shade(stone, 0.75), 0.05)
    for x, wide in ((-0.82, 0.22), (-0.28, 0.26), (0.28, 0.26), (0.82, 0.22)):
        pen.dome(x, -0.1, wide, 0.42, mix(look.water, look.horizon, 0.15))
    if look.style == "britain":
        for x in (-0.55, 0.55):
            pen.box(x - 0.11, 0.2, x + 0.11, 0.95, shade(stone, 0.9))
            pen.poly([(x - 0.12, 0.95), (x, 1.15), (x + 0.12, 0.95)], (84, 98, 116))
        pen.box(-0.5, 0.66, 0.5, 0.72, (96, 132, 160))


def temple(pen: Pen, look: Look, rng: random.Random) -> None:
    """A pagoda, golden spires, a dome with minarets, a stepped pyramid, or columns under a gable."""
    if look.style == "east":
        wide, y = 0.5, 0.06
        pen.box(-0.55, 0, 0.55, 0.06, _STONE)
        for _ in range(rng.choice((3, 4, 5))):
            pen.box(-wide * 0.6, y, wide * 0.6, y + 0.13, mix((176, 52, 40), look.wall, 0.3))
            pen.box(-0.05, y, 0.05, y + 0.13, (60, 32, 30))
            pen.poly([(-wide - 0.08, y + 0.15), (-wide * 0.5, y + 0.22), (wide * 0.5, y + 0.22),
                      (wide + 0.08, y + 0.15), (wide * 0.7, y + 0.12), (-wide * 0.7, y + 0.12)],
                     shade(look.roof, 0.85))  # fmt: skip
            y, wide = y + 0.2, wide * 0.82
        pen.line([(0, y), (0, y + 0.18)], (180, 150, 60), 0.03)
    elif look.style == "siam":
        gold: Colour = (224, 176, 56)
        pen.box(-0.6, 0, 0.6, 0.12, (226, 220, 206))
        for x, size in ((-0.42, 0.6), (0.42, 0.6), (0.0, 1.05)):
            pen.bowl(x, 0.36 * size, 0.24 * size, -0.0 + 0.2 * size, gold)
            pen.dome(x, 0.12, 0.24 * size, 0.42 * size, gold)
            pen.poly(
                [(x - 0.1 * size, 0.46 * size), (x, 1.0 * size), (x + 0.1 * size, 0.46 * size)],
                shade(gold, 0.85),
            )
        for x in (-0.5, -0.25, 0, 0.25, 0.5):
            pen.box(x - 0.03, 0.0, x + 0.03, 0.12, (176, 60, 44))
    elif look.style in {"orient", "south"}:
        wall = mix((232, 222, 204), look.wall, 0.35)
        dome = (218, 176, 60) if look.city.country == "IL" else mix((92, 150, 160), wall, 0.45)
        pen.box(-0.42, 0, 0.42, 0.36, wall)
        pen.dome(0, 0.36, 0.3, 0.38, dome)
        pen.line([(0, 0.72), (0, 0.84)], (190, 160, 70), 0.025)
        pen.box(-0.08, 0, 0.08, 0.14, (78, 62, 52))
        pen.dome(0, 0.14, 0.08, 0.1, (78, 62, 52))
        for x in (-0.28, 0.28):
            pen.dome(x, 0.08, 0.06, 0.14, shade(wall, 0.65))
        for x in (-0.6, 0.6):
            pen.box(x - 0.045, 0, x + 0.045, 0.8, shade(wall, 0.93))
            pen.box(x - 0.07, 0.55, x + 0.07, 0.6, shade(wall, 0.75))
            pen.poly([(x - 0.055, 0.8), (x, 1.0), (x + 0.055, 0.8)], dome)
    elif look.style == "latin":
        stone = mix((190, 172, 138), look.wall, 0.35)
        for step in range(5):
            wide = 0.75 - 0.125 * step
            pen.box(-wide, 0.13 * step, wide, 0.13 * (step + 1), shade(stone, 1.0 - 0.07 * (step % 2)))
        pen.box(-0.17, 0.65, 0.17, 0.85, shade(stone, 0.9))
        pen.box(-0.05, 0.65, 0.05, 0.78, (56, 46, 40))
        pen.poly([(-0.14, 0), (-0.09, 0.65), (0.09, 0.65), (0.14, 0)], shade(stone, 0.72))
    else:
        stone = mix((232, 226, 212), look.wall, 0.3)
        pen.box(-0.72, 0, 0.72, 0.07, shade(stone, 0.85))
        pen.box(-0.66, 0.07, 0.66, 0.12, stone)
        pen.box(-0.6, 0.12, 0.6, 0.56, shade(stone, 0.5))
        for number in range(6):
            x = -0.55 + number * 0.22
            pen.box(x - 0.045, 0.12, x + 0.045, 0.56, stone)
        pen.box(-0.66, 0.56, 0.66, 0.64, stone)
        pen.poly([(-0.7, 0.64), (0, 0.92), (0.7, 0.64)], shade(stone, 0.9))


def castle(pen: Pen, look: Look, _rng: random.Random) -> None:
    """Walls and towers with battlements, a Japanese keep, or a fort of clay."""
    if look.style in {"east", "siam"}:
        pen.poly([(-0.75, 0), (-0.5, 0.28), (0.5, 0.28), (0.75, 0)], (132, 126, 120))
        wide, y = 0.48, 0.28
        for _ in range(3):
            pen.box(-wide * 0.85, y, wide * 0.85, y + 0.14, (240, 236, 226))
            pen.poly([(-wide - 0.1, y + 0.12), (-wide * 0.6, y + 0.24), (wide * 0.6, y + 0.24),
                      (wide + 0.1, y + 0.12)], (70, 82, 88))  # fmt: skip
            pen.poly([(-0.12, y + 0.14), (0, y + 0.28), (0.12, y + 0.14)], (86, 98, 104))
            y, wide = y + 0.22, wide * 0.72
        return
    clay = look.style in {"orient", "africa", "south"}
    stone = mix((196, 142, 92) if clay else _STONE, look.wall, 0.35)
    pen.box(-0.6, 0, 0.6, 0.4, stone)
    for number in range(-5, 6):
        pen.box(number * 0.115 - 0.03, 0.4, number * 0.115 + 0.03, 0.47, stone)
    pointed = not clay and look.style != "britain"
    for x, high in ((-0.62, 0.7), (0.62, 0.7), (0.22, 0.88)):
        pen.box(x - 0.13, 0, x + 0.13, high, shade(stone, 0.88))
        if pointed:
            pen.poly([(x - 0.17, high), (x, high + 0.3), (x + 0.17, high)], look.roof)
        else:
            for tooth in (-0.12, 0, 0.12):
                pen.box(x + tooth - 0.035, high, x + tooth + 0.035, high + 0.07, shade(stone, 0.88))
        pen.box(x - 0.03, high - 0.25, x + 0.03, high - 0.13, pane(look))
    pen.line([(-0.62, 1.0), (-0.62, 1.14)], (70, 60, 50), 0.02)
    pen.poly([(-0.62, 1.14), (-0.44, 1.1), (-0.62, 1.06)], look.accent)
    pen.box(-0.3, 0, -0.08, 0.16, (66, 48, 38))
    pen.dome(-0.19, 0.16, 0.11, 0.1, (66, 48, 38))


def tower(pen: Pen, look: Look, rng: random.Random) -> None:
    """A lattice of iron, a clock tower, a minaret, or a needle with a pod."""
    if look.style in {"south-europe", "east"}:
        iron: Colour = (206, 84, 50) if look.style == "east" else (120, 94, 70)
        for side in (-1, 1):
            pen.poly([(side * 0.36, 0), (side * 0.22, 0), (side * 0.03, 0.95), (side * 0.06, 0.95),
                      (side * 0.18, 0.4)], iron)  # fmt: skip
        pen.dome(0, 0.0, 0.24, 0.2, iron)
        pen.dome(0, 0.0, 0.2, 0.15, mix(look.ground, look.horizon, 0.4))
        pen.box(-0.23, 0.3, 0.23, 0.35, iron)
        pen.box(-0.12, 0.6, 0.12, 0.64, iron)
        pen.poly([(-0.06, 0.9), (0, 1.25), (0.06, 0.9)], iron)
        for y in (0.42, 0.5, 0.7, 0.8):
            pen.line([(-0.14 + y * 0.1, y), (0.14 - y * 0.1, y + 0.06)], iron, 0.02)
    elif look.style in {"britain", "europe", "russia"}:
        wall = mix((196, 164, 110), look.wall, 0.5)
        pen.box(-0.13, 0, 0.13, 0.86, wall)
        for x in (-0.08, 0, 0.08):
            pen.box(x - 0.012, 0.05, x + 0.012, 0.6, shade(wall, 0.7))
        pen.box(-0.16, 0.64, 0.16, 0.9, shade(wall, 0.9))
        pen.oval(0, 0.77, 0.105, colour=(246, 244, 232))
        pen.line([(0, 0.84), (0, 0.77), (0.05, 0.75)], (30, 30, 30), 0.02)
        pen.poly([(-0.16, 0.9), (0, 1.22), (0.16, 0.9)], (70, 88, 84))
    elif look.style in {"orient", "south", "siam"}:
        wall = mix((222, 196, 150), look.wall, 0.4)
        pen.poly([(-0.16, 0), (-0.1, 0.72), (0.1, 0.72), (0.16, 0)], wall)
        pen.box(-0.17, 0.7, 0.17, 0.76, shade(wall, 0.75))
        pen.box(-0.07, 0.76, 0.07, 0.92, wall)
        pen.dome(0, 0.92, 0.09, 0.14, (92, 148, 130))
        pen.line([(0, 1.05), (0, 1.18)], (200, 170, 70), 0.02)
        for y in (0.2, 0.4, 0.58):
            pen.box(-0.03, y, 0.03, y + 0.08, (80, 60, 46))
    else:
        grey: Colour = (188, 188, 186)
        pen.poly([(-0.1, 0), (-0.035, 0.7), (0.035, 0.7), (0.1, 0)], grey)
        pen.oval(0, 0.74, 0.19, 0.07, shade(grey, 0.75))
        pen.box(-0.18, 0.74, 0.18, 0.77, pane(look))
        pen.oval(0, 0.84, 0.08, 0.035, grey)
        pen.poly([(-0.03, 0.84), (0, 1.3), (0.03, 0.84)], look.accent if rng.random() < 0.5 else grey)


def church(pen: Pen, look: Look, _rng: random.Random) -> None:
    """A nave with a steeple; onion domes in Russia, two white towers in Latin America."""
    wall = mix((240, 236, 226), look.wall, 0.35)
    if look.style == "russia":
        pen.box(-0.5, 0, 0.5, 0.4, (206, 92, 70))
        for x, high, colour in (
            (-0.38, 0.5, (60, 130, 90)),
            (0.38, 0.5, (50, 90, 170)),
            (0, 0.72, (220, 176, 60)),
        ):
            pen.box(x - 0.09, 0.3, x + 0.09, high, (232, 220, 200))
            pen.oval(x, high + 0.09, 0.13, 0.12, colour)
            pen.poly([(x - 0.08, high + 0.17), (x, high + 0.34), (x + 0.08, high + 0.17)], colour)
        return
    if look.style == "latin":
        bright = mix((250, 236, 200), look.wall, 0.5)
        pen.box(-0.4, 0, 0.4, 0.5, bright)
        pen.dome(0, 0.5, 0.18, 0.16, shade(bright, 0.85))
        for x in (-0.42, 0.42):
            pen.box(x - 0.13, 0, x + 0.13, 0.78, shade(bright, 0.93))
            pen.dome(x, 0.78, 0.12, 0.16, look.roof)
            pen.dome(x, 0.58, 0.05, 0.12, (70, 60, 60))
        pen.line([(0, 0.65), (0, 0.82)], (60, 50, 50), 0.03)
        pen.line([(-0.06, 0.76), (0.06, 0.76)], (60, 50, 50), 0.03)
    else:
        pen.box(-0.1, 0, 0.62, 0.34, wall)
        pen.poly([(-0.14, 0.34), (0.0, 0.56), (0.56, 0.56), (0.68, 0.34)], look.roof)
        pen.box(-0.4, 0, -0.08, 0.62, shade(wall, 0.92))
        pen.poly([(-0.44, 0.62), (-0.24, 1.1), (-0.04, 0.62)], shade(look.roof, 0.8))
        pen.line([(-0.24, 1.08), (-0.24, 1.24)], (70, 60, 50), 0.025)
        pen.line([(-0.3, 1.18), (-0.18, 1.18)], (70, 60, 50), 0.025)
        for x in (0.1, 0.28, 0.46):
            pen.box(x - 0.04, 0.1, x + 0.04, 0.2, pane(look))
            pen.dome(x, 0.2, 0.04, 0.06, pane(look))
    pen.box(
        -0.3 if look.style != "latin" else -0.07,
        0,
        -0.18 if look.style != "latin" else 0.07,
        0.16,
        (90, 60, 44),
    )
