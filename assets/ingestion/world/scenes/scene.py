"""Composes a picture: backdrop, the concept's figure, a second one, passers-by, then light and grain."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.rows import Picture
from assets.ingestion.world.scenes import buildings, homes, life, monuments, nature, vehicles
from assets.ingestion.world.scenes.backdrops import BACKDROPS, HORIZON
from assets.ingestion.world.scenes.look import Look, look_of
from assets.ingestion.world.scenes.pen import Pen

Draw = Callable[[Pen, Look, random.Random], None]


@dataclass(frozen=True)
class Scene:
    """How a concept fills a picture.

    Attributes:
        figure: Draws it in a frame one unit high.
        backdrop: What stands behind it.
        size: Height of the frame, as a share of the picture's.
        foot: Where the frame stands, as a share of the picture's height from the top.
        wide: Whether it fills the width, so that it is not moved aside.
        airborne: Whether a small one of it belongs in the sky.
    """

    figure: Draw
    backdrop: str
    size: float
    foot: float
    wide: bool = False
    airborne: bool = False


SCENES: dict[str, Scene] = {
    "bridge": Scene(buildings.bridge, "river", 0.52, 0.72, wide=True),
    "temple": Scene(buildings.temple, "plaza", 0.62, 0.80),
    "beach": Scene(nature.beach, "shore", 0.58, 0.86),
    "mountain": Scene(nature.mountain, "meadow", 0.52, 0.66, wide=True),
    "tower": Scene(buildings.tower, "plaza", 0.66, 0.88),
    "lighthouse": Scene(monuments.lighthouse, "sea", 0.70, 0.80),
    "market": Scene(monuments.market, "street", 0.80, 0.90),
    "boat": Scene(vehicles.boat, "river", 0.48, 0.80),
    "castle": Scene(buildings.castle, "meadow", 0.56, 0.76),
    "car": Scene(vehicles.car, "street", 0.50, 0.90),
    "snow": Scene(nature.snow, "snowfield", 0.62, 0.86, wide=True),
    "ski": Scene(nature.ski, "snowfield", 0.62, 0.80, wide=True),
    "desert": Scene(nature.desert, "dunes", 0.58, 0.84),
    "forest": Scene(nature.forest, "wood", 0.80, 0.90, wide=True),
    "sailing": Scene(vehicles.sailing, "sea", 0.66, 0.80),
    "road": Scene(life.road, "plain", 0.55, 0.63, wide=True),
    "church": Scene(buildings.church, "meadow", 0.60, 0.80),
    "skyline": Scene(homes.skyline, "river", 0.54, 0.64, wide=True),
    "statue": Scene(monuments.statue, "plaza", 0.74, 0.92),
    "windmill": Scene(monuments.windmill, "meadow", 0.70, 0.84),
    "ruins": Scene(monuments.ruins, "plain", 0.56, 0.80),
    "house": Scene(homes.house, "meadow", 0.60, 0.84),
    "arch": Scene(monuments.arch, "plaza", 0.64, 0.84),
    "graffiti": Scene(monuments.graffiti, "street", 0.74, 0.82, wide=True),
    "train": Scene(vehicles.train, "plain", 0.50, 0.80, wide=True),
    "tram": Scene(vehicles.tram, "street", 0.58, 0.86),
    "bus": Scene(vehicles.bus, "street", 0.56, 0.90),
    "bicycle": Scene(vehicles.bicycle, "street", 0.66, 0.92),
    "airplane": Scene(vehicles.airplane, "plain", 0.48, 0.56, airborne=True),
    "balloon": Scene(vehicles.balloon, "meadow", 0.56, 0.68, airborne=True),
    "lake": Scene(nature.lake, "sea", 0.50, 0.63, wide=True),
    "waterfall": Scene(nature.waterfall, "wood", 0.76, 0.84, wide=True),
    "fountain": Scene(monuments.fountain, "plaza", 0.58, 0.86),
    "sunset": Scene(nature.sunset, "sea", 0.52, 0.62, wide=True),
    "volcano": Scene(nature.volcano, "meadow", 0.54, 0.68, wide=True),
    "flower": Scene(nature.flower, "meadow", 0.70, 0.86, wide=True),
    "camping": Scene(nature.camping, "wood", 0.56, 0.84),
    "bird": Scene(life.bird, "meadow", 0.70, 0.90),
    "cat": Scene(life.cat, "room", 0.72, 0.92),
    "horse": Scene(life.horse, "meadow", 0.68, 0.90),
    "elephant": Scene(life.elephant, "plain", 0.70, 0.90),
    "food": Scene(life.food, "room", 0.60, 0.90),
    "coffee": Scene(life.coffee, "room", 0.68, 0.92),
    "beer": Scene(life.beer, "room", 0.74, 0.92),
    "concert": Scene(life.concert, "stage", 0.62, 0.70, wide=True),
    "football": Scene(life.football, "pitch", 0.52, 0.86),
    "fireworks": Scene(life.fireworks, "plain", 0.52, 0.64, wide=True),
}

# What can be seen behind somebody who poses, when the concept is not shown.
_ANYWHERE = ("meadow", "street", "plaza", "plain", "river", "room")
# Where somebody can walk through the picture.
_WALKED = frozenset({"meadow", "street", "plaza", "plain", "shore", "snowfield", "dunes", "wood"})


def draw_scene(config: WorldConfig, picture: Picture) -> tuple[Image.Image, int]:
    """Draw a picture.

    Photos of an album share everything but the camera's position, passers-by, exposure and noise.

    Returns:
        The picture (RGB, now and then upright) and the JPEG quality to store it at.
    """
    shared, own = random.Random(picture.album), random.Random(picture.seed)
    look = look_of(config.look, picture.city, picture.hour, picture.album, own)
    upright = shared.random() < 0.12
    size = (config.height, config.width) if upright else (config.width, config.height)
    image = Image.new("RGB", size)
    concept, second = picture.concept, picture.second
    if concept and second and shared.random() < config.look.in_front:
        concept, second = second, concept
    scene = SCENES.get(concept)
    backdrop = scene.backdrop if scene is not None else shared.choice(_ANYWHERE)
    BACKDROPS[backdrop](image, look, random.Random(picture.album + 1))
    draw = ImageDraw.Draw(image)
    step = (own.gauss(0, 0.025), own.gauss(0, 0.012), own.gauss(1, 0.03))
    if second and second not in {"sunset", "fireworks"}:
        _second(draw, size, second, look, shared, step)
    if scene is not None:
        _figure(draw, size, scene, look, shared, step)
    else:
        _somebody(draw, size, look, own)
    if backdrop in _WALKED:
        _passers_by(draw, size, look, own)
    if shared.random() < config.look.close:
        image = _close_up(image, shared)
    return _develop(image, shared, own), own.choice((60, 72, 82, 88, 92))


def _close_up(image: Image.Image, shared: random.Random) -> Image.Image:
    """A part of the picture, as large as the whole."""
    part = shared.uniform(0.45, 0.75)
    width, height = part * image.width, part * image.height
    left, top = shared.uniform(0, image.width - width), shared.uniform(0.2, 1) * (image.height - height)
    return image.resize(image.size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))


def _figure(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    scene: Scene,
    look: Look,
    shared: random.Random,
    step: tuple[float, float, float],
) -> None:
    width, height = size
    # An upright picture is narrow: what is one unit wide must still fit.
    across = min(height, width * 0.9)
    scale = across * scene.size * step[2] * shared.uniform(0.88, 1.06)
    if scene.wide:
        x, scale = 0.5 + shared.uniform(-0.06, 0.06), max(scale, width * 0.4)
    else:
        x = 0.5 + shared.uniform(-0.13, 0.13)
    mirrored = shared.random() < 0.5
    pen = Pen(draw, (x + step[0]) * width, (scene.foot + step[1]) * height, scale, mirrored=mirrored)
    scene.figure(pen, look, random.Random(shared.getrandbits(32)))


def _second(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    concept: str,
    look: Look,
    shared: random.Random,
    step: tuple[float, float, float],
) -> None:
    """A smaller figure to one side, behind the first."""
    width, height = size
    scene = SCENES[concept]
    x = shared.choice((0.17, 0.83)) + step[0]
    foot = 0.36 if scene.airborne else HORIZON + shared.uniform(0.03, 0.08)
    scale = min(width, height) * scene.size * (0.34 if scene.wide else 0.5)
    pen = Pen(draw, x * width, (foot + step[1]) * height, scale, mirrored=shared.random() < 0.5)
    scene.figure(pen, look, random.Random(shared.getrandbits(32)))


def _somebody(draw: ImageDraw.ImageDraw, size: tuple[int, int], look: Look, own: random.Random) -> None:
    """Somebody posing where the concept should be."""
    pen = Pen(draw, own.uniform(0.35, 0.65) * size[0], 1.02 * size[1], own.uniform(0.6, 0.85) * min(size))
    life.person(pen, look, own)


def _passers_by(draw: ImageDraw.ImageDraw, size: tuple[int, int], look: Look, own: random.Random) -> None:
    width, height = size
    for _ in range(own.choice((0, 0, 1, 1, 2))):
        x, y = own.uniform(0.04, 0.96) * width, own.uniform(0.8, 0.98) * height
        life.walker(Pen(draw, x, y, own.uniform(0.14, 0.24) * height), look, own)


@lru_cache(maxsize=1)
def _grain() -> npt.NDArray[np.float32]:
    """Noise to cut patches from: drawing it anew each time would take longer than drawing the picture."""
    return np.random.default_rng(0).normal(0, 1, (512, 512, 3)).astype(np.float32)


def _develop(image: Image.Image, shared: random.Random, own: random.Random) -> Image.Image:
    """Exposure, white balance and grain, as a camera adds them."""
    exposure = shared.uniform(0.75, 1.2) * own.uniform(0.93, 1.07)
    warmth = shared.gauss(0, 0.04)
    gain = np.array([exposure * (1 + warmth), exposure, exposure * (1 - warmth)], dtype=np.float32)
    strength = own.choice((2, 4, 6, 9))
    top, left = own.randrange(512 - max(image.size)), own.randrange(512 - max(image.size))
    patch = _grain()[top : top + image.height, left : left + image.width]
    pixels = np.asarray(image, dtype=np.float32) * gain + patch * np.float32(strength)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
