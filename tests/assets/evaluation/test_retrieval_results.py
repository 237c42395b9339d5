import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.retrieval_results import query_precision, retrieval_not_run, retrieval_rows
from assets.evaluation.slices import query_slices
from tests.assets.evaluation.results_sample import PHOTOS, QUERIES

CONFIG = EvaluationConfig(granularities={"city": 25.0, "street": 1.0})


def ranked(query, *hits):
    """Ranks of a query: a distance in km where the photo carries the hashtag, None where it does not."""
    return [
        {
            "query_id": query,
            "rank": rank,
            "photo_id": 100 + rank,
            "has_tag": hit is not None,
            "distance_km": 0.0 if hit is None else hit,
        }
        for rank, hit in enumerate(hits, start=1)
    ]


def frame(*rows):
    return pl.DataFrame(
        [row for some in rows for row in some],
        schema={
            "query_id": pl.Int64,
            "rank": pl.Int16,
            "photo_id": pl.Int64,
            "has_tag": pl.Boolean,
            "distance_km": pl.Float64,
        },
    )


def figures(rows, **wanted):
    found = rows.filter(*(pl.col(name) == value for name, value in wanted.items()))
    return dict(zip(found["granularity"], found["precision_at_10"], strict=True))


def test_precision_by_hand_in_both_averages():
    rankings = frame(
        ranked(0, 0.5, 20.0, None, 30.0),  # agnostic 30, city 20, street 10
        ranked(1, None, 2.0),  # agnostic 10, city 10, street 0
        ranked(2, *([0.1] * 12)),  # the eleventh and twelfth do not count: 100 everywhere
        ranked(3, None),
        ranked(4, 0.0),
        ranked(5, 0.0, 0.0),
    )
    rows = retrieval_rows("mcc", rankings, QUERIES, query_slices(QUERIES, PHOTOS, np.array([1])), CONFIG, 7)
    assert figures(rows, average="query", slice="all") == pytest.approx(
        {"agnostic": 140 / 3, "city": 130 / 3, "street": 110 / 3}
    )
    assert figures(rows, average="tag", slice="all") == {"agnostic": 10.0}
    assert figures(rows, average="query", slice="continent:EU") == {"agnostic": 20, "city": 15, "street": 5}
    assert figures(rows, average="query", slice="continent:AS")["street"] == 100
    assert figures(rows, average="query", slice="frequency:2")["agnostic"] == 20
    assert figures(rows, average="tag", slice="frequency:3") == {"agnostic": 20.0}
    assert rows.filter(average="tag", slice="continent:EU").is_empty(), "a hashtag by itself has no continent"
    assert rows.filter(slice="all")["queries"].unique().to_list() == [3]
    assert rows["seed"].unique().to_list() == [7]
    distances = dict(zip(rows["granularity"], rows["distance_km"], strict=True))
    assert distances == {"agnostic": None, "city": 25.0, "street": 1.0}


def test_queries_of_an_unknown_hashtag_are_misses():
    rankings = frame(ranked(0, 0.5), ranked(1, 0.5))
    rows = retrieval_rows("her", rankings, QUERIES, query_slices(QUERIES, PHOTOS, np.array([1])), CONFIG, 7)
    assert figures(rows, average="query", slice="all")["agnostic"] == pytest.approx(20 / 3)
    assert rows.filter(average="tag").is_empty()
    note = rows.filter(slice="all", granularity="agnostic")["note"].item()
    assert note == "1 of 3 queries ask for a hashtag that the model does not know: no hit"


def test_a_model_that_did_not_run_has_one_row():
    row = retrieval_not_run("her", "no word vectors", 7).row(0, named=True)
    assert (row["slice"], row["queries"], row["seed"], row["note"]) == ("all", 0, 7, "no word vectors")
    assert row["precision_at_10"] is None


def test_without_the_own_photo_ranks_close():
    # k = 10, eleven ranks; photos 101 to 111, the queries' own ones are 1, 2 and 3
    rankings = frame(
        ranked(0, *([0.5] * 10), 3.0),
        ranked(1, *([None] * 10), 2.0),
        ranked(2, 0.5, None, 0.5),
    )
    own = ((pl.col("query_id") == 0) & (pl.col("rank") == 4)) | ((pl.col("query_id") == 2) & (pl.col("rank") == 1))
    beyond = (pl.col("query_id") == 1) & (pl.col("rank") == 11)
    rankings = rankings.with_columns(
        photo_id=pl.when(own | beyond).then(pl.col("query_id") + 1).otherwise(pl.col("photo_id"))
    )
    rows = retrieval_rows("mcc", rankings, QUERIES, query_slices(QUERIES, PHOTOS, np.array([1])), CONFIG, 7)
    precision = query_precision(rankings, QUERIES, CONFIG, without_own=True)
    assert precision["agnostic"].tolist() == [100, 0, 10, 0, 0, 0]
    np.testing.assert_array_equal(precision["street"], [90, 0, 10, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(query_precision(rankings, QUERIES, CONFIG)["street"][:3], [100, 0, 20])
    assert figures(rows, slice="no_self") == pytest.approx({"agnostic": 110 / 3, "city": 110 / 3, "street": 100 / 3})
    assert rows.filter(slice="no_self")["queries"].unique().to_list() == [3]
    assert rows.filter(slice="no_self")["average"].unique().to_list() == ["query"]
    assert figures(rows, average="query", slice="no_places")["agnostic"] == 20
    assert rows.filter(average="query", slice="no_places")["queries"].unique().to_list() == [1]


@given(st.integers(0, 10_000))
def test_without_the_own_photo_by_brute_force(seed):
    draws = np.random.default_rng(seed)
    config = EvaluationConfig(k=3, depth=6, granularities={"city": 25.0})
    rows, expected = [], []
    for query, own in ((0, 1), (1, 2), (2, 3)):
        photos = draws.permutation(8)[: draws.integers(0, 7)] + 1
        tags, away = draws.random(len(photos)) < 0.5, draws.uniform(0, 50, len(photos))
        rows += [
            {"query_id": query, "rank": rank, "photo_id": int(photo), "has_tag": bool(tag), "distance_km": float(km)}
            for rank, (photo, tag, km) in enumerate(zip(photos, tags, away, strict=True), start=1)
        ]
        left = [(tag, km) for photo, tag, km in zip(photos, tags, away, strict=True) if photo != own][:3]
        expected.append(sum(tag and km <= 25 for tag, km in left) * 100 / 3)
    found = query_precision(pl.DataFrame(rows, schema=frame().schema), QUERIES[:3], config, without_own=True)
    assert found["city"].tolist() == pytest.approx(expected)
