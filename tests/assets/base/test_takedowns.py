"""The list of photos taken down: recognises them by either id, and holds no id."""

import json
import re

import pyarrow as pa
import pytest
from given import example
from hypothesis import given
from hypothesis import strategies as st

from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.base.takedowns import PATH, TEXT, TakedownError, Takedowns, read_takedowns, write_takedowns


def raw(*ids: tuple[int, str]) -> pa.Table:
    row = example("raw_photos").to_pylist()[0]
    rows = [row | {"photo_id": photo_id, "source_id": source_id} for photo_id, source_id in ids]
    return pa.Table.from_pylist(rows, TABLES["raw_photos"].schema())


def rejected(*texts: str) -> pa.Table:
    rows = [
        {"source_file": "a", "line_number": line, "reason": "broken", "text": text} for line, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, TABLES["rejected_rows"].schema())


def test_rows_are_known_by_either_id() -> None:
    table = raw((7, "7"), (8, "8"), (1 << 62, "a7"), (9, "007"), (77, "77"))
    takedowns = Takedowns().with_ids(["7", "a7", "007"])
    assert takedowns.rows(table).tolist() == [True, False, True, True, False]
    assert takedowns.without(table)["photo_id"].to_pylist() == [8, 77]
    assert Takedowns().with_ids([str(1 << 62)]).rows(table).tolist() == [False, False, True, False, False]


def test_an_empty_list_leaves_everything_as_it_is() -> None:
    table = raw((7, "7"), (8, "8"))
    takedowns = Takedowns()
    assert not takedowns
    assert takedowns.without(table) is table
    assert takedowns.rows(table).tolist() == [False, False]
    texts = rejected("7\tx")
    assert takedowns.texts(texts) is texts


def test_ids_that_are_missing_are_nobodys() -> None:
    ids = pa.chunked_array([pa.array([None, 7, -7, 7], pa.int64())])
    assert Takedowns().with_ids(["7"]).hold(ids).tolist() == [False, True, False, True]
    assert Takedowns().with_ids(["7"]).hold(pa.chunked_array([], pa.int64())).tolist() == []


@pytest.mark.parametrize(
    "text",
    [
        "7\tuser\tnick", "12\t7\t0af\tuser", "7", "(3, '7', None, 2.5)", "x,7,y", '"7";2.5', "(3, 7, None)",
        "(1, 'a 7/é', 'x')", r"7\tuser\tnick", r"12\t7\t0af", r"1\ta 7/é\t2", r"\x007\x00user",
        '{"photo_id":7,"tags":[]}', '{"tags": [], "photo_id": 7}', '{"photo_id":"a 7/é"}', "[7]", "x|7|y",
    ],
)  # fmt: skip
def test_the_text_of_a_row_that_could_not_be_read_goes_if_it_names_the_photo(text: str) -> None:
    takedowns = Takedowns().with_ids(["7", "a 7/é"])
    cleaned = takedowns.texts(rejected(r"77\tuser", text, "0.7 17 7a"))
    assert cleaned["text"].to_pylist() == [r"77\tuser", TEXT, "0.7 17 7a"]
    assert cleaned["line_number"].to_pylist() == [0, 1, 2]
    assert cleaned.schema == TABLES["rejected_rows"].schema()


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=20), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50))
def test_photos_are_known_exactly(taken: set[int], ids: list[int]) -> None:
    takedowns = Takedowns().with_ids(map(str, taken))
    found = takedowns.hold(pa.chunked_array([pa.array(ids, pa.int64())]))
    assert found.tolist() == [one in taken for one in ids]


def test_it_comes_back_and_holds_no_id(storage_url: str) -> None:
    storage = Storage(storage_url)
    assert not read_takedowns(storage)
    takedowns = Takedowns().with_ids(["4711", "81", "a7"])
    write_takedowns(storage, takedowns)
    assert read_takedowns(storage) == takedowns
    content = json.loads(storage.read_bytes(PATH))
    assert sorted(content["photos"]) == content["photos"]
    assert len(content["photos"]) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in content["photos"])
    assert takedowns.key.hex() not in repr(takedowns)


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"key": "zz", "photos": []}', b'{"key": "00", "photos": [1]}'])
def test_a_damaged_list_stops_everything(storage_url: str, content: bytes) -> None:
    storage = Storage(storage_url)
    storage.write_bytes(PATH, content)
    with pytest.raises(TakedownError, match=r"takedowns\.json in .*: expected the list of photos taken down, found"):
        read_takedowns(storage)
