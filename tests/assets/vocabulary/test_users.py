import random

import polars as pl
import pytest

from assets.base.tables.photos import VOCABULARY
from assets.vocabulary import users
from assets.vocabulary.build import Shards
from assets.vocabulary.users import complete_vocabulary, count_users

PHOTOS = pl.DataFrame(
    {
        "user_id": ["ann", "ann", "bob", None, "eve"],
        "tags": [["london", "art"], ["london"], ["london", "x"], ["art", "zoo"], []],
    },
    schema={"user_id": pl.String, "tags": pl.List(pl.String)},
)
TAGS = pl.DataFrame(
    {"tag_id": [0, 1, 2, 3], "tag": ["london", "art", "zoo", "zürich"], "photos": [3, 2, 1, 1]},
    schema={"tag_id": pl.Int32, "tag": pl.String, "photos": pl.Int64},
)


def shards_of(*frames: pl.DataFrame) -> Shards:
    return lambda: iter(frames)


@pytest.mark.parametrize("pairs_at_once", [1, 3, 100])
def test_distinct_users_of_each_hashtag(pairs_at_once):
    assert count_users(shards_of(PHOTOS[:2], PHOTOS[2:]), TAGS, pairs_at_once).rows() == [(0, 2), (1, 1)]


def test_nobody_is_known():
    unknown = PHOTOS.with_columns(user_id=pl.lit(None, pl.String))
    assert count_users(shards_of(unknown), TAGS).rows() == []
    assert count_users(shards_of(), TAGS).rows() == []


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_sets_of_users(seed, monkeypatch):
    draw = random.Random(seed)
    monkeypatch.setattr(users, "_USERS_AT_ONCE", 5)
    names = [f"tag{number}" for number in range(30)]
    people = [f"user{number}" for number in range(40)]
    expected: dict[str, set[str]] = {}
    frames = []
    for _ in range(draw.randrange(1, 8)):
        rows = [
            (draw.choice([None, *people]), draw.sample([*names, "other"], draw.randrange(6)))
            for _ in range(draw.randrange(30))
        ]
        for user, tags in rows:
            for tag in tags:
                expected.setdefault(tag, set()).update({user} - {None})
        schema = {"user_id": pl.String, "tags": pl.List(pl.String)}
        frames.append(pl.DataFrame(rows, schema=schema, orient="row"))
    photos = [draw.randrange(1, 50) for _ in names]
    vocabulary = pl.DataFrame(
        {"tag_id": range(30), "tag": names, "photos": photos},
        schema={"tag_id": pl.Int32, "tag": pl.String, "photos": pl.Int64},
    )
    found = count_users(shards_of(*frames), vocabulary, draw.choice([1, 60, 500, 10_000]))
    assert found.schema == {"tag_id": pl.Int32, "users": pl.Int64}
    assert found.rows() == [(number, len(expected[tag])) for number, tag in enumerate(names) if expected.get(tag)]


def test_the_whole_table():
    table = complete_vocabulary(TAGS, shards_of(PHOTOS))
    assert table.schema.equals(VOCABULARY.schema())
    assert table.column("tag_id").to_pylist() == [0, 1, 2, 3]
    assert table.column("users").to_pylist() == [2, 1, 0, 0]
    assert table.column("is_place").to_pylist() == [True, False, False, True]


def test_same_bytes_whatever_the_order_of_photos(tmp_path):
    import pyarrow.parquet as pq

    for name, photos in (("a", PHOTOS), ("b", PHOTOS.reverse())):
        pq.write_table(complete_vocabulary(TAGS, shards_of(photos)), tmp_path / name, compression="zstd")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
