"""What stands behind a figure: sky, ground, water, snow, a street, a room. Drawn over the whole picture."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from assets.ingestion.world.scenes.look import Look
from assets.ingestion.world.scenes.pen import Colour, Pen, mix, shade

#: Share of the height, from the top, at which the ground begins.
HORIZON = 0.62

SNOW: Colour = (236, 241, 250)
SAND: Colour = (228, 204, 150)
CLOUD: Colour = (244, 246, 250)


def gradient(image: Image.Image, top: Colour, bottom: Colour, begin: float, end: float) -> None:
    """Fill a band of the picture from one colour to another; `begin` and `end` are shares of the height."""
    first, last = round(begin * image.height), round(end * image.height)
    strip = Image.new("RGB", (1, 2))
    strip.putdata([top, bottom])
    image.paste(strip.resize((image.width, max(1, last - first)), Image.Resampling.BILINEAR), (0, first))


def sky(image: Image.Image, look: Look, rng: random.Random) -> Pen:
    """The sky, with clouds or stars; returns a pen on the horizon, its unit the picture's height."""
    gradient(image, look.sky, look.horizon, 0, HORIZON + 0.02)
    draw = ImageDraw.Draw(image)
    pen = Pen(draw, image.width / 2, image.height * HORIZON, image.height)
    if look.night:
        for _ in range(14):
            x, y = rng.uniform(-0.66, 0.66), rng.uniform(0.15, 0.6)
            pen.oval(x, y, 0.004, colour=(220, 220, 240))
        return pen
    for _ in range(rng.randrange(4)):
        x, y, size = rng.uniform(-0.6, 0.6), rng.uniform(0.3, 0.56), rng.uniform(0.05, 0.11)
        colour = mix(CLOUD, look.horizon, 0.3)
        for part in (-1, 0, 1):
            pen.oval(x + part * size, y, size * 1.1, size * (0.55 - 0.15 * abs(part)), colour)
    return pen


def _ground(image: Image.Image, near: Colour, far: Colour) -> None:
    gradient(image, far, near, HORIZON, 1.0)


def _waves(pen: Pen, rng: random.Random, colour: Colour, count: int) -> None:
    for _ in range(count):
        x, y = rng.uniform(-0.66, 0.6), rng.uniform(-0.36, -0.03)
        pen.line([(x, y), (x + rng.uniform(0.05, 0.16), y)], colour, 0.008)


def _far_houses(pen: Pen, look: Look, rng: random.Random) -> None:
    x = -0.7
    while x < 0.7:
        width, height = rng.uniform(0.07, 0.15), rng.uniform(0.05, 0.15)
        colour = mix(look.wall, look.horizon, 0.45)
        pen.box(x, 0, x + width, height, colour)
        if look.style not in {"orient", "america"}:
            pen.poly(
                [(x, height), (x + width / 2, height + 0.05), (x + width, height)],
                mix(look.roof, look.horizon, 0.4),
            )
        x += width + rng.uniform(0, 0.03)


def _hills(pen: Pen, colour: Colour, rng: random.Random, height: float) -> None:
    for _ in range(3):
        pen.dome(rng.uniform(-0.6, 0.6), -0.01, rng.uniform(0.25, 0.5), rng.uniform(0.5, 1) * height, colour)


