import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assets.images.decode import decode
from assets.images.outcome import Decoded, Failure, Sizes

SIZES = Sizes(short_side=48, jpeg_quality=90, max_pixels=1_000_000)


def pixels(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        return np.asarray(image).astype(int)


def good(answer: Decoded | Failure) -> Decoded:
    assert isinstance(answer, Decoded), answer
    return answer


def failed(answer: Decoded | Failure) -> Failure:
    assert isinstance(answer, Failure)
    assert answer.error.startswith("expected")
    return answer


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def test_the_short_side_is_resized_and_the_original_hashed(picture) -> None:
    data = picture(3, (120, 80))
    answer = good(decode(data, SIZES))
    assert (answer.width, answer.height) == (72, 48)
    assert answer.sha256 == hashlib.sha256(data).hexdigest()
    assert pixels(answer.jpeg).shape == (48, 72, 3)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.resize((72, 48), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(pixels(answer.jpeg) - expected).mean() < 3
    assert good(decode(data, SIZES)) == answer


def test_a_small_image_keeps_its_size(picture) -> None:
    answer = good(decode(picture(3, (40, 30)), SIZES))
    assert (answer.width, answer.height) == (40, 30)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_every_format_gives_the_same_picture(picture, form: str) -> None:
    expected = pixels(good(decode(picture(5), SIZES)).jpeg)
    found = pixels(good(decode(picture(5, form=form), SIZES)).jpeg)
    assert np.abs(found - expected).mean() < 8  # GIF has 256 colours


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpeg_modes_become_rgb(picture, mode: str) -> None:
    plain = pixels(good(decode(picture(5), SIZES)).jpeg)
    found = pixels(good(decode(picture(5, mode=mode), SIZES)).jpeg)
    if mode == "L":
        grey = plain @ np.array([0.299, 0.587, 0.114])
        assert np.abs(found.mean(2) - grey).mean() < 3
        assert np.ptp(found, axis=2).max() <= 2
    else:
        assert np.abs(found - plain).mean() < 6


def test_a_progressive_jpeg_is_read(picture) -> None:
    assert good(decode(picture(5, progressive=True), SIZES)).width == 72


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_images_are_turned_upright(orientation: int, form: str) -> None:
    ramp = np.zeros((60, 100, 3), np.uint8)
    ramp[:20, :30] = 255  # bright at the top left of what the camera stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(ramp), form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))
    found = pixels(good(decode(data, SIZES)).jpeg).mean(2)
    turned = orientation >= 5
    assert found.shape == ((80, 48) if turned else (48, 80))
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}
    row, column = corner[orientation]
    assert found[row, column] > 240
    assert found[-1 - row if row else -1, -1 - column if column else -1] < 15


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    found = pixels(good(decode(encode(Image.fromarray(ramp), "PNG"), SIZES)).jpeg)
    expected = np.tile(np.linspace(0, 255, 48), (48, 1))
    assert np.abs(found.mean(2) - expected).mean() < 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode: str) -> None:
    image = Image.new("RGBA", (50, 50), (200, 0, 0, 0))
    if mode == "P":
        palette = Image.new("P", (50, 50), 0)
        palette.putpalette([200, 0, 0])
        data = encode(palette, "PNG", transparency=0)
    else:
        data = encode(image.convert(mode), "PNG")
    assert pixels(good(decode(data, SIZES)).jpeg).min() >= 253


@pytest.mark.parametrize("mode", ["1", "P"])
def test_palettes_and_bits_become_rgb(picture, mode: str) -> None:
    assert good(decode(picture(5, mode=mode, form="PNG"), SIZES)).height == 48


def test_empty_and_text_and_other_things_are_named(picture) -> None:
    empty = failed(decode(b"", SIZES))
    assert (empty.status, "0 bytes" in empty.error) == ("undecodable", True)
    text = failed(decode("<html>Bitte melden Sie sich an, schön</html>".encode(), SIZES))
    assert (text.status, "text that begins '<html>" in text.error) == ("not_an_image", True)
    other = failed(decode(bytes(range(256)) * 10, SIZES))
    assert (other.status, "2560 bytes of something else" in other.error) == ("not_an_image", True)
    assert failed(decode(b"%PDF-1.7\n" + picture(1), SIZES)).status == "not_an_image"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_truncated_image_is_undecodable(picture, form: str, share: float) -> None:
    data = picture(5, form=form)
    assert failed(decode(data[: max(8, int(len(data) * share))], SIZES)).status in {
        "undecodable",
        "not_an_image",
    }
    if share >= 0.3 and form in {"JPEG", "PNG"}:
        assert failed(decode(data[: int(len(data) * share)], SIZES)).status == "undecodable"


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def bomb(width: int, height: int) -> bytes:
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        return start + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")

    for size in [(2_000, 1_000), (10_000, 10_000), (60_000, 60_000)]:
        answer = failed(decode(bomb(*size), SIZES))
        assert answer.status == "too_large"
        assert "1000000 pixels" in answer.error
    assert failed(decode(bomb(900, 900), SIZES)).status == "undecodable"


def test_a_strip_that_no_jpeg_can_hold_is_too_large() -> None:
    data = encode(Image.new("L", (70_000, 10)), "PNG")
    assert failed(decode(data, SIZES)).status == "too_large"


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0"]),
)
def test_any_bytes_give_an_answer(data: bytes, beginning: bytes) -> None:
    assert isinstance(decode(beginning + data, SIZES), Decoded | Failure)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_any_damage_gives_an_answer(seed: int, flips: int) -> None:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))
    data = bytearray(encode(small, ["JPEG", "PNG", "GIF", "WEBP", "TIFF"][seed % 5]))
    for position in rng.integers(0, len(data), flips):
        data[position] = int(rng.integers(0, 256))
    answer = decode(bytes(data), SIZES)
    assert isinstance(answer, Decoded) or answer.status in {"undecodable", "not_an_image", "too_large"}
