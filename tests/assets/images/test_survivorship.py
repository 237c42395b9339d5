import logging
from datetime import datetime

import polars as pl
import pyarrow as pa
import pytest
from given import open_given, put

from assets.base.execute import execute
from assets.base.freshness import judge
from assets.base.profiles import Profile
from assets.base.show import Markdown, Picture
from assets.base.tables import TABLES
from assets.images.assets import image_survivorship
from assets.images.checks import every_dimension_adds_up
from assets.images.figures import FATES, alive
from assets.images.survivorship import DIMENSIONS, count_shard, survivorship, to_show

SHARDS = ("a-00000", "a-00001")
PHOTOS = [  # id, year, continent, licence, status
    (1, 2009, "EU", "CC BY", "ok"),
    (2, 2009, "EU", "CC BY", "missing"),
    (3, 2010, "EU", None, "ok"),
    (4, None, "AS", "CC BY-NC", "transient"),
    (5, 999, None, "CC BY", "undecodable"),
    (6, 2010, "AS", "CC BY", "ok"),
    (7, 2009, "EU", "CC BY", "too_large"),
]


def photo_table(rows: list[tuple]) -> pa.Table:
    blank = {"tags": ["london"], "tag_ids": [0], "latitude": 0.0, "longitude": 0.0}
    schema = TABLES["photos"].schema()
    full = [
        dict.fromkeys(schema.names)
        | blank
        | {"photo_id": one, "continent": continent, "license": licence}
        | {"taken_at": None if year is None else datetime(year, 7, 1)}  # noqa: DTZ001 - local time without zone
        for one, year, continent, licence, _ in rows
    ]
    return pa.Table.from_pylist(full, schema=schema)


def status_table(rows: list[tuple]) -> pa.Table:
    full = [{"photo_id": row[0], "status": row[-1], "attempts": 1, "error": None, "location": None} for row in rows]
    return pa.Table.from_pylist(full, schema=TABLES["image_status"].schema())


def counted(rows: list[tuple]) -> pl.DataFrame:
    return count_shard(pl.from_arrow(photo_table(rows)), pl.from_arrow(status_table(rows)))


EXPECTED = [
    ("all", "all", 7, 3, 1, 1, 2),
    ("year", "999", 1, 0, 0, 0, 1),
    ("year", "2009", 3, 1, 1, 0, 1),
    ("year", "2010", 2, 2, 0, 0, 0),
    ("year", None, 1, 0, 0, 1, 0),
    ("continent", "EU", 4, 2, 1, 0, 1),
    ("continent", "AS", 2, 1, 0, 1, 0),
    ("continent", None, 1, 0, 0, 0, 1),
    ("license", "CC BY", 5, 2, 1, 0, 2),
    ("license", "CC BY-NC", 1, 0, 0, 1, 0),
    ("license", None, 1, 1, 0, 0, 0),
]


@pytest.mark.parametrize("cut", [0, 3, 7])
def test_photos_are_counted_once_in_every_dimension_however_they_are_cut_into_shards(cut: int) -> None:
    table = survivorship(counted(rows) for rows in (PHOTOS[:cut], PHOTOS[cut:]))
    assert [row[:-1] for row in table.rows()] == EXPECTED
    assert table["share_ok"].to_list() == [row[3] / row[2] for row in EXPECTED]


def test_a_status_of_a_photo_no_longer_wanted_and_a_photo_without_status_count_for_nothing() -> None:
    table = count_shard(pl.from_arrow(photo_table(PHOTOS[1:])), pl.from_arrow(status_table(PHOTOS[:-1])))
    assert table.filter(pl.col("dimension") == "all")["wanted"].item() == 5


def test_nothing_counted_is_a_typed_empty_table() -> None:
    assert TABLES["image_survivorship"].conform(survivorship([]).to_arrow()).num_rows == 0


def test_rare_values_are_added_up_and_values_get_their_names() -> None:
    table = survivorship([counted(PHOTOS)])
    whole = to_show(table, "continent", 5, {"EU": "Europe"})
    assert whole["value"].to_list() == ["Europe", "AS", "unknown"]
    few = to_show(table, "continent", 2, {"EU": "Europe"})
    assert few.select("value", "wanted", "ok", "share_ok").rows() == [
        ("Europe", 4, 2, 0.5),
        ("all others", 3, 1, 1 / 3),
    ]
    years = to_show(table, "year", 3)
    assert years["value"].to_list() == ["2009", "2010", "all others"]


def test_the_bars_of_the_figure_add_up_to_all() -> None:
    rows = to_show(survivorship([counted(PHOTOS)]), "year", 9)
    axes = alive(rows, "by year taken").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["999", "2009", "2010", "unknown"]
    assert axes.get_legend_handles_labels()[1] == list(FATES.values())
    widths = [[bar.get_width() for bar in bars] for bars in axes.containers]
    assert [sum(column) for column in zip(*widths, strict=True)] == pytest.approx([100] * 4)
    assert widths[0] == pytest.approx([0, 100 / 3, 100, 0])


def test_the_step_counts_the_shards_that_have_both_and_says_which_have_not(storage_url, tmp_path, caplog) -> None:
    given = {
        "photos": {SHARDS[0]: photo_table(PHOTOS[:3]), SHARDS[1]: photo_table(PHOTOS[3:])},
        "image_status": {SHARDS[0]: status_table(PHOTOS[:3])},
    }
    workspace = open_given(
        image_survivorship, given, storage_url, tmp_path / "work", Profile(name="tiny"), {"photos": "split=train"}
    )

    def go() -> list[tuple]:
        outcome = execute(image_survivorship, workspace, None, logging.getLogger("tests")).raise_if_failed()
        notes.update(outcome.notes["image_survivorship"])
        (file,) = outcome.records["image_survivorship"].files
        return [tuple(row.values())[:-1] for row in workspace.storage.read_table(file.path).to_pylist()]

    notes: dict = {}
    assert go()[0] == ("all", "all", 3, 2, 1, 0, 0)
    assert (notes["shards counted"], notes["shards without images yet"]) == (1, 1)
    assert "1 of 2 shards have no images yet" in caplog.text
    put(workspace, "image_status", SHARDS[1], status_table(PHOTOS[3:]))
    assert judge(image_survivorship, workspace, None).state == "outdated"
    assert go() == EXPECTED
    assert (notes["shards without images yet"], notes["wanted"], notes["share_ok"]) == (0, 7, 3 / 7)
    assert isinstance(notes["by year taken, drawn"], Picture)
    assert isinstance(notes["by licence"], Markdown)
    assert "| CC BY | 5 | 2 | 1 | 0 | 2 | 0.40 |" in notes["by licence"].text


@pytest.mark.parametrize(("column", "value", "passed"), [("wanted", 7, True), ("ok", 4, False), ("wanted", 8, False)])
def test_a_photo_counted_twice_or_not_at_all_is_noticed(column: str, value: int, passed: bool) -> None:
    table = survivorship([counted(PHOTOS)])
    changed = pl.when(pl.col("dimension") == "all").then(value).otherwise(pl.col(column)).alias(column)

    class Written:
        def frame(self, _: str) -> pl.DataFrame:
            return table.with_columns(changed)

    assert every_dimension_adds_up(Written()).passed is passed
    assert set(table["dimension"]) == set(DIMENSIONS)
