import numpy as np
import polars as pl
import pytest

from assets.evaluation.nearby import NearbyTags, TrainingPhotos, read_training_photos
from assets.evaluation.tagging import NearbyTagging
from models.geography import distance_km

TAGS = 9


def photos_at(places, seed=0):
    draws = np.random.default_rng(seed)
    counts = draws.integers(1, 5, len(places))
    tags = [np.sort(draws.choice(TAGS, count, replace=False)) for count in counts]
    return TrainingPhotos(
        np.asarray(places, np.float64).reshape(-1, 2),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([*tags, []]).astype(np.int32),
    )


def by_brute_force(photos, place, km):
    away = distance_km(place[0], place[1], photos.places[:, 0], photos.places[:, 1])
    owners = np.repeat(np.arange(len(photos)), np.diff(photos.offsets))
    return np.bincount(photos.tag_ids[(away <= km)[owners]], minlength=TAGS)


def around(place, km, many, seed):
    """Places within some 1.5 times the distance of one, over the date line and the poles where it is near."""
    draws = np.random.default_rng(seed)
    latitudes = place[0] + draws.uniform(-1.5, 1.5, many) * km / 111
    over = np.abs(latitudes) > 90
    latitudes = np.where(over, np.sign(latitudes) * 180 - latitudes, latitudes)
    shrink = np.maximum(np.cos(np.radians(latitudes)), 1e-3)
    longitudes = place[1] + np.minimum(1.5 * km / 111 / shrink, 180) * draws.uniform(-1, 1, many)
    return np.column_stack([latitudes, (longitudes + 180) % 360 - 180])


@pytest.mark.parametrize("km", [1.0, 25.0, 200.0])
@pytest.mark.parametrize(
    "centre", [(51.5, -0.1), (0.0, 0.0), (-17.0, 179.999), (10.0, -180.0), (89.95, 20.0), (-90.0, 0.0)]
)
def test_counts_by_brute_force(km, centre):
    photos = photos_at(np.concatenate([around(centre, km, 700, 1), around((40.0, 10.0), km, 50, 2)]))
    asked = np.concatenate([around(centre, km, 40, 3), [centre], photos.places[:5], [(5.0, 100.0)]])
    found = dict(NearbyTags(photos, TAGS, km).counts(asked))
    assert sorted(found) == list(range(len(asked)))
    for row, place in enumerate(asked):
        assert found[row].tolist() == by_brute_force(photos, place, km).tolist(), place
    assert found[len(asked) - 1].sum() == 0
    assert 0 < found[40].sum() < len(photos.tag_ids)


def test_a_photo_counts_to_the_metre():
    """A degree of latitude at the equator is 110.574 km long, a degree of longitude 111.320 km."""
    photos = TrainingPhotos(
        np.array([[25 / 110.5744, 0], [25.01 / 110.5744, 0], [0, 25 / 111.3196], [0, 24.99 / 111.3196]]),
        np.arange(5),
        np.array([0, 1, 2, 3], np.int32),
    )
    exact = distance_km(0, 0, photos.places[:, 0], photos.places[:, 1]) <= 25
    assert exact[[1, 3]].tolist() == [False, True]
    ((row, counts),) = NearbyTags(photos, 4, 25.0).counts(np.zeros((1, 2)))
    assert (row, counts.tolist()) == (0, exact.astype(int).tolist())


def test_ties_and_empty_places_fall_to_the_global_frequency():
    places = np.array([[0, 0], [0, 0], [50, 50], [50, 50], [50, 50]])
    photos = TrainingPhotos(places.astype(float), np.arange(6), np.array([3, 1, 1, 0, 0], np.int32))
    shares = photos.frequencies(4) / 6
    scorer = NearbyTagging(NearbyTags(photos, 4, 1.0), np.arange(4, dtype=np.int32), shares)
    asked = np.array([[0, 0], [50, 50], [-30, 100]], float)
    scores, tags = scorer.rank(np.arange(3), asked, 4)
    # everywhere: 0 and 1 twice, 3 once, 2 never; of equals the lower id
    assert tags.tolist() == [[1, 3, 0, 2], [0, 1, 3, 2], [0, 1, 3, 2]]
    np.testing.assert_allclose(scores[0], [1 + 2 / 6, 1 + 1 / 6, 2 / 6, 0], rtol=1e-6)
    np.testing.assert_allclose(scores[2], [2 / 6, 2 / 6, 1 / 6, 0], rtol=1e-6)
    others, none = scorer.rank_apart(np.arange(3), asked, 2, [np.array([2, 3]), np.array([], np.int64)])
    assert others.tag_ids.tolist() == [[3, 2]] * 3
    assert none.tag_ids.shape == (3, 0)
    with pytest.raises(ValueError, match="1 queries without a place"):
        scorer.rank(np.array([0]), None, 2)


def test_no_training_photos_at_all():
    nothing = TrainingPhotos(np.zeros((0, 2)), np.zeros(1, np.int64), np.zeros(0, np.int32))
    ((_, counts),) = NearbyTags(nothing, 3, 25.0).counts(np.array([[1.0, 2.0]]))
    assert counts.tolist() == [0, 0, 0]


def test_what_cannot_be_counted_says_why():
    photos = photos_at([(0, 0)])
    for km in (0, -1, 10_001, float("nan")):
        with pytest.raises(ValueError, match="distance: expected more than 0 and at most 10000 km"):
            NearbyTags(photos, TAGS, km)
    with pytest.raises(ValueError, match="expected hashtag ids below 0, found"):
        photos.frequencies(0)


def test_only_training_photos_with_an_image_count(evaluated):
    training = read_training_photos(evaluated)
    photos = pl.from_arrow(evaluated.read("photos"))
    images = pl.from_arrow(evaluated.read("image_status")).filter(status="ok")["photo_id"].to_list()
    files = [path for path in evaluated.files("photos") if "/split=train/" in path]
    ids = pl.concat([pl.from_arrow(evaluated.storage.read_table(path)) for path in files])["photo_id"].to_list()
    own = photos.filter(pl.col("photo_id").is_in(ids) & pl.col("photo_id").is_in(images))
    assert len(training) == own.height < photos.height
    assert sorted(training.tag_ids.tolist()) == sorted(own["tag_ids"].explode().to_list())
