import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.images.locate import BUCKET_LAYOUT, ImageSettingError, Location, Locator, Template
from assets.images.outcome import Failure

HASH = "8bcfe8b1ef2dd8aaca3f7a1bcd8e30f"


@pytest.mark.parametrize(
    ("url", "kind", "target"),
    [
        ("http://farm1.staticflickr.com/1/2_3.jpg", "web", None),
        ("HTTPS://example.org/a.jpg", "web", None),
        ("file:///photos/a%20b.jpg", "file", "/photos/a b.jpg"),
        ("file://localhost/photos/a.jpg", "file", "/photos/a.jpg"),
        ("/photos/100%25.jpg", "file", "/photos/100%25.jpg"),
    ],
)
def test_a_download_url_is_where_the_image_is(url: str, kind: str, target: str | None) -> None:
    assert Locator().locate(1, None, url) == Location(kind, target or url)  # type: ignore[arg-type]  # text of the table


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, "found none"),
        ("", "found none"),
        ("ftp://example.org/a.jpg", "'ftp://example.org/a.jpg'"),
        ("s3://elsewhere/a.jpg", "'s3://elsewhere/a.jpg'"),
        ("memory://a.jpg", "memory"),
        ("javascript:alert(1)", "javascript"),
        ("data:image/png;base64,AAAA", "data:"),
        ("http:///a.jpg", "http:///a.jpg"),
        ("photos/a.jpg", "absolute path"),
        ("file://server/share/a.jpg", "file://server"),
        ("file:///a%00b.jpg", "absolute path"),
        ("http://[broken/a.jpg", "broken"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(url: str | None, found: str) -> None:
    answer = Locator().locate(1, None, url)
    assert isinstance(answer, Failure)
    assert answer.status == "missing"
    assert found in answer.error


def test_no_password_reaches_a_sentence() -> None:
    answer = Locator().locate(1, None, "ftp://me:secret@example.org/a.jpg?token=secret")
    assert isinstance(answer, Failure)
    assert "secret" not in answer.error
    location = Locator().locate(1, None, "http://me:secret@example.org/a.jpg?token=secret")
    assert isinstance(location, Location)
    assert location.shown == "http://example.org/a.jpg"


@pytest.mark.parametrize("source", ["https://host/photos.csv", "manifest:http://host/photos.csv"])
@pytest.mark.parametrize("url", ["file:///photos/a.jpg", "/photos/a.jpg"])
def test_rows_from_the_web_do_not_name_local_files(source: str, url: str) -> None:
    answer = Locator(source=source).locate(1, None, url)
    assert isinstance(answer, Failure)
    assert "from a source on the web" in answer.error


@pytest.mark.parametrize("source", ["s3://bucket/meta/photos.csv", "manifest:s3://bucket/meta/*.csv"])
def test_the_store_of_the_source_is_allowed_and_no_other(source: str) -> None:
    locator = Locator(source=source)
    assert locator.locate(1, None, "s3://bucket/images/a.jpg") == Location("store", "s3://bucket/images/a.jpg")
    assert isinstance(locator.locate(1, None, "s3://other/images/a.jpg"), Failure)


def test_a_template_is_filled_with_hash_and_id() -> None:
    locator = Locator("https://example.org/{hash[0:3]}/{hash[3:6]}/{hash}-{photo_id}.jpg?key=1")
    expected = f"https://example.org/8bc/fe8/{HASH}-17.jpg?key=1"
    assert locator.locate(17, HASH, "http://ignored.example/") == Location("web", expected)


@pytest.mark.parametrize(
    ("root", "kind", "head"),
    [
        ("s3://multimedia-commons/data/images", "store", "s3://multimedia-commons/data/images"),
        ("s3://multimedia-commons/data/images/", "store", "s3://multimedia-commons/data/images"),
        ("https://example.org/images", "web", "https://example.org/images"),
        ("/mnt/images", "file", "/mnt/images"),
        ("file:///mnt/my%20images", "file", "/mnt/my images"),
    ],
)
def test_a_root_means_the_bucket_layout(root: str, kind: str, head: str) -> None:
    assert BUCKET_LAYOUT == "{hash[0:3]}/{hash[3:6]}/{hash}.jpg"
    location = Locator(root).locate(17, HASH, None)
    assert location == Location(kind, f"{head}/8bc/fe8/{HASH}.jpg")  # type: ignore[arg-type]  # text of the table


@pytest.mark.parametrize(
    "text",
    [
        "s3://b/{hash.__class__}.jpg",
        "s3://b/{hash!r}.jpg",
        "s3://b/{hash[0]}.jpg",
        "s3://b/{hash[-1:]}.jpg",
        "s3://b/{title}.jpg",
        "s3://b/{}.jpg",
        "s3://b/{hash",
        "s3://b/hash}.jpg",
        "s3://b/{{hash}}.jpg",
        "nosuchstore://b/{hash}.jpg",
    ],
)
def test_a_template_that_says_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ImageSettingError, match="LOCSENS_IMAGES"):
        Locator(text)


@pytest.mark.parametrize("value", [None, "", "../../etc/passwd", "ABC/..", "a" * 65, "0xff", "é"])
def test_a_hash_that_is_none_goes_nowhere(value: str | None) -> None:
    answer = Locator("/mnt/{hash}.jpg").locate(1, value, None)
    assert isinstance(answer, Failure)
    assert "hexadecimal" in answer.error


def test_a_disk_that_is_not_mounted_is_noticed(tmp_path) -> None:
    assert Locator(str(tmp_path)).missing_root() is None
    assert Locator(f"{tmp_path}/{{hash[0:3]}}/{{hash}}.jpg").missing_root() is None
    assert Locator(str(tmp_path / "gone")).missing_root() == str(tmp_path / "gone")
    assert Locator("https://example.org/images").missing_root() is None


@given(st.text())
def test_any_text_is_a_template_or_a_clear_error(text: str) -> None:
    try:
        template = Template(text)
    except ImageSettingError:
        assert "{" in text or "}" in text
        return
    filled = template.fill({"hash": HASH, "photo_id": "1"})
    assert template.fields or filled == text


@given(st.text())
def test_any_download_url_is_a_location_or_a_failure(url: str) -> None:
    answer = Locator().locate(1, None, url)
    assert isinstance(answer, Location) or answer.status == "missing"


@given(st.integers(0, 40), st.integers(0, 40))
def test_slices_are_those_of_python(start: int, stop: int) -> None:
    assert Template(f"{{hash[{start}:{stop}]}}").fill({"hash": HASH}) == HASH[start:stop]
