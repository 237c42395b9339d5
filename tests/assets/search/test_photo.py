"""A photo from outside: read within limits, refused with a sentence if it is none."""

import io
from pathlib import Path

import pytest
from PIL import Image

from assets.base.profiles.sections.images import ImageConfig
from assets.search.errors import SearchError
from assets.search.photo import as_stored, read_photo

CONFIG = ImageConfig(short_side=32, max_bytes=10_000, max_pixels=100_000)


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_file_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(png(4, 4))
    assert read_photo(tmp_path / "red.png", CONFIG) == ("red.png", png(4, 4))
    assert read_photo(str(tmp_path / "red.png"), CONFIG)[0] == "red.png"
    assert read_photo(png(4, 4), CONFIG) == ("the photo", png(4, 4))


def test_what_is_no_readable_file(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(b"x" * 10_001)
    for path, sentence in (
        (tmp_path / "none.jpg", "photo none.jpg: expected a file at .*none.jpg, found none"),
        (tmp_path, "expected a file at .*, found a folder"),
        (tmp_path / "large.png", "photo large.png: expected at most 10000 bytes, found 10001"),
    ):
        with pytest.raises(SearchError, match=sentence):
            read_photo(path, CONFIG)


def test_as_the_collection_stores_it() -> None:
    stored = as_stored("red.png", png(64, 128), CONFIG)
    assert (stored.width, stored.height) == (32, 64)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "photo x.jpg: expected an image, found a file of 0 bytes"),
        (b"hello there", "photo x.jpg: expected one of JPEG, PNG, .*, found text that begins 'hello there'"),
        (png(4, 4)[:40], "photo x.jpg: expected an? .*, found"),
        (png(400, 400), "photo x.jpg: expected at most 100000 pixels, found 400 x 400"),
    ],
)
def test_what_is_no_image(data: bytes, sentence: str) -> None:
    with pytest.raises(SearchError, match=sentence):
        as_stored("x.jpg", data, CONFIG)
