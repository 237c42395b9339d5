import numpy as np
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import read_test_photos, to_test_photos
from assets.evaluation.queries import draw_queries, eligible_tags, photos_to_tag


def many(count, seed=0, tags=6, first_id=0):
    rng = np.random.default_rng(seed)
    rows = [
        {
            "photo_id": first_id + 3 * number,
            "latitude": float(rng.uniform(-90, 90)),
            "longitude": float(rng.uniform(-180, 180)),
            "continent": "EU",
            "tag_ids": sorted({int(tag) for tag in rng.integers(0, tags, 3)}),
        }
        for number in range(count)
    ]
    return pl.DataFrame(rows, schema_overrides={"tag_ids": pl.List(pl.Int32)})


def drawn_tags(queries):
    by_photo = queries.filter(pl.col("kind") == "photo")
    return dict(zip(by_photo["photo_id"], by_photo["tag_id"], strict=True))


def test_every_test_photo_asks_for_one_of_its_own_frequent_tags(evaluated):
    photos = read_test_photos(evaluated)
    config = EvaluationConfig(seed=3)
    queries = draw_queries(photos, config)
    tags, images = np.unique(photos.tag_ids, return_counts=True)
    frequent = set(tags[images >= 10].tolist())
    assert 1 < len(frequent) < len(tags)
    own = {
        int(photo_id): set(photos.tag_ids[photos.offsets[i] : photos.offsets[i + 1]].tolist()) & frequent
        for i, photo_id in enumerate(photos.photo_ids)
    }
    drawn = drawn_tags(queries)
    assert set(drawn) == {photo_id for photo_id, some in own.items() if some}
    assert all(tag in own[photo_id] for photo_id, tag in drawn.items())
    by_photo = queries.filter(pl.col("kind") == "photo")
    at = photos.positions(by_photo["photo_id"].to_numpy())
    assert by_photo.select("latitude", "longitude").to_numpy().tolist() == photos.places[at].tolist()

    by_tag = queries.filter(pl.col("kind") == "tag")
    assert by_tag["tag_id"].to_list() == sorted(frequent) == eligible_tags(photos, 10).tolist()
    assert by_tag.select(pl.col("latitude", "longitude", "photo_id").null_count()).row(0) == (len(by_tag),) * 3
    assert queries["query_id"].to_list() == list(range(queries.height))


def test_tags_are_drawn_evenly_and_by_seed():
    photos = to_test_photos(many(2000, tags=3))
    config = EvaluationConfig()
    drawn = drawn_tags(draw_queries(photos, config))
    full = [i for i in range(2000) if photos.offsets[i + 1] - photos.offsets[i] == 3]
    share = np.bincount([drawn[int(photos.photo_ids[i])] for i in full], minlength=3) / len(full)
    assert np.abs(share - 1 / 3).max() < 0.07
    assert draw_queries(photos, config).equals(draw_queries(photos, config))
    other = drawn_tags(draw_queries(photos, EvaluationConfig(seed=1)))
    assert other.keys() == drawn.keys()
    assert other != drawn


def test_more_photos_never_change_anothers_draw():
    before = many(300)
    after = pl.concat([many(200, seed=9, first_id=100_001), before])
    drawn = drawn_tags(draw_queries(to_test_photos(before), EvaluationConfig()))
    grown = drawn_tags(draw_queries(to_test_photos(after), EvaluationConfig()))
    assert len(grown) == 500
    assert {photo_id: grown[photo_id] for photo_id in drawn} == drawn


def test_a_newly_frequent_tag_leaves_most_draws_alone():
    """One hashtag crosses the line: a photo that carries it changes its draw only to that hashtag."""
    photos = to_test_photos(many(300, tags=6))
    few = EvaluationConfig(min_test_images=1)

    images = np.bincount(photos.tag_ids)
    rarest = int(images.argmin())
    less = drawn_tags(draw_queries(photos, few.model_copy(update={"min_test_images": int(images.min()) + 1})))
    more = drawn_tags(draw_queries(photos, few))
    changed = {photo_id for photo_id in less if more[photo_id] != less[photo_id]}
    assert 0 < len(changed) < len(less)
    assert {more[photo_id] for photo_id in changed} == {rarest}


def test_at_most_so_many_queries_drawn_by_seed():
    photos = to_test_photos(many(300))
    config = EvaluationConfig(max_photo_queries=40)
    some = drawn_tags(draw_queries(photos, config))
    assert len(some) == 40
    every = drawn_tags(draw_queries(photos, EvaluationConfig()))
    assert some.items() <= every.items()
    assert max(some) - min(some) > 600  # from all over, not the first ones
    assert some != drawn_tags(draw_queries(photos, EvaluationConfig(max_photo_queries=40, seed=5)))


def test_nothing_frequent_enough_gives_no_queries():
    queries = draw_queries(to_test_photos(many(5)), EvaluationConfig())
    assert queries.is_empty()
    assert queries.columns == ["query_id", "kind", "tag_id", "latitude", "longitude", "photo_id"]


def test_photos_to_tag():
    photos = to_test_photos(many(100))
    assert len(photos_to_tag(photos, EvaluationConfig())) == 100
    some = photos_to_tag(photos, EvaluationConfig(max_tagging_photos=30))
    assert len(some) == 30
    assert set(some.photo_ids.tolist()) < set(photos.photo_ids.tolist())
    assert photos_to_tag(photos, EvaluationConfig(max_tagging_photos=30)).photo_ids.tolist() == some.photo_ids.tolist()