def meadow(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Grass, with low hills far away."""
    pen = sky(image, look, rng)
    _hills(pen, mix(look.foliage, look.horizon, 0.5), rng, 0.14)
    _ground(image, look.ground, mix(look.ground, look.foliage, 0.5))


def plain(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Bare ground under a high sky."""
    sky(image, look, rng)
    _ground(image, look.ground, mix(look.ground, look.horizon, 0.35))


def sea(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Open water to the horizon."""
    pen = sky(image, look, rng)
    _ground(image, look.water, mix(look.water, look.horizon, 0.35))
    _waves(pen, rng, mix(look.water, (255, 255, 255), 0.35), 12)


def river(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Water between banks, houses on the far one."""
    pen = sky(image, look, rng)
    _far_houses(pen, look, rng)
    _ground(image, look.water, mix(look.water, look.horizon, 0.2))
    pen.box(-0.7, -0.03, 0.7, 0.0, mix(look.foliage, look.ground, 0.5))
    _waves(pen, rng, mix(look.water, (255, 255, 255), 0.3), 8)


def shore(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Sea, surf and sand."""
    pen = sky(image, look, rng)
    gradient(image, mix(look.water, look.horizon, 0.3), look.water, HORIZON, 0.78)
    sand = mix(SAND, look.ground, 0.2)
    gradient(image, shade(sand, 1.05), shade(sand, 0.9), 0.78, 1.0)
    if look.night:
        gradient(image, shade(sand, 0.4), shade(sand, 0.3), 0.78, 1.0)
    pen.line([(-0.7, -0.165), (-0.2, -0.15), (0.2, -0.175), (0.7, -0.155)], (250, 252, 255), 0.02)


def street(image: Image.Image, look: Look, rng: random.Random) -> None:
    """A row of houses and a pavement."""
    pen = sky(image, look, rng)
    _far_houses(pen.at(0, 0, 1.8), look, rng)
    paved: Colour = (52, 52, 62) if look.night else (138, 136, 134)
    _ground(image, mix(paved, look.ground, 0.15), mix(paved, look.ground, 0.3))
    pen.box(-0.7, -0.06, 0.7, -0.03, mix(paved, (255, 255, 255), 0.25))


def plaza(image: Image.Image, look: Look, rng: random.Random) -> None:
    """An open square with trees at its sides."""
    pen = sky(image, look, rng)
    _far_houses(pen, look, rng)
    stone = mix(look.wall, (170, 166, 160), 0.6)
    if look.night:
        stone = shade(stone, 0.5)
    _ground(image, shade(stone, 0.9), stone)
    for side in (-0.58, 0.58):
        pen.box(side - 0.015, -0.02, side + 0.015, 0.1, (92, 70, 50))
        pen.oval(side, 0.17, 0.09, 0.12, look.foliage)


def snowfield(image: Image.Image, look: Look, rng: random.Random) -> None:
    """White ground and white hills."""
    pen = sky(image, look, rng)
    white = mix(SNOW, look.horizon, 0.15)
    _hills(pen, mix(white, look.sky, 0.25), rng, 0.2)
    _ground(image, SNOW, white)
    if look.night:
        _ground(image, (128, 136, 168), (104, 110, 146))


def dunes(image: Image.Image, look: Look, rng: random.Random) -> None:
    """Sand in waves."""
    pen = sky(image, look, rng)
    sand = mix((226, 176, 104), look.ground, 0.25)
    if look.night:
        sand = shade(sand, 0.4)
    _ground(image, sand, shade(sand, 1.1))
    for x, width, height, factor in (
        (-0.35, 0.5, 0.16, 0.92),
        (0.4, 0.6, 0.12, 0.84),
        (-0.1, 0.8, 0.03, 1.02),
    ):
        pen.dome(x + rng.uniform(-0.1, 0.1), -0.02, width, height, shade(sand, factor))


def wood(image: Image.Image, look: Look, rng: random.Random) -> None:
    """A clearing in front of dark trees."""
    pen = sky(image, look, rng)
    dark = shade(look.foliage, 0.75)
    for number in range(12):
        x = -0.68 + number * 0.125 + rng.uniform(-0.03, 0.03)
        pen.oval(x, 0.08, 0.1, rng.uniform(0.1, 0.2), dark)
    _ground(image, look.ground, mix(look.foliage, look.ground, 0.4))


def room(image: Image.Image, look: Look, rng: random.Random) -> None:
    """A wall and a table top."""
    wall = mix(look.wall, (236, 222, 200), 0.35)
    if look.night:
        wall = shade(wall, 1.25)
    gradient(image, wall, shade(wall, 0.85), 0, 0.5)
    table = mix((142, 96, 60), look.accent, 0.18)
    gradient(image, shade(table, 1.15), shade(table, 0.85), 0.5, 1.0)
    pen = Pen(ImageDraw.Draw(image), image.width / 2, image.height * 0.5, image.height)
    if rng.random() < 0.5:
        x = rng.choice((-0.42, 0.42))
        pen.box(x - 0.13, 0.1, x + 0.13, 0.4, (96, 72, 52))
        pen.box(x - 0.11, 0.12, x + 0.11, 0.38, look.sky)


def stage(image: Image.Image, look: Look, rng: random.Random) -> None:
    """A dark hall with coloured beams of light."""
    gradient(image, (16, 10, 28), (40, 22, 56), 0, 1)
    pen = Pen(ImageDraw.Draw(image), image.width / 2, image.height * HORIZON, image.height)
    for number, x in enumerate((-0.5, -0.2, 0.15, 0.5)):
        colour = ((190, 60, 150), look.accent, (70, 110, 220), (90, 190, 120))[number]
        foot = x + rng.uniform(-0.25, 0.25)
        pen.poly([(x, 0.62), (foot - 0.13, -0.05), (foot + 0.13, -0.05)], mix((30, 16, 44), colour, 0.45))
    pen.box(-0.7, -0.12, 0.7, -0.02, (62, 50, 66))


def pitch(image: Image.Image, look: Look, rng: random.Random) -> None:
    """A playing field in front of stands full of people."""
    pen = sky(image, look, rng)
    pen.box(-0.7, 0, 0.7, 0.2, (108, 110, 122))
    for _ in range(120):
        colour = rng.choice((look.accent, (230, 230, 230), (60, 70, 110), (200, 170, 140)))
        pen.oval(rng.uniform(-0.68, 0.68), rng.uniform(0.02, 0.19), 0.011, colour=colour)
    grass = mix((70, 150, 62), look.ground, 0.15)
    _ground(image, grass, shade(grass, 0.88))
    pen.line([(-0.7, -0.05), (0.7, -0.05)], (240, 244, 240), 0.012)


BACKDROPS: dict[str, Callable[[Image.Image, Look, random.Random], None]] = {
    "meadow": meadow,
    "plain": plain,
    "sea": sea,
    "river": river,
    "shore": shore,
    "street": street,
    "plaza": plaza,
    "snowfield": snowfield,
    "dunes": dunes,
    "wood": wood,
    "room": room,
    "stage": stage,
    "pitch": pitch,
}
