import polars as pl

from assets.base.tables import VOCABULARY
from assets.vocabulary.users import complete_vocabulary, count_users

PHOTOS = pl.LazyFrame(
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


def test_distinct_users_of_each_hashtag():
    assert count_users(PHOTOS, TAGS).rows() == [(0, 2), (1, 1)]


def test_the_whole_table():
    table = complete_vocabulary(TAGS, PHOTOS)
    assert table.schema.equals(VOCABULARY.schema())
    assert table.column("tag_id").to_pylist() == [0, 1, 2, 3]
    assert table.column("users").to_pylist() == [2, 1, 0, 0]
    assert table.column("is_place").to_pylist() == [True, False, False, True]


def test_same_bytes_whatever_the_order_of_photos(tmp_path):
    import pyarrow.parquet as pq

    for name, photos in (("a", PHOTOS), ("b", PHOTOS.reverse())):
        pq.write_table(complete_vocabulary(TAGS, photos), tmp_path / name, compression="zstd")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
