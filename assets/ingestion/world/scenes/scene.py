"""Composes a picture."""

import random

from PIL import Image, ImageDraw

from assets.ingestion.world.config import WorldConfig
from assets.ingestion.world.rows import Picture


def draw_scene(config: WorldConfig, picture: Picture) -> tuple[Image.Image, int]:
    """A picture and its JPEG quality."""
    rng = random.Random(picture.concept)
    image = Image.new(
        "RGB", (config.width, config.height), (rng.randrange(256), rng.randrange(256), picture.city)
    )
    ImageDraw.Draw(image).ellipse((40, 20, 100, 90), fill=(rng.randrange(256), 0, rng.randrange(256)))
    return image, 85
