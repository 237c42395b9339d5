"""Pictures for benchmarks: JPEGs that cost as much to decode as photos do, made once and kept."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

WIDTH, HEIGHT = 500, 375
QUALITY = 90
_FIELD = 2048  # pixels a side, of which pictures are cut
_FALL = 1.5  # amplitude over frequency: gives 1.7 bits a pixel, as small real photos have


def pictures(folder: Path, count: int) -> list[Path]:
    """JPEGs of 500 x 375 pixels, named by their number; made if they are not there.

    Args:
        folder: Where they are kept.
        count: How many.
    """
    paths = [folder / f"{number}.jpg" for number in range(count)]
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        field = _noise(rng)
        for path in paths:
            top, left = rng.integers(0, _FIELD - HEIGHT), rng.integers(0, _FIELD - WIDTH)
            buffer = io.BytesIO()
            Image.fromarray(field[top : top + HEIGHT, left : left + WIDTH]).save(buffer, "JPEG", quality=QUALITY)
            path.write_bytes(buffer.getvalue())
    return paths


def _noise(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A coloured field, uint8 [2048, 2048, 3], whose detail falls with frequency as a photo's does."""
    down, across = np.fft.fftfreq(_FIELD)[:, None], np.fft.rfftfreq(_FIELD)[None, :]
    frequency = np.maximum(np.hypot(down, across), 1 / WIDTH)  # what is wider than a picture is no detail of it
    layers = []
    for _ in range(4):
        layer = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((_FIELD, _FIELD))) / frequency**_FALL)
        layers.append((layer - layer.mean()) / layer.std())
    grey, *colours = layers
    channels = [128 + 50 * (0.8 * grey + 0.3 * colour) for colour in colours]
    pixels: npt.NDArray[np.uint8] = np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8)
    return pixels
