"""The report in a real browser: nothing is fetched, nothing overflows, the tables say what they should."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assets.evaluation.report.data import ReportData
from assets.evaluation.report.html import render

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(report_data: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "index.html"
    path.write_text(render(report_data), encoding="utf-8")
    return path


@pytest.fixture(params=[(1280, "light"), (390, "light"), (390, "dark")], ids=["desk", "phone", "phone-dark"])
def page(browser: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    opened = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.requests = []  # type: ignore[attr-defined]  # what the page asked for
    opened.messages = []  # type: ignore[attr-defined]  # what it complained about
    opened.on("request", lambda asked: opened.requests.append(asked.url))  # type: ignore[attr-defined]  # as above
    opened.on("console", lambda said: opened.messages.append(said.text))  # type: ignore[attr-defined]  # as above
    opened.on("pageerror", lambda error: opened.messages.append(str(error)))  # type: ignore[attr-defined]  # as above
    opened.goto(report.as_uri())
    opened.wait_for_load_state("networkidle")
    yield opened
    opened.close()


def test_nothing_is_fetched_and_nothing_complains(page: Page) -> None:
    outside = [url for url in page.requests if not url.startswith(("file:", "data:"))]  # type: ignore[attr-defined]  # set above
    files = [url for url in page.requests if url.startswith("file:")]  # type: ignore[attr-defined]  # set above
    assert outside == []
    assert len(files) == 1
    assert page.messages == []  # type: ignore[attr-defined]  # set above


def test_nothing_overflows(page: Page) -> None:
    width, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= shown


def test_all_pictures_are_decoded(page: Page) -> None:
    images = page.locator("img")
    assert images.count() == 12
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


@pytest.mark.parametrize(
    ("table", "model", "column", "ours", "papers"),
    [
        ("agnostic-retrieval", "mcc", "agnostic", "21.50", "14.07"),
        ("agnostic-tagging", "frequency", "accuracy_at_10", "15.45", "13.45"),
        ("sensitive-retrieval", "locsens_raw", "city", "8.77", "15.53"),
        ("sensitive-retrieval", "her", "city", "–", "11.23"),
        ("sensitive-tagging", "locsens_raw", "correctly_predicted_tags_pct", "26.04", "24.04"),
    ],
)
def test_the_tables_say_what_they_should(
    page: Page, table: str, model: str, column: str, ours: str, papers: str
) -> None:
    cell = page.locator(f"#{table} tr[data-model='{model}'] td[data-column='{column}']")
    assert cell.locator(".ours").inner_text() == ours
    assert cell.locator(".theirs").text_content() == f"paper: {papers}"


def test_dark_is_dark(page: Page) -> None:
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 25, 30)" if dark else "rgb(251, 250, 246)")
    line = page.locator("figure svg path[style*='--s1']").first
    assert line.evaluate("path => getComputedStyle(path).stroke") == (
        "rgb(79, 185, 179)" if dark else "rgb(11, 110, 114)"
    )


def test_a_number_leads_to_its_query_and_back_without_any_script(browser: Browser, report: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 700},
        has_touch=True,
        is_mobile=True,
        java_script_enabled=False,
        reduced_motion="reduce",  # else the page is still on its way
    )
    opened = context.new_page()
    opened.goto(report.as_uri())
    query = opened.locator("#sql-sensitive-retrieval-mcc")
    assert not query.is_visible()
    opened.locator("#sensitive-retrieval tr[data-model='mcc'] td[data-column='agnostic'] a").tap()
    assert query.is_visible()
    box = query.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 700
    assert "model = 'mcc' AND average = 'query' AND slice = 'all'" in query.inner_text()
    query.get_by_role("link", name="close").tap()
    assert not query.is_visible()
    context.close()


def test_nothing_overflows_when_everything_is_open(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.evaluate("location.hash = '#sql-sensitive-retrieval-locsens_raw'")
    page.add_style_tag(content=".query { display: block !important }")
    width, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= shown


def test_it_prints_on_paper(browser: Browser, report: Path) -> None:
    opened = browser.new_page()
    opened.goto(report.as_uri())
    assert opened.pdf(format="A4").startswith(b"%PDF")
    opened.emulate_media(media="print")
    assert not opened.locator("nav").is_visible()
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    opened.close()
