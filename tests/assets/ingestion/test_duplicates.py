"""Photos found in more than one shard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingestion.duplicates import Duplicates, find_duplicates

Shards = dict[str, list[int]]


def find(shards: Shards, at_once: int = 1000) -> Duplicates:
    return find_duplicates(
        list(shards),
        lambda shard: np.array(shards[shard], dtype=np.int64),
        sum(map(len, shards.values())),
        at_once,
    )


def test_the_first_shard_keeps_its_row() -> None:
    found = find({"b-0": [1, 5, 9], "a-0": [9, 2, 5], "a-1": [5, 3]})
    assert [tuple(row.values()) for row in found.table.to_pylist()] == [
        (5, "b-0", True),
        (5, "a-0", False),
        (5, "a-1", False),
        (9, "b-0", True),
        (9, "a-0", False),
    ]


def test_a_new_shard_changes_no_older_slice() -> None:
    before = find({"a": [1, 2], "b": [2, 3]}).slices
    after = find({"a": [1, 2], "b": [2, 3], "c": [1, 2, 3]}).slices
    assert {shard: after[shard] for shard in before} == before
    assert after["c"] not in before.values()
    assert before["a"] == find({"a": [7]}).slices["a"]
    assert before["b"] != before["a"]


@pytest.mark.parametrize("shards", [{}, {"a": []}, {"a": [1], "b": [2]}])
def test_no_duplicates(shards: Shards) -> None:
    found = find(shards)
    assert found.table.num_rows == 0
    assert list(found.slices) == list(shards)


@given(
    st.lists(st.lists(st.integers(-3, 12), max_size=8, unique=True), max_size=5),
    st.integers(1, 6),
)
def test_any_number_of_passes_finds_the_same(lists: list[list[int]], at_once: int) -> None:
    shards = {f"s-{number}": ids for number, ids in enumerate(lists)}
    expected = []
    for photo in sorted({photo for ids in lists for photo in ids}):
        holders = [shard for shard, ids in shards.items() if photo in ids]
        if len(holders) > 1:
            expected += [(photo, shard, shard == holders[0]) for shard in holders]
    found = find(shards, at_once)
    assert [tuple(row.values()) for row in found.table.to_pylist()] == expected
    assert found.slices == find(shards).slices
