"""What the sample world's criteria are measured on, wherever its photos come from: a plan, or the published tables.

What the criteria are, and which photos are meant, is the callers' business.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.geography import distance_km
from models.metrics import Bools, Floats

LEAK_KM = 1.0
_K = 10


@dataclass(frozen=True)
class SplitPhotos:
    """Training and test photos, N of them.

    Attributes:
        users: Who took each, text [N].
        places: Latitude and longitude in degrees, float64 [N, 2].
        tags: Hashtags of each, each once; words or ids.
        is_test: bool [N]; the others are training photos.
    """

    users: Sequence[str]
    places: Floats
    tags: Sequence[Sequence[str | int]]
    is_test: Bools


def leaked(photos: SplitPhotos) -> Bools:
    """Which test photos have a training photo of the same user within 1 km: bool, in the order of the test photos."""
    users, test = np.asarray(photos.users), np.flatnonzero(photos.is_test)
    train = np.flatnonzero(~photos.is_test)
    train = train[np.argsort(users[train], kind="stable")]
    first, last = (np.searchsorted(users[train], users[test], side) for side in ("left", "right"))
    near = np.zeros(len(test), dtype=bool)
    for at, (photo, start, stop) in enumerate(zip(test, first, last, strict=True)):
        own = photos.places[train[start:stop]]
        near[at] = bool(
            (distance_km(photos.places[photo, 0], photos.places[photo, 1], own[:, 0], own[:, 1]) <= LEAK_KM).any()
        )
    return near


def upper_bound(photos: SplitPhotos, limits_km: Sequence[float | None], fewest: int) -> Floats:
    """The best possible precision at 10, were rankings perfect.

    Every test photo asks for one of its hashtags at random; here that is its mean over them, without a draw.

    Args:
        photos: The photos.
        limits_km: Distances within which a photo counts; None for any.
        fewest: A hashtag is asked for if at least so many test photos carry it.

    Returns:
        In percent, averaged over the test photos that ask, float64 [limits]; NaN if none does.
    """
    test = np.flatnonzero(photos.is_test)
    places = photos.places[test]
    carriers: dict[str | int, list[int]] = {}
    for at, photo in enumerate(test.tolist()):
        for tag in photos.tags[photo]:
            carriers.setdefault(tag, []).append(at)
    precision = np.zeros((len(test), len(limits_km)))
    asked_for = np.zeros(len(test))
    for members in carriers.values():
        if len(members) < fewest:
            continue
        lat, lon = places[members].T
        away = distance_km(lat[:, None], lon[:, None], lat, lon)
        found = [np.count_nonzero(away <= (np.inf if limit is None else limit), axis=1) for limit in limits_km]
        precision[members] += np.minimum(np.stack(found, axis=1), _K) * (100.0 / _K)
        asked_for[members] += 1
    asking = asked_for > 0
    if not asking.any():
        return np.full(len(limits_km), np.nan)
    return np.asarray((precision[asking] / asked_for[asking, None]).mean(axis=0))


def frequency_accuracy(photos: SplitPhotos) -> tuple[float, float]:
    """Accuracy at 1 and at 10 in percent of always answering the training photos' most frequent hashtags."""
    counts = Counter(tag for own, test in zip(photos.tags, photos.is_test, strict=True) if not test for tag in own)
    top = sorted(counts, key=lambda tag: (-counts[tag], tag))[:_K]
    asked = [set(own) for own, test in zip(photos.tags, photos.is_test, strict=True) if test]
    hits = [[not own.isdisjoint(top[:depth]) for own in asked] for depth in (1, _K)]
    at_1, at_10 = (100 * float(np.mean(one)) for one in hits)
    return at_1, at_10
