"""One image file in, one resized JPEG out: a pure function of bytes and sizes, fit for a worker process.

JPEG goes through torchvision's decoder, resize and encoder; whatever that cannot read, and every other
format, through Pillow's decoder. Limits are checked on the header, before any pixel is decoded. Processes
live in `assets.images.workers`.
"""

import hashlib
import io

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.io import ImageReadMode, decode_jpeg, encode_jpeg
from torchvision.transforms.v2.functional import resize

from assets.images.outcome import Decoded, Failure, Sizes

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
LONGEST_SIDE = 65_500  # what a JPEG can hold

_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def decode(data: bytes, sizes: Sizes) -> Decoded | Failure:
    """Decode, turn upright, convert to RGB, shrink and encode one image; the same bytes give the same result.

    Args:
        data: The file.
        sizes: What to make of it.

    Returns:
        The stored form, or a failure: `not_an_image`, `too_large` or `undecodable`.
    """
    header = _read_header(data, sizes.max_pixels)
    if isinstance(header, Failure):
        return header
    try:
        pixels = _pixels(data, header)
        if min(pixels.shape[1:]) > sizes.short_side:
            pixels = resize(pixels, [sizes.short_side], antialias=True)
        height, width = pixels.shape[1:]
        if max(height, width) > LONGEST_SIDE:
            return Failure("too_large", f"expected at most {LONGEST_SIDE} pixels a side, found {width} x {height}")
        jpeg = encode_jpeg(pixels, quality=sizes.jpeg_quality).numpy().tobytes()
    except (RuntimeError, OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError) as error:
        # the decoders' own ways of saying that the file is damaged
        return Failure("undecodable", f"expected a whole {header} image, found damage: {_first_line(error)}")
    except (MemoryError, Image.DecompressionBombError) as error:
        return Failure("too_large", f"expected an image that fits into memory: {_first_line(error)}")
    return Decoded(jpeg, width, height, hashlib.sha256(data).hexdigest())


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][-200:] if lines else type(error).__name__


def _read_header(data: bytes, max_pixels: int) -> str | Failure:
    """The file's format, after its size was found to be within the limit."""
    if not data:
        return Failure("undecodable", "expected an image, found a file of 0 bytes")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height, name = image.width, image.height, str(image.format)
    except UnidentifiedImageError:
        if data.startswith(_BEGINNINGS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
            return Failure("undecodable", "expected an image, found a damaged header")
        return Failure("not_an_image", f"expected one of {', '.join(FORMATS)}, found {_kind(data)}")
    except Image.DecompressionBombError as error:
        return Failure("too_large", f"expected at most {max_pixels} pixels: {_first_line(error)}")
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, OverflowError, EOFError) as error:
        return Failure("undecodable", f"expected an image, found a damaged header: {_first_line(error)}")
    if width * height > max_pixels:
        return Failure("too_large", f"expected at most {max_pixels} pixels, found {width} x {height}")
    return name


def _kind(data: bytes) -> str:
    beginning = data[:512]
    if b"\0" in beginning:
        return f"{len(data)} bytes of something else"
    try:
        text = beginning.decode("utf-8", errors="strict" if len(data) <= len(beginning) else "ignore")
    except UnicodeDecodeError:
        return f"{len(data)} bytes of something else"
    return f"text that begins {text[:40]!r}"


def _pixels(data: bytes, name: str) -> torch.Tensor:
    """uint8 [3, H, W], upright."""
    if name in {"JPEG", "MPO"}:  # MPO: a JPEG with further pictures behind it
        buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        try:
            pixels: torch.Tensor = decode_jpeg(buffer, mode=ImageReadMode.RGB, apply_exif_orientation=True)
        except RuntimeError:  # what this decoder cannot read, Pillow may, or it says what is wrong
            return _pixels_by_pillow(data)
        return pixels
    return _pixels_by_pillow(data)


def _pixels_by_pillow(data: bytes) -> torch.Tensor:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        rgb = _to_rgb(ImageOps.exif_transpose(image))
        return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).contiguous()


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB: 16 bits scaled to 8, transparency laid on white."""
    if image.mode == "F":
        raise ValueError("pixels are floating-point numbers of no known range")
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")
