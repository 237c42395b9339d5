"""Every raw row is kept or dropped, with the first reason that applies."""

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assets.base.profiles.sections.ingestion import FilterConfig, IngestionConfig
from assets.base.tables.photos import DROPPED_PHOTOS, GEOTAGGED_PHOTOS, RAW_PHOTOS
from assets.ingestion.filters import DROP_REASONS, filter_photos

GOOD: dict[str, Any] = {
    "photo_id": 1,
    "source_id": "1",
    "tags": ["Sea Side", "seaside"],
    "machine_tags": [],
    "longitude": 2.5,
    "latitude": -3.5,
    "extension": "jpg",
    "is_video": False,
    "source_file": "f",
    "line_number": 1,
}


def raw(rows: list[dict[str, Any]]) -> pa.Table:
    complete = [GOOD | {"photo_id": number, "line_number": number} | row for number, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(complete, schema=RAW_PHOTOS.schema())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, None),
        ({"is_video": True, "extension": "gif", "latitude": None, "tags": []}, "video"),
        ({"extension": "gif", "latitude": None, "tags": []}, "extension"),
        ({"extension": ""}, "extension"),
        ({"extension": None}, None),
        ({"extension": "png"}, None),
        ({"latitude": None, "longitude": 999.0, "tags": []}, "no_location"),
        ({"longitude": None}, "no_location"),
        ({"latitude": 90.0, "longitude": -180.0}, None),
        ({"latitude": 90.0001, "tags": []}, "bad_location"),
        ({"longitude": -180.0001}, "bad_location"),
        ({"latitude": math.nan}, "bad_location"),
        ({"longitude": math.nan}, "bad_location"),
        ({"latitude": math.inf}, "bad_location"),
        ({"latitude": 0.0, "longitude": -0.0}, "bad_location"),
        ({"latitude": 0.0}, None),
        ({"tags": []}, "no_tags"),
        ({"tags": ["", " ", "\u200b"]}, "no_tags"),
    ],
)
def test_reasons(row: dict[str, Any], reason: str | None) -> None:
    kept, dropped = filter_photos(raw([row]), FilterConfig())
    assert dropped["reason"].to_pylist() == ([] if reason is None else [reason])
    assert kept.num_rows == (reason is None)


def test_kept_rows_carry_normalised_tags() -> None:
    kept, _ = filter_photos(raw([{"user_id": "u", "title": "T", "hash": "ab"}]), FilterConfig())
    (row,) = kept.to_pylist()
    assert row["tags"] == ["seaside"]
    assert (row["user_id"], row["title"], row["hash"], row["line_number"]) == ("u", "T", "ab", 1)


def test_lowest_line_of_a_repeated_id_is_kept_among_those_that_pass() -> None:
    rows = [
        {"photo_id": 7, "tags": [], "line_number": 1},
        {"photo_id": 7, "title": "third", "line_number": 3},
        {"photo_id": 7, "title": "second", "line_number": 2},
    ]
    kept, dropped = filter_photos(raw(rows), FilterConfig())
    assert kept["title"].to_pylist() == ["second"]
    assert dropped.to_pylist() == [
        {"photo_id": 7, "reason": "no_tags", "line_number": 1},
        {"photo_id": 7, "reason": "duplicate", "line_number": 3},
    ]


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "photo_id": st.integers(1, 3),
                "latitude": st.none() | st.floats(),
                "longitude": st.none() | st.floats(-200, 200),
                "tags": st.lists(st.text(max_size=3).filter(lambda text: text.isprintable()), max_size=3),
                "extension": st.sampled_from(["jpg", "gif", "", None]),
                "is_video": st.booleans(),
            },
        ),
        max_size=8,
    )
)
def test_every_row_is_accounted_for(rows: list[dict[str, Any]]) -> None:
    kept, dropped = filter_photos(raw(rows), FilterConfig())
    assert kept.schema == GEOTAGGED_PHOTOS.schema()
    assert dropped.schema == DROPPED_PHOTOS.schema()
    lines = kept["line_number"].to_pylist() + dropped["line_number"].to_pylist()
    assert sorted(lines) == list(range(1, len(rows) + 1))
    assert set(dropped["reason"].to_pylist()) <= set(DROP_REASONS)
    ids = kept["photo_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    for row in kept.to_pylist():
        assert -90 <= row["latitude"] <= 90
        assert -180 <= row["longitude"] <= 180
        assert row["tags"]


def test_extensions_are_a_setting() -> None:
    kept, dropped = filter_photos(raw([{"extension": "webp"}, {}]), FilterConfig(extensions=("webp",)))
    assert (kept["photo_id"].to_pylist(), dropped["reason"].to_pylist()) == ([1], ["extension"])


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        IngestionConfig(shard_rows=0)
    with pytest.raises(ValidationError):
        FilterConfig(extensions=(".JPG",))
    assert IngestionConfig().shard_rows == 100_000
