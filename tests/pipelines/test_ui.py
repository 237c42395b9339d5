"""The Dagster UI in a real browser, on the tiny collection: what a person sees there, and what comes of a click."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from dagster_server import Server, serving
from playwright.sync_api import Page, expect, sync_playwright
from tiny_collection import Tiny

from assets.base.provenance import Record
from assets.base.step import STAGES

CHROMIUM = shutil.which("chromium")
SHOWN_WITHIN = 60_000  # ms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium in PATH (Debian's package chromium)"),
]


@dataclass(frozen=True)
class Window:
    """A browser window on the UI of a collection of its own.

    Attributes:
        page: The window.
        server: The UI.
        tiny: The collection.
        complaints: What the page's console said was wrong.
        outside: What the page asked of other hosts.
        pictures: Folder of screenshots.
    """

    page: Page
    server: Server
    tiny: Tiny
    pictures: Path
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.server.url + path)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def record(self, asset: str, partition: str | None = None) -> Record | None:
        return self.tiny.workspace().ledger.get(asset, partition)

    def last_shown(self, asset: str) -> dg.AssetMaterialization:
        """The latest materialisation that the instance knows of."""
        with self.tiny.instance() as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event is not None
        assert event.asset_materialization is not None
        return event.asset_materialization


@pytest.fixture(scope="module")
def window(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One server and one browser for this file: each test materialises another asset of this copy."""
    folder = tmp_path_factory.mktemp("ui")
    storage, home = folder / "data", folder / "home"
    shutil.copytree(tiny.settings.storage, storage)
    shutil.copytree(tiny.home, home)
    own = Tiny(tiny.settings.model_copy(update={"storage": str(storage)}), home, tiny.report, tiny.story)
    command = ("dagster", "dev", "-w", "workspace.yaml")
    with serving(command, own, folder / "server.log") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(SHOWN_WITHIN)
        opened = Window(page, server, own, folder)
        page.on("console", lambda said: opened.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("request", lambda asked: _note_outside(opened, asked.url))
        yield opened
        browser.close()


def _note_outside(window: Window, url: str) -> None:
    if not url.startswith((window.server.url, "data:", "blob:")):
        window.outside.append(url)


@pytest.fixture(autouse=True)
def undisturbed(window: Window) -> Iterator[None]:
    """No page of any test complains in its console or asks anything of another host."""
    yield
    assert window.complaints == []
    assert window.outside == []


def press(window: Window, name: str) -> None:
    """Press the button whose name ends so, once it is enabled; before the name stands that of its icon."""
    button = window.page.get_by_role("button", name=re.compile(f"{name}…?$"))
    expect(button).to_be_enabled(timeout=SHOWN_WITHIN)
    button.click()


def test_the_graph_shows_every_stage(window: Window) -> None:
    window.open("/asset-groups")
    for stage in STAGES:
        expect(window.page.get_by_text(stage, exact=True).first).to_be_visible(timeout=SHOWN_WITHIN)
    window.picture("graph")
    expect(window.page.get_by_role("dialog")).to_have_count(0)


def test_the_list_of_runs_says_what_each_made(window: Window) -> None:
    window.open("/runs")
    for asset in ("duckdb_catalog", "evaluation_report"):
        expect(window.page.get_by_text(asset, exact=True).first).to_be_visible(timeout=SHOWN_WITHIN)
    window.picture("runs")


def test_a_click_materialises_an_asset_and_shows_what_came_of_it(window: Window) -> None:
    made = window.record("retrieval_results")
    assert made is not None
    window.tiny.workspace().ledger.remove("retrieval_results")
    before = window.server.runs()

    window.open("/assets/retrieval_results?view=events")
    press(window, "Materialize")
    assert window.server.new_runs(before) == ["SUCCESS"]

    remade = window.record("retrieval_results")
    assert remade is not None
    assert (remade.data_version, remade.rows) == (made.data_version, made.rows)
    assert "unchanged" not in window.last_shown("retrieval_results").metadata

    window.open("/assets/retrieval_results?view=events")
    expect(window.page.get_by_text("dagster/row_count")).to_be_visible(timeout=SHOWN_WITHIN)
    expect(window.page.get_by_role("cell", name=str(made.rows), exact=True)).to_be_visible()
    window.page.get_by_role("row", name="figure").get_by_text("[Show Markdown]").click()
    figure = window.page.get_by_role("dialog").locator("img")
    expect(figure).to_be_visible()
    window.picture("figure")
    assert figure.evaluate("image => image.naturalWidth") > 100


def test_the_checks_page_tells_what_each_found(window: Window) -> None:
    record = window.record("retrieval_results")
    assert record is not None
    assert len(record.checks) == 3
    window.open("/assets/retrieval_results?view=checks")
    for check in record.checks:
        window.page.get_by_text(check.name, exact=True).first.click()
        expect(window.page.get_by_text(check.sentence, exact=True).first).to_be_visible(timeout=SHOWN_WITHIN)
        expect(window.page.get_by_text("Passed", exact=True).first).to_be_visible()
    window.picture("checks")


def test_a_click_on_what_is_up_to_date_changes_nothing_and_hides_nothing(window: Window) -> None:
    made, shown, before = window.record("tagging_results"), window.last_shown("tagging_results"), window.server.runs()
    assert made is not None

    window.open("/assets/tagging_results")
    press(window, "Materialize")
    assert window.server.new_runs(before) == ["SUCCESS"]

    assert window.record("tagging_results") == made
    again = window.last_shown("tagging_results")
    assert again.metadata["unchanged"].value == "up to date, nothing was done"
    assert {name: value for name, value in again.metadata.items() if name != "unchanged"} == dict(shown.metadata)


def test_one_shard_is_materialised_through_the_dialog(window: Window) -> None:
    shards = window.tiny.workspace().keys("shard")
    shard = shards[-1]
    made = window.record("tag_counts", shard)
    assert made is not None
    window.tiny.workspace().ledger.remove("tag_counts", shard)
    before = window.server.runs()

    window.open(f"/assets/tag_counts?view=partitions&partition={shard}")
    press(window, "Materialize")
    expect(window.page.get_by_role("dialog").get_by_text("1 partition", exact=True)).to_be_visible()
    window.picture("dialog")
    press(window, "Launch 1 run")
    assert window.server.new_runs(before) == ["SUCCESS"]

    remade = window.record("tag_counts", shard)
    assert remade is not None
    assert remade.data_version == made.data_version
    shown = window.last_shown("tag_counts")
    assert shown.partition == shard
    assert "unchanged" not in shown.metadata


def test_automation_is_there_and_stopped(window: Window) -> None:
    window.open("/automation")
    for name in ("fill_in_shards", "new_source_files", "weekly_refresh"):
        expect(window.page.get_by_text(name, exact=True)).to_be_visible(timeout=SHOWN_WITHIN)
    window.picture("automation")
    expect(window.page.get_by_role("checkbox", checked=False)).to_have_count(7)  # to select, and to switch on; and all
    expect(window.page.get_by_role("checkbox", checked=True)).to_have_count(0)


def test_a_search_at_the_launchpad_shows_pictures(window: Window) -> None:
    before = window.server.runs()
    config = quote("ops: {find_photos: {config: {hashtag: bridge, near: 'London, GB', top: 4}}}")
    window.open(f"/locations/locsens/jobs/search_photos/playground/setup?config={config}")
    press(window, "Launch Run")
    assert window.server.new_runs(before) == ["SUCCESS"]

    (run,) = window.server.runs().keys() - before.keys()
    window.open(f"/runs/{run}")
    window.page.get_by_text("[Show Markdown]").click()
    found = window.page.get_by_role("dialog")
    expect(found.locator("img")).to_have_count(4)
    window.picture("search")
    sizes = found.evaluate("box => [...box.querySelectorAll('img')].map(image => [image.width, image.naturalWidth])")
    assert all(shown == whole > 0 for shown, whole in sizes)  # decoded, and not squeezed
