"""Where people live and work: houses and skyscrapers."""

import random

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

WINDOW: Colour = (255, 224, 130)


def pane(look: Look) -> Colour:
    """Colour of a window: lit at night."""
    return WINDOW if look.night else (70, 84, 104)


def skyline(pen: Pen, look: Look, rng: random.Random) -> None:
    """Skyscrapers side by side with rows of windows."""
    x = -1.1
    while x < 1.1:
        wide = rng.uniform(0.13, 0.24)
        high = rng.uniform(0.4, 0.8) + 0.35 * max(0.0, 1 - abs(x) * 1.6) * rng.random()
        colour = mix(rng.choice(((96, 116, 140), (128, 132, 140), (146, 128, 116))), look.wall, 0.25)
        colour = shade(colour, 0.45) if look.night else colour
        pen.box(x, 0, x + wide, high, colour)
        if rng.random() < 0.35:
            pen.poly(
                [(x + wide * 0.3, high), (x + wide / 2, high + 0.24), (x + wide * 0.7, high)],
                shade(colour, 0.8),
            )
        glass = WINDOW if look.night else mix(colour, (225, 236, 250), 0.55)
        for column in range(2):
            left = x + wide * (0.2 + 0.38 * column)
            for row in range(int(high / 0.09)):
                pen.box(left, 0.04 + row * 0.09, left + wide * 0.2, 0.085 + row * 0.09, glass)
        x += wide + 0.012


def house(pen: Pen, look: Look, rng: random.Random) -> None:
    """A dwelling: timber frame, veranda, whitewashed cube, paper walls or a round hut."""
    if look.style == "africa":
        pen.box(-0.38, 0, 0.38, 0.36, mix((196, 140, 90), look.wall, 0.3))
        pen.poly([(-0.6, 0.34), (0, 0.86), (0.6, 0.34)], (180, 148, 80))
        pen.box(-0.09, 0, 0.09, 0.26, (66, 44, 32))
        return
    wall = rng.choice((look.wall, mix(look.wall, (246, 240, 228), 0.7), mix(look.wall, look.accent, 0.3)))
    pen.box(-0.5, 0, 0.5, 0.46, wall)
    if look.style in {"latin", "orient", "south"}:
        pen.box(-0.54, 0.46, 0.54, 0.52, shade(wall, 0.8))
        pen.box(-0.2, 0.46, 0.4, 0.74, shade(wall, 0.92))
    else:
        curl = 0.1 if look.style in {"east", "siam"} else 0.0
        pen.poly([(-0.62 - curl, 0.44 + curl), (-0.5, 0.46), (-0.22, 0.84), (0.22, 0.84), (0.5, 0.46),
                  (0.62 + curl, 0.44 + curl), (0.5, 0.42), (-0.5, 0.42)], look.roof)  # fmt: skip
        pen.box(0.2, 0.7, 0.3, 0.98, shade(look.roof, 0.8))
    for x in (-0.32, 0.32):
        pen.box(x - 0.1, 0.16, x + 0.1, 0.34, (250, 250, 246))
        pen.box(x - 0.075, 0.18, x + 0.075, 0.32, pane(look))
    pen.box(-0.08, 0, 0.08, 0.28, look.accent)
    if look.style in {"europe", "britain"}:
        for points in (((-0.5, 0.02), (-0.5, 0.46)), ((0.5, 0.02), (0.5, 0.46)), ((-0.5, 0.4), (0.5, 0.4))):
            pen.line(points, (84, 58, 42), 0.03)
