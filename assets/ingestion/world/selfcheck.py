"""Whether a planned world has the properties that it was made for, before anything is drawn or trained.

The finished one is measured by the step `world_properties`. Run as a module this prints them:
`python -m assets.ingestion.world.selfcheck sample`.
"""

import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.base.profiles.sections.evaluation import GRANULARITIES
from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.account import account
from assets.ingestion.world.ledger import Ledger
from assets.ingestion.world.plan import Plan, draw_plan
from assets.ingestion.world.properties import SplitPhotos, frequency_accuracy, leaked, upper_bound
from assets.ingestion.world.rows import Row
from assets.ingestion.world.tags import normalised
from assets.ingestion.world.vectors import vocabulary_words

GRANULARITIES_KM = (None, *GRANULARITIES.values())
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
    rng = random.Random(seed)
    photos = SplitPhotos(
        users=[row.album.user.nsid for row in rows],
        places=np.array([(float(row.latitude), float(row.longitude)) for row in rows]),
        tags=tags,
        is_test=np.array([rng.random() < test_share for _ in rows]),
    )
    counts = Counter(tag for own in tags for tag in own)
    frequency_at_1, frequency_at_10 = frequency_accuracy(photos)
    return Properties(
        photos=len(rows),
        vocabulary=len(counts),
        tags_per_photo=sum(map(len, tags)) / len(rows),
        head=tuple((tag, count / len(rows)) for tag, count in counts.most_common(12)),
        leak=float(leaked(photos).mean()),
        upper_bound=tuple(upper_bound(photos, GRANULARITIES_KM, _MIN_IMAGES).tolist()),
        frequency_at_1=frequency_at_1,
        frequency_at_10=frequency_at_10,
    )


def main(name: str = "sample") -> None:
    """Print the properties of the world of that name."""
    presets = {"tiny": WorldConfig.tiny, "sample": WorldConfig.sample, "medium": WorldConfig.medium}
    found = measure(presets[name]())
    for field, value in vars(found).items():
        print(f"{field}: {value}")


if __name__ == "__main__":
    main(*sys.argv[1:])
