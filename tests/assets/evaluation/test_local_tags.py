"""Local hashtags against brute force."""

import numpy as np
import polars as pl

from assets.evaluation.local_tags import LocalTags
from models.geography import distance_km


def test_hashtags_several_times_more_frequent_near_a_place() -> None:
    rng = np.random.default_rng(0)
    places = np.stack([rng.uniform(-90, 90, 400), rng.uniform(-180, 180, 400)], axis=1)
    places[:150] = rng.normal((0.0, 179.9), 0.5, (150, 2))
    places[:150, 1] = (places[:150, 1] + 180) % 360 - 180
    tags = [sorted(set(rng.integers(0, 30, 3)) | ({7} if one < 150 else set())) for one in range(400)]
    training = pl.DataFrame({"latitude": places[:, 0], "longitude": places[:, 1], "tag_ids": tags})
    local = LocalTags(training, 30, local_km=200.0, lift=2.0)
    for place in ((0.0, 180.0), (0.0, -179.8), (89.9, 10.0), (40.0, 40.0)):
        near = distance_km(place[0], place[1], places[:, 0], places[:, 1]) <= 200
        expected = set()
        for tag in range(30):
            count = sum(tag in own for own, here in zip(tags, near, strict=True) if here)
            everywhere = sum(tag in own for own in tags) / 400
            if count >= 3 and count / near.sum() >= 2.0 * everywhere:
                expected.add(tag)
        assert local.at(*place) == expected
    assert 7 in local.at(0.0, 180.0)


def test_no_photo_near_is_no_local_hashtag() -> None:
    training = pl.DataFrame({"latitude": [0.0], "longitude": [0.0], "tag_ids": [[0]]})
    assert LocalTags(training, 1, 200.0, 2.0).at(45.0, 90.0) == frozenset()
