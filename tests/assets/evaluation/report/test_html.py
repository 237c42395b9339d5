import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources

import polars as pl
import pytest

from assets.evaluation.report.checks import TABLES, loaded_from_outside
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.html import render
from assets.evaluation.report.theme import PALETTE


@pytest.fixture(scope="module")
def page(report_data: ReportData) -> str:
    return render(report_data)


class Outline(HTMLParser):
    """Ids, references within the page and elements that want a text for those who do not see."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.unexplained: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        self.references += [str(values[key]) for key in ("aria-labelledby",) if values.get(key)]
        if tag == "a" and str(values.get("href", "")).startswith("#"):
            self.references.append(str(values["href"])[1:])
        if tag == "img" and not values.get("alt"):
            self.unexplained.append(tag)
        if tag == "svg" and not values.get("aria-label"):
            self.unexplained.append(tag)
        if tag == "th" and "scope" not in values:
            self.unexplained.append(tag)


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    return parsed


def test_same_data_same_bytes(report_data: ReportData, page: str) -> None:
    assert render(report_data) == page


def test_accessible_and_ids_unique(page: str) -> None:
    parsed = outline(page)
    assert parsed.unexplained == []
    assert len(parsed.ids) == len(set(parsed.ids))
    assert set(parsed.references) <= set(parsed.ids)
    assert set(TABLES) <= set(parsed.ids)
    assert parsed.tags.count("table") == parsed.tags.count("caption")
    assert parsed.tags.count("h1") == 1


def test_hostile_text_is_only_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Kingston upon Thames &amp; co" in page


def test_loads_nothing(page: str) -> None:
    assert loaded_from_outside(page) == []
    assert page.count("data:image/jpeg;base64,") == 12


@pytest.mark.parametrize(
    "bad",
    [
        '<img src="http://example.org/x.jpg">',
        "<img src=x.jpg>",
        "<script>1</script>",
        '<link rel="stylesheet" href="style.css">',
        '<link rel="stylesheet" href="//example.org/style.css">',
        '<style>@import "x.css"</style>',
        "<style>p { background: url('http://example.org/x.png') }</style>",
        '<p style="background: url(x.png)">',
        '<svg><image xlink:href="https://example.org/x.png"/></svg>',
        '<img src="data:," srcset="x.png 2x">',
        '<p onclick="go()">',
        '<iframe srcdoc="x">',
        '<base href="https://example.org/">',
    ],
)
def test_what_would_be_loaded_is_found(bad: str) -> None:
    assert len(loaded_from_outside(f"<!doctype html><body>{bad}")) == 1


def test_what_only_looks_like_loading_is_not() -> None:
    fine = (
        '<a href="https://example.org/">text</a><p>src="http://x"</p><pre>&lt;script src=x&gt;</pre>'
        '<img src="data:image/png;base64,AA" alt="x">'
        '<svg><use href="#a"/><path style="clip-path: url(#b)"/></svg>'
        '<link rel="icon" href="data:,">'
    )
    assert loaded_from_outside(fine) == []


def test_antarctica_is_explained_where_the_generated_world_has_photos_there(report_data: ReportData, page: str) -> None:
    note = "Antarctica: the sample world plants mistakes"
    assert note not in page
    south = report_data.tagging_by_continent.with_columns(group=pl.lit("Antarctica"))
    there = replace(report_data, tagging_by_continent=south)
    assert note in render(there)
    assert note not in render(replace(there, about=replace(there.about, is_generated=False)))


def test_the_generated_world_is_announced_and_only_it(report_data: ReportData, page: str) -> None:
    assert 'id="generated"' in page
    real = replace(report_data, about=replace(report_data.about, is_generated=False, source="manifest:photos.csv"))
    assert 'id="generated"' not in render(real)


def test_says_what_is_missing_and_why(report_data: ReportData, page: str) -> None:
    assert "HER: no word vectors (LOCSENS_WORD_VECTORS is empty)." in page
    assert "Not available: no LocSens model is trained" in page
    bare = replace(
        report_data,
        retrieval=report_data.retrieval.clear(),
        tagging=report_data.tagging.clear(),
        by_continent=report_data.by_continent.clear(),
        by_frequency=report_data.by_frequency.clear(),
        tagging_by_continent=report_data.tagging_by_continent.clear(),
        tagging_by_frequency=report_data.tagging_by_frequency.clear(),
        survivorship=report_data.survivorship.clear(),
        curves=(),
        layers=None,
        galleries=(),
        frequencies=report_data.frequencies.clear(),
        world=replace(report_data.world, cells=report_data.world.cells.clear()),
        about=replace(report_data.about, taken=None),
    )
    text = render(bare)
    assert text.count("Not available: nothing was ranked.") == 4
    assert "No LocSens model is trained, so there is none to draw." in text
    assert "No model is trained." in text
    assert "Not available: no image was asked for." in text
    assert 'class="headline"' not in text
    assert outline(text).ids.count("agnostic-retrieval") == 1


def test_rows_that_do_not_add_up_are_shown(report_data: ReportData, page: str) -> None:
    assert 'class="wrong"' not in page
    lost = replace(report_data.accounts[1], kept=14_499)
    assert 'class="wrong"' in render(replace(report_data, accounts=(lost,)))


def test_which_images_are_still_there_has_a_figure_and_a_table_for_each_dimension(page: str) -> None:
    part = page[page.index('id="survivorship"') :]
    for by in ("By year taken", "By continent", "By licence"):
        assert f"<summary>{by} in figures</summary>" in part
        assert f'aria-label="What became of the wanted images, {by.lower()}; the table below' in part
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th>((?:<td><a [^>]+>[^<]+</a>\s*</td>)+)</tr>', part)
    cells = {name: re.findall(r"<a [^>]+>([^<]+)", values) for name, values in rows}
    assert cells["Europe"] == ["1\u202f400", "1\u202f244", "140", "14", "2", "88.86"]
    assert cells["2013"][0] == "175"
    assert cells["all others"][0] == str(sum(1400 // place for place in range(14, 21)))
    assert '<th scope="row">&lt;script&gt;alert(1)&lt;/script&gt;</th>' in part


def test_local_collections_have_a_second_map(report_data: ReportData, page: str) -> None:
    assert 'aria-label="Map of the collection close by' not in page
    close = replace(report_data.world, degrees=0.1)
    assert 'aria-label="Map of the collection close by' in render(replace(report_data, close=close))


def test_the_headline_compares_raw_with_mcc(page: str) -> None:
    headline = re.search(r'class="headline">(.+?)</p>', page, re.DOTALL)
    assert headline is not None
    text = re.sub(r"<[^>]+>", "", headline[1])
    assert "8.77&nbsp;% right pictures" in text
    assert "MCC, which sees no location, 7.63&nbsp;%" in text


def test_the_style_sheet_knows_every_colour_of_the_figures() -> None:
    style = resources.files("assets.evaluation.report").joinpath("style.css").read_text(encoding="utf-8")
    for variable, colour in PALETTE.items():
        assert f"--{variable}: {colour};" in style
        assert len(re.findall(rf"--{variable}: #", style)) == 3  # light, dark, print


def test_steps_stand_under_their_curves(page: str) -> None:
    assert "MCC embedding: 1\u202f200 steps." in page


def test_a_frame_with_nulls_only_has_no_group(report_data: ReportData) -> None:
    rows = report_data.by_continent.with_columns(mean=pl.lit(None, dtype=pl.Float64))
    assert "Retrieval by continent" in render(replace(report_data, by_continent=rows))
