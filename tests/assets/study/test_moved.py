"""Places far away, against brute force."""

import numpy as np

from assets.study.moved import far_places
from models.geography import distance_km


def test_every_place_is_moved_at_least_a_continent_away() -> None:
    rng = np.random.default_rng(1)
    places = np.stack([rng.uniform(-80, 80, 60), rng.uniform(-180, 180, 60)], axis=1)
    found = far_places(places, seed=3)
    away = distance_km(places[:, 0], places[:, 1], places[found, 0], places[found, 1])
    assert (away >= 2_500).all()
    assert (found == far_places(places, seed=3)).all()
    assert len(np.unique(found)) > 20


def test_places_that_are_all_near_stay() -> None:
    assert far_places(np.array([[51.5, 0.0], [48.9, 2.3]]), seed=0).tolist() == [-1, -1]


def test_across_the_date_line_is_near() -> None:
    assert far_places(np.array([[0.0, 179.9], [0.0, -179.9], [0.0, 0.0]]), seed=0).tolist()[:2] == [2, 2]
