import numpy as np
import polars as pl
import pytest

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.tagging_results import no_places_row, photo_hits, tagging_not_run, tagging_rows
from tests.assets.evaluation.results_sample import PHOTOS


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
    row = tagging_not_run("her", "no word vectors", 7).row(0, named=True)
    assert (row["photos"], row["note"]) == (0, "no word vectors")
    assert row["accuracy_at_1"] is row["accuracy_at_10"] is row["predicted_tags_pct"] is None


def test_tagging_by_frequency_counts_only_hashtags_of_the_third():
    config = EvaluationConfig(k=2)
    rows = [*tagged(1, 1, 5, 0), *tagged(2, 5, 1, 0), *tagged(3, 5, 6, 2)]
    rankings = pl.DataFrame(rows, schema_overrides={"rank": pl.Int16, "tag_id": pl.Int32})
    results = tagging_rows("mcc", rankings, PHOTOS, config, 7)
    found = {
        name: row
        for name, *row in results.select(
            "slice", "accuracy_at_1", "accuracy_at_10", "predicted_tags_pct", "correctly_predicted_tags_pct", "photos"
        ).iter_rows()
    }
    # hashtags 0, 1 and 2 are the thirds; photo 1 carries 0 and 1, photo 2 carries 1, photo 3 carries 2
    assert found["frequency:1"] == [0, 0, 0, 0, 1], "0 is third for photo 1"
    assert found["frequency:2"] == [50, 100, 100, 100, 2]
    assert found["frequency:3"] == [0, 0, 0, 0, 1]
    hits = photo_hits(rankings, PHOTOS, config)
    assert hits.tag_ids.tolist() == [[1, 5], [5, 1], [5, 6]]
    assert hits.correct.tolist() == [[True, False], [False, True], [False, False]]


def test_tagging_without_places_by_hand():
    config = EvaluationConfig(k=2)
    photos = PHOTOS.only(np.array([0, 2, 5, 6]))  # 1 is the name of a place: photo 2 has no other
    assert photos.photo_ids.tolist() == [1, 3]
    assert photos.tag_ids.tolist() == [0, 2]
    rankings = pl.DataFrame(
        [*tagged(1, 0, 5), *tagged(3, 5, 6)], schema_overrides={"rank": pl.Int16, "tag_id": pl.Int32}
    )
    (row,) = no_places_row("mcc", rankings, photos, config, 7).rows(named=True)
    assert (row["slice"], row["photos"], row["accuracy_at_1"], row["accuracy_at_10"]) == ("no_places", 2, 50, 50)
    assert (row["predicted_tags_pct"], row["correctly_predicted_tags_pct"]) == (150, 50)
    nobody = PHOTOS.only(np.array([7]))
    assert (len(nobody), nobody.offsets.tolist()) == (0, [0])
    assert no_places_row("mcc", rankings.clear(), nobody, config, 7).is_empty()
