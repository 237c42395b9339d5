import random

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from assets.ingestion.world.properties import SplitPhotos, frequency_accuracy, leaked, upper_bound

LIMITS = (None, 2500.0, 25.0, 1.0)


def km(one, other) -> float:
    return Geodesic.WGS84.Inverse(*one, *other)["s12"] / 1000


@pytest.fixture(scope="module")
def photos() -> SplitPhotos:
    """Photos of seven people around three cities, some within metres, some across the 180th meridian."""
    rng = random.Random(4)
    cities = ((51.5, -0.1), (-17.8, 179.999), (48.85, 2.35))
    places = []
    for _ in range(90):
        lat, lon = rng.choice(cities)
        spread = rng.choice((0.002, 0.05))
        lon = (lon + rng.gauss(0, spread) + 180) % 360 - 180
        places.append((lat + rng.gauss(0, spread), lon))
    return SplitPhotos(
        users=[f"user{rng.randrange(7)}" for _ in places],
        places=np.array(places),
        tags=[sorted(rng.sample(range(12), rng.randrange(1, 5))) for _ in places],
        is_test=np.array([rng.random() < 0.6 for _ in places]),
    )


def test_leak_against_brute_force(photos: SplitPhotos) -> None:
    everybody = list(zip(photos.users, photos.places, photos.is_test, strict=True))
    expected = [
        any(not other_test and other == user and km(place, at) <= 1 for other, at, other_test in everybody)
        for user, place, test in everybody
        if test
    ]
    assert leaked(photos).tolist() == expected
    assert 0 < sum(expected) < len(expected)


def test_upper_bound_against_brute_force(photos: SplitPhotos) -> None:
    test = [(place, tags) for place, tags, test in zip(photos.places, photos.tags, photos.is_test, strict=True) if test]
    means = []
    for place, tags in test:
        asked = [tag for tag in tags if sum(tag in own for _, own in test) >= 14]
        best = [
            [
                10 * min(10, sum(tag in own and (limit is None or km(place, at) <= limit) for at, own in test))
                for limit in LIMITS
            ]
            for tag in asked
        ]
        if best:
            means.append(np.mean(best, axis=0))
    assert 0 < len(means) < len(test)
    found = upper_bound(photos, LIMITS, 14)
    assert found == pytest.approx(np.mean(means, axis=0))
    assert found[0] == 100
    assert found[3] < found[2] < 100


def test_upper_bound_where_nothing_is_asked_for(photos: SplitPhotos) -> None:
    assert np.isnan(upper_bound(photos, LIMITS, 1_000)).all()


def test_frequency_counts_training_photos_alone() -> None:
    photos = SplitPhotos(
        users=["one"] * 6,
        places=np.zeros((6, 2)),
        tags=[["a", "b"], ["a"], ["b", "c"], ["a"], ["c"], ["c"]],
        is_test=np.array([False, False, False, True, True, True]),
    )
    # Of a and b, each on two training photos, a comes first; c is on most photos, but on test photos.
    assert frequency_accuracy(photos) == pytest.approx((100 / 3, 100))
    some = SplitPhotos(photos.users, photos.places, [[*own, "d"] for own in photos.tags], photos.is_test)
    assert frequency_accuracy(some) == (100, 100)
