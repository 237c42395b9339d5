"""The sample world measured on its published tables: each property beside the range that the world was made for.

The ranges are criteria on the data, fixed before any model ranked. A world that misses one is published as missing it.
What pixels tell is in `world_probes`.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from assets.base.profiles.sections.evaluation import GRANULARITIES, EvaluationConfig
from assets.base.run import Run
from assets.evaluation.candidates import read_photos
from assets.evaluation.report.paper import SENSITIVE_RETRIEVAL
from assets.evaluation.retrieval_results import AGNOSTIC
from assets.ingestion.world.concepts import EMPTY_WORDS
from assets.ingestion.world.properties import SplitPhotos, frequency_accuracy, leaked, upper_bound
from assets.splits.split import SPLITS
from assets.study.world_probes import PROBES
from models.metrics import Bools

Range = tuple[float | None, float | None]
Property = tuple[str, float | None, Range]

NO_CRITERION: Range = (None, None)
PAPER_UPPER_BOUND = dict(zip((AGNOSTIC, *GRANULARITIES), SENSITIVE_RETRIEVAL["upper_bound"], strict=True))
"""Precision at 10 of the upper bound in percent (paper, location-sensitive retrieval)."""
NEAR_PAPER = 10.0
"""How many points off the world's upper bound may be and still be near the paper's."""
PROBED: Mapping[str, Range] = {"continent": (0.65, 0.8), "concept": (0.6, 0.7), "city": (0.15, 0.3)}
# Answering the first hashtag always is right as often as it is carried: that is to be below 8 %.
_FIRST_AT_MOST = 0.08
_HEAD = (1, 10, 100)
_SCHEMA = pl.Schema({"property": pl.String(), "value": pl.Float64(), "low": pl.Float64(), "high": pl.Float64()})


def photos_with_image(run: Run) -> pl.DataFrame:
    """`photo_id`, `user_id`, `latitude`, `longitude`, `tag_ids` and `split` of the photos whose image is there."""
    columns = ("photo_id", "user_id", "latitude", "longitude", "tag_ids")
    splits = [
        read_photos(run, columns, f"/split={split}/").with_columns(split=pl.lit(split)).sort("photo_id")
        for split in SPLITS
    ]
    return pl.concat(splits)


def split_photos(photos: pl.DataFrame) -> SplitPhotos:
    """Training and test photos of `photos_with_image`, each in the order of their ids."""
    some = photos.filter(pl.col("split") != "validation")
    return SplitPhotos(
        users=some["user_id"].to_list(),
        places=some.select("latitude", "longitude").to_numpy(),
        tags=some["tag_ids"].to_list(),
        is_test=(some["split"] == "test").to_numpy(),
    )


def measure(run: Run, photos: SplitPhotos, read: pl.DataFrame) -> pl.DataFrame:
    """All properties.

    Args:
        run: Knows the published tables.
        photos: From `split_photos`.
        read: From `world_probes.probe`, the same test photos.

    Returns:
        Rows of `world_properties`.
    """
    leak = leaked(photos)
    found = [
        *probe_properties(read, leak),
        *head_properties(run),
        ("leak_share", float(leak.mean()), (0.4, 0.6)),
        *split_properties(photos, run.profile.evaluation),
        *row_properties(run),
    ]
    rows = [(name, value, *criterion) for name, value, criterion in found]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def probe_properties(read: pl.DataFrame, leak: Bools) -> Iterator[Property]:
    """Held-out accuracy of the probes: over all test photos, and over those without a like photo in training.

    Args:
        read: From `world_probes.probe`, the test photos in the order of their ids.
        leak: bool [test photos], from `leaked`.
    """
    for name in PROBES:
        right = read[name].to_numpy()
        yield f"probe_{name}", float(right.mean()), PROBED[name]
        yield f"probe_{name}_without_leak", float(right[~leak].mean()) if not leak.all() else None, NO_CRITERION


def split_properties(photos: SplitPhotos, config: EvaluationConfig) -> Iterator[Property]:
    """The best possible precision at 10, and the frequency baseline."""
    limits = {AGNOSTIC: None, **config.granularities}
    bounds = upper_bound(photos, list(limits.values()), config.min_test_images)
    for granularity, found in zip(limits, bounds.tolist(), strict=True):
        paper = PAPER_UPPER_BOUND.get(granularity)
        near = NO_CRITERION if paper is None else (paper - NEAR_PAPER, min(paper + NEAR_PAPER, 100.0))
        yield f"upper_bound_{granularity}", None if np.isnan(found) else found, near
    at_1, at_10 = frequency_accuracy(photos)
    yield "frequency_accuracy_at_1", at_1, (0, 8)
    yield "frequency_accuracy_at_10", at_10, (0, 35)


def head_properties(run: Run) -> Iterator[Property]:
    """How frequent hashtags are, of all geotagged photos, and whether the skipped ones are those without meaning."""
    # As the vocabulary counts: a photo that several shards hold once.
    surplus = run.scan("duplicate_photos").filter(~pl.col("kept")).select(pl.len()).collect().item()
    geotagged = run.rows("geotagged_photos") - surplus
    counts = run.frame("vocabulary", ["photos"])["photos"].sort(descending=True).to_list()
    for rank in _HEAD:
        share = counts[rank - 1] / geotagged if rank <= len(counts) else None
        yield f"hashtag_{rank}_share", share, (0, _FIRST_AT_MOST) if rank == 1 else NO_CRITERION
    skipped = run.frame("skipped_tags").sort("rank")
    empty = float(np.mean([tag in EMPTY_WORDS for tag in skipped["tag"]])) if skipped.height else None
    yield "skipped_hashtags_without_meaning", empty, (1, 1)
    for tag, photos in skipped.select("tag", "photos").iter_rows():
        yield f"skipped_{tag}_share", photos / geotagged, NO_CRITERION


def row_properties(run: Run) -> Iterator[Property]:
    """Sizes, where photos are, and what became of the rows that are none."""
    rows = run.rows("raw_photos") + run.rows("rejected_rows")
    yield "rows", rows, NO_CRITERION
    yield "rejected_share", run.rows("rejected_rows") / rows, NO_CRITERION
    for fate in ("dropped", "unused"):
        for reason, share in _shares(run, f"{fate}_photos", "reason", rows):
            yield f"{fate}_{reason}_share", share, NO_CRITERION
    photos = run.rows("photos")
    yield "photos", photos, NO_CRITERION
    for continent, share in _shares(run, "photos", "continent", photos):
        yield f"photos_{continent}_share", share, NO_CRITERION
    for status, share in _shares(run, "image_status", "status", run.rows("image_status")):
        yield f"images_{status}_share", share, NO_CRITERION
    yield "vocabulary", run.rows("vocabulary"), NO_CRITERION
    tags = run.scan("photos").select(pl.col("tag_ids").list.len().mean()).collect().item()
    yield "hashtags_per_photo", tags, NO_CRITERION


def _shares(run: Run, asset: str, column: str, of: int) -> list[tuple[str, float]]:
    counts = run.scan(asset).group_by(column).agg(pl.len()).sort(column).collect()
    return [(str(value), count / of) for value, count in counts.iter_rows()]
