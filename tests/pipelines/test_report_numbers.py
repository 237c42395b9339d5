"""Every number of a finished collection's report is what the catalog answers to the query that it links to."""

import html
import re
from pathlib import Path

import duckdb
from page_numbers import mistakes, numbers_of
from tiny_collection import Tiny

from assets.evaluation.report.maps import densities


def test_every_number_is_the_answer_of_its_query(tiny: Tiny) -> None:
    storage = Path(tiny.settings.storage)
    page = (storage / "reports" / "index.html").read_text()
    found = numbers_of(page)
    linked = {number.key.split("-")[0] for number in found.found}
    assert {
        "agnostic",
        "sensitive",
        "frequency",
        "continent",
        "tagging",
        "alive",
        "account",
        "photos",
        "hashtags",
    } <= linked
    assert len(found.found) > 150
    with duckdb.connect(str(storage / "locsens.duckdb"), read_only=True) as catalog:
        assert mistakes(page, catalog) == []


def test_maps_and_frequencies_are_drawn_from_what_their_queries_give(tiny: Tiny) -> None:
    storage = Path(tiny.settings.storage)
    page = (storage / "reports" / "index.html").read_text()
    queries = [html.unescape(sql) for sql in re.findall(r'class="behind">.*?<code>(.*?)</code>', page, re.DOTALL)]
    with duckdb.connect(str(storage / "locsens.duckdb"), read_only=True) as catalog:
        *maps, frequencies = [catalog.execute(sql).pl() for sql in queries]
        photos = catalog.execute("SELECT * FROM photos").pl().lazy()
        hashtags = catalog.execute("SELECT photos FROM vocabulary UNION ALL SELECT photos FROM skipped_tags").pl()
    world, _ = densities(photos, tiny.workspace().profile.report.map_cell_degrees)
    assert [one.rows() for one in maps] == [world.cells.rows()], "the tiny world is all over the Earth"
    assert frequencies["rank"].to_list() == list(range(1, hashtags.height + 1))
    assert frequencies["photos"].to_list() == sorted(hashtags["photos"].to_list(), reverse=True)
