"""Every number of a finished collection's report is what the catalog answers to the query that it links to."""

import html
import re
from pathlib import Path

import duckdb
import polars as pl
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
        *maps, frequencies = [catalog.execute(sql).fetchall() for sql in queries]
        places = catalog.execute("SELECT latitude, longitude FROM photos").fetchall()
        counted = catalog.execute(
            "SELECT photos, false FROM vocabulary UNION ALL SELECT photos, true FROM skipped_tags"
        ).fetchall()
    photos = pl.LazyFrame(places, schema=["latitude", "longitude"], orient="row")
    world, _ = densities(photos, tiny.workspace().profile.report.map_cell_degrees)
    assert maps == [world.cells.rows()], "the tiny world is all over the Earth"
    assert [(photos, skipped) for _, photos, skipped in frequencies] == sorted(counted, reverse=True)
    assert [rank for rank, *_ in frequencies] == list(range(1, len(counted) + 1))
