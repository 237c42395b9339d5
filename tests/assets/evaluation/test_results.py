import polars as pl
import pytest

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import to_test_photos
from assets.evaluation.results import (
    query_slices,
    retrieval_not_run,
    retrieval_rows,
    tagging_not_run,
    tagging_rows,
)

CONFIG = EvaluationConfig(granularities={"city": 25.0, "street": 1.0})
PHOTOS = to_test_photos(
    pl.DataFrame(
        {
            "photo_id": [1, 2, 3],
            "latitude": [0.0, 0.0, 10.0],
            "longitude": [0.0, 0.1, 10.0],
            "continent": ["EU", "EU", "AS"],
            "tag_ids": [[0, 1], [1], [2]],
        },
        schema_overrides={"tag_ids": pl.List(pl.Int32)},
    )
)
QUERIES = pl.DataFrame(
    {
        "query_id": [0, 1, 2, 3, 4, 5],
        "kind": ["photo", "photo", "photo", "tag", "tag", "tag"],
        "tag_id": [1, 1, 2, 0, 1, 2],
        "latitude": [0.0, 0.0, 10.0, None, None, None],
        "longitude": [0.0, 0.1, 10.0, None, None, None],
        "photo_id": [1, 2, 3, None, None, None],
    }
)


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


def test_slices():
    slices = query_slices(QUERIES, PHOTOS, np.array([1]))
    assert {name: members.tolist() for name, members in slices.items()} == {
        "all": [True] * 6,
        "continent:AS": [False, False, True, False, False, False],
        "continent:EU": [True, True, False, False, False, False],
        "frequency:1": [False, False, False, True, False, False],
        "frequency:2": [True, True, False, False, True, False],
        "frequency:3": [False, False, True, False, False, True],
        "no_places": [False, False, True, True, False, True],
    }


def tagged(photo, *tags):
    own = {1: {0, 1}, 2: {1}, 3: {2}}[photo]
    return [
        {"photo_id": photo, "rank": rank, "tag_id": tag, "is_correct": tag in own}
        for rank, tag in enumerate(tags, start=1)
    ]


def test_tagging_by_hand():
    config = EvaluationConfig(k=2)
    rows = [*tagged(1, 1, 5, 0), *tagged(2, 5, 1, 0), *tagged(3, 5, 6, 2)]
    rankings = pl.DataFrame(rows, schema_overrides={"rank": pl.Int16, "tag_id": pl.Int32})
    results = tagging_rows("mcc", rankings, PHOTOS, config, 7)
    row = results.filter(slice="all").row(0, named=True)
    assert row["accuracy_at_1"] == pytest.approx(100 / 3)
    assert row["accuracy_at_10"] == pytest.approx(200 / 3)
    assert row["predicted_tags_pct"] == pytest.approx(100)  # 1, 5 and 6, over 0, 1 and 2
    assert row["correctly_predicted_tags_pct"] == pytest.approx(100 / 3)  # 1
    assert row["photos"] == 3
    assert results["slice"].to_list() == ["all", "continent:AS", "continent:EU", *(f"frequency:{n}" for n in (1, 2, 3))]
    europe = results.filter(slice="continent:EU").row(0, named=True)
    assert (europe["accuracy_at_1"], europe["photos"]) == (50.0, 2)


def test_a_model_that_did_not_run_has_one_row():
    row = retrieval_not_run("her", "no word vectors", 7).row(0, named=True)
    assert (row["slice"], row["queries"], row["seed"], row["note"]) == ("all", 0, 7, "no word vectors")
    assert row["precision_at_10"] is None
    row = tagging_not_run("her", "no word vectors", 7).row(0, named=True)
    assert (row["photos"], row["note"]) == (0, "no word vectors")
    assert row["accuracy_at_1"] is row["accuracy_at_10"] is row["predicted_tags_pct"] is None
