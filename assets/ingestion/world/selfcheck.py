"""Whether a planned world has the properties that it was made for, as far as that needs no training.

Run as a module it prints them: `python -m assets.ingestion.world.selfcheck sample`.
"""

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.base.profiles.sections.evaluation import GRANULARITIES
from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.account import account
from assets.ingestion.world.ledger import Ledger
from assets.ingestion.world.places import KM_PER_DEGREE
from assets.ingestion.world.plan import Plan, draw_plan
from assets.ingestion.world.rows import Row
from assets.ingestion.world.tags import normalised
from assets.ingestion.world.vectors import vocabulary_words

GRANULARITIES_KM = (None, *GRANULARITIES.values())
_EARTH_RADIUS_KM = KM_PER_DEGREE * 180 / np.pi
_MIN_IMAGES = 10


@dataclass(frozen=True)
class Properties:
    """What was measured.

    Attributes:
        photos: Photos kept.
        vocabulary: Hashtags of the vocabulary.
        tags_per_photo: Mean number of vocabulary hashtags.
        head: Shares of photos of the vocabulary's most frequent hashtags.
        leak: Share of test photos with a training photo of the same user within 1 km.
        upper_bound: Best possible precision at 10 in percent, by `GRANULARITIES_KM`, averaged over queries.
        frequency_at_1: Accuracy at 1 in percent of always answering the most frequent hashtags.
        frequency_at_10: Accuracy at 10 of the same.
    """

    photos: int
    vocabulary: int
    tags_per_photo: float
    head: tuple[tuple[str, float], ...]
    leak: float
    upper_bound: tuple[float, ...]
    frequency_at_1: float
    frequency_at_10: float


def kept_rows(plan: Plan, ledger: Ledger) -> list[Row]:
    """Rows that are photos in the end."""
    gone = {
        photo_id
        for defect in ledger.defects
        if defect.table in {"dropped_photos", "unused_photos"} and not defect.name.startswith("duplicate")
        for photo_id in defect.photo_ids
    }
    return [row for row in plan.rows if row.photo_id not in gone]


def measure(config: WorldConfig, test_share: float = 0.2, seed: int = 0) -> Properties:
    """Plan a world and measure it on a random split by photo."""
    plan = draw_plan(config, Path("/images"))
    ledger = account(config, Path("/"), plan)
    rows = kept_rows(plan, ledger)
    words = set(vocabulary_words()) - set(ledger.skipped_tags)
    tags = [sorted({normalised(tag) for tag in row.tags} & words) for row in rows]
    places = np.radians([(float(row.latitude), float(row.longitude)) for row in rows])
    rng = random.Random(seed)
    is_test = np.array([rng.random() < test_share for _ in rows])
    counts = Counter(tag for own in tags for tag in own)
    train_counts = Counter(tag for own, test in zip(tags, is_test, strict=True) if not test for tag in own)
    top = [tag for tag, _ in train_counts.most_common(10)]
    test = [set(own) for own, chosen in zip(tags, is_test, strict=True) if chosen]
    return Properties(
        photos=len(rows),
        vocabulary=len(counts),
        tags_per_photo=sum(map(len, tags)) / len(rows),
        head=tuple((tag, count / len(rows)) for tag, count in counts.most_common(12)),
        leak=_leak(rows, places, is_test),
        upper_bound=_upper_bound(test, places[is_test], rng),
        frequency_at_1=100 * float(np.mean([top[0] in own for own in test])),
        frequency_at_10=100 * float(np.mean([bool(own & set(top)) for own in test])),
    )


def _distances(place: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Great-circle distances in km from one (latitude, longitude) in radians to many."""
    half = np.sin((others - place) / 2) ** 2
    chord = np.sqrt(half[:, 0] + np.cos(place[0]) * np.cos(others[:, 0]) * half[:, 1])
    return np.asarray(2 * _EARTH_RADIUS_KM * np.arcsin(chord))


def _leak(rows: list[Row], places: npt.NDArray[np.float64], is_test: npt.NDArray[np.bool_]) -> float:
    train_of: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if not is_test[index]:
            train_of.setdefault(row.album.user.nsid, []).append(index)
    near = []
    for index in np.flatnonzero(is_test).tolist():
        own = train_of.get(rows[index].album.user.nsid)
        near.append(bool(own) and bool((_distances(places[index], places[own]) < 1).any()))
    return float(np.mean(near))


def _upper_bound(test: list[set[str]], places: npt.NDArray[np.float64], rng: random.Random) -> tuple[float, ...]:
    """One query per test photo: a random one of its hashtags that at least ten test photos carry."""
    carriers: dict[str, list[int]] = {}
    for index, own in enumerate(test):
        for tag in own:
            carriers.setdefault(tag, []).append(index)
    hits: list[list[float]] = []
    for index, own in enumerate(test):
        possible = sorted(tag for tag in own if len(carriers[tag]) >= _MIN_IMAGES)
        if possible:
            away = _distances(places[index], places[carriers[rng.choice(possible)]])
            hits.append([min(10, len(away) if km is None else int((away < km).sum())) * 10 for km in GRANULARITIES_KM])
    return tuple(float(value) for value in np.mean(hits, axis=0))


def main(name: str = "sample") -> None:
    """Print the properties of the world of that name."""
    presets = {"tiny": WorldConfig.tiny, "sample": WorldConfig.sample, "medium": WorldConfig.medium}
    found = measure(presets[name]())
    for field, value in vars(found).items():
        print(f"{field}: {value}")


if __name__ == "__main__":
    main(*sys.argv[1:])
