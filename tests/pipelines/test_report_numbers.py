"""Every number of a finished collection's report is what the catalog answers to the query that it links to."""

from pathlib import Path

import duckdb
from page_numbers import mistakes, numbers_of
from tiny_collection import Tiny


def test_every_number_is_the_answer_of_its_query(tiny: Tiny) -> None:
    storage = Path(tiny.settings.storage)
    page = (storage / "reports" / "index.html").read_text()
    found = numbers_of(page)
    linked = {number.key.split("-")[0] for number in found.found}
    assert {"agnostic", "sensitive", "frequency", "continent", "alive", "account", "photos", "hashtags"} <= linked
    assert len(found.found) > 150
    with duckdb.connect(str(storage / "locsens.duckdb"), read_only=True) as catalog:
        assert mistakes(page, catalog) == []
