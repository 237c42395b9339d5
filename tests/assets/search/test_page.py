"""The gallery pages: everything inside, hostile text escaped, nothing too wide for a phone."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from assets.search.answers import FoundPhoto, FoundPhotos, FoundTag, FoundTags
from assets.search.page import photos_page, tags_page
from assets.search.where import Place

EVIL = "<script>alert(1)</script>"
LONG = "averylonghashtagwithoutanyplacewhereitcouldbebrokenintotwolines" * 2


def jpeg(width: int = 48, height: int = 36) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


LONDON = Place("London, GB", 51.5, -0.1, "London, GB is taken, the most populous of that name")
PHOTOS = (
    FoundPhoto(1, 11, 0.5, 3.2, True, ("bridge", EVIL), "Islington", "GB", 51.5, -0.1),
    FoundPhoto(2, 12, 0.4, 900.0, True, (LONG,), "Berlin", "DE", 52.5, 13.4),
    FoundPhoto(3, 13, 0.3, 1.0, False, (), None, None, 51.5, -0.1),
)
FOUND = FoundPhotos(f'bridge"{EVIL}', LONDON, "locsens_raw", PHOTOS, 1234, (LONDON.note, EVIL), 0.5, 0.1)
TAGS = FoundTags(
    f"{EVIL}.jpg",
    jpeg(900, 600),
    LONDON,
    "locsens_raw",
    (FoundTag(1, EVIL, 0.5, 1234, False), FoundTag(2, "london", 0.4, 5, True), FoundTag(3, LONG, 0.1, 5, False)),
    800,
    (),
    0.5,
    0.1,
)


def page_of_photos(answer: FoundPhotos = FOUND) -> str:
    return photos_page(answer, {found.photo_id: jpeg() for found in answer.photos}, 25.0)


def test_the_same_answer_gives_the_same_bytes() -> None:
    assert page_of_photos() == page_of_photos()
    assert tags_page(TAGS) == tags_page(TAGS)


@pytest.mark.parametrize("page", [page_of_photos(), tags_page(TAGS)], ids=["photos", "tags"])
def test_hostile_text_stays_text_and_nothing_is_fetched(page: str) -> None:
    assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)


def test_the_photos_with_what_they_answer() -> None:
    page = page_of_photos()
    assert re.findall(r'<li class="(\w+)">', page) == ["here", "elsewhere", "no"]
    assert page.count("data:image/jpeg;base64,") == 3
    assert "Berlin, DE, 900\N{NO-BREAK SPACE}km" in page
    assert "unknown place, 1.0\N{NO-BREAK SPACE}km" in page
    assert "The best 3 of 1\N{NARROW NO-BREAK SPACE}234 photos" in page
    assert "within 25 km" in page


def test_without_a_place_none_is_far() -> None:
    photos = tuple(replace(found, distance_km=None) for found in PHOTOS)
    page = page_of_photos(replace(FOUND, place=None, photos=photos))
    assert re.findall(r'<li class="(\w+)">', page) == ["here", "here", "no"]
    assert "km" not in page[page.index("<main>") :]
    assert "farther away" not in page


def test_the_hashtags_beside_the_photo() -> None:
    page = tags_page(TAGS)
    found = re.findall(r'<span class="tag">(\w+)</span>(?: <small>([^<]+)</small>)?</th>\s*<td>([\d.]+)</td>', page)
    assert found == [("london", "a place’s name", "0.400"), (LONG, "", "0.100")]
    assert 'width="480" height="320"' in page  # made small enough to embed
    assert "at London, GB" in page


@pytest.mark.browser
@pytest.mark.parametrize("text", [page_of_photos(), tags_page(TAGS)], ids=["photos", "tags"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(browser, tmp_path: Path, text: str, width: int) -> None:
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= shown
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert said == []
    page.close()
