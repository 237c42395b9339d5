"""Photos that several shards hold: what is left out, shard by shard."""

import polars as pl

from assets.vocabulary.once import surplus_counts, surplus_ids, without_surplus

DUPLICATES = pl.DataFrame(
    {"photo_id": [1, 1, 2, 2, 2], "shard_key": ["a", "b", "a", "b", "c"], "kept": [True, False, True, False, False]}
)
PHOTOS = pl.DataFrame({"photo_id": [1, 2, 3], "tags": [["x", "y"], ["x"], ["x"]]})


def test_what_another_shard_keeps_is_left_out() -> None:
    surplus = surplus_ids(DUPLICATES)
    assert {shard: ids.to_list() for shard, ids in surplus.items()} == {"b": [1, 2], "c": [2]}
    left = without_surplus([("a", PHOTOS), ("b", PHOTOS), ("c", PHOTOS)], surplus)
    assert [frame["photo_id"].to_list() for frame in left] == [[1, 2, 3], [3], [1, 3]]


def test_one_shard_at_a_time_is_read_for_what_counts_too_many() -> None:
    asked: list[str] = []

    def photos(shard: str) -> pl.DataFrame:
        asked.append(shard)
        return PHOTOS

    counts = surplus_counts(photos, surplus_ids(DUPLICATES))
    assert asked == []
    first = next(counts)
    assert len(asked) == 1
    found = [first, *counts]
    assert {shard: dict(frame.rows()) for shard, frame in zip(asked, found, strict=True)} == {
        "b": {"x": -2, "y": -1},
        "c": {"x": -1},
    }
