"""Claim 8 in figures: the same hashtag asked at another place, the same photo said to be taken elsewhere.

Every query and photo is moved to the place of another one at least a continent (2,500 km) away.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.evaluation import GRANULARITIES
from assets.base.tables import TABLES
from assets.evaluation.candidates import Floats, Ids
from assets.evaluation.local_tags import LocalTags
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.tagging import TaggingScorer
from assets.study.setting import Setting
from models.geography import distance_km

CHANGED = "changed_at_10"
"""Of the first ten photos, those that another place replaces, in percent."""
NEAR_HERE = "near_asked_here_at_10"
NEAR_ELSEWHERE = "near_asked_elsewhere_at_10"
"""Of the first ten photos, those within 2,500 km of a place: asked there, and asked at the other place."""
LOCAL_FAKED = "local_tags_faked_at_10"
LOCAL_TRUE = "local_tags_true_at_10"
"""Of the first ten hashtags, those local to the faked place: with the faked location, and with the true one."""

_FAR_KM = GRANULARITIES["continent"]


def far_places(places: Floats, seed: int) -> Ids:
    """For each place another one that is far away.

    Args:
        places: float64 [N, 2], latitude and longitude in degrees.
        seed: Seed of the draw.

    Returns:
        int64 [N], positions of others at least 2,500 km away; -1 where there is none.
    """
    order = np.random.default_rng(seed).permutation(len(places))
    found = np.full(len(places), -1, dtype=np.int64)
    for one, (latitude, longitude) in enumerate(places):
        # From where the place itself stands in the random order: each other is taken about as often.
        others = np.roll(order, -int(np.flatnonzero(order == one)[0]))
        away = distance_km(latitude, longitude, places[others, 0], places[others, 1])
        far = np.flatnonzero(away >= _FAR_KM)
        if len(far):
            found[one] = others[far[0]]
    return found


def moved_queries(model: str, scorer: RetrievalScorer, setting: Setting, most: int) -> pa.Table:
    """How the first ten photos change with the place asked at.

    Args:
        model: Model key.
        scorer: Loaded for the setting's test photos.
        setting: Queries and photos.
        most: Queries at most.

    Returns:
        Rows of `study_scores` with the measures `CHANGED`, `NEAR_HERE` and `NEAR_ELSEWHERE`.
    """
    asked = setting.queries.filter(pl.col("kind") == "photo")
    asked = asked.filter(pl.Series(scorer.knows(asked.get_column("tag_id").to_numpy().astype(np.int64))))
    asked = asked[_spread(asked.height, most)]
    places = asked.select("latitude", "longitude").to_numpy()
    far = far_places(places, setting.config.seed)
    asked, here, there = asked.filter(pl.Series(far >= 0)), places[far >= 0], places[far[far >= 0]]
    tags = asked.get_column("tag_id").to_numpy().astype(np.int64)
    k = setting.config.k
    at_home, elsewhere = (scorer.rank(tags, where, k).positions for where in (here, there))
    kept = np.array([len(np.intersect1d(*both)) for both in zip(at_home, elsewhere, strict=True)])

    def near(positions: Ids) -> npt.NDArray[np.float64]:
        found = setting.photos.places[positions]
        away = distance_km(here[:, None, 0], here[:, None, 1], found[..., 0], found[..., 1])
        return np.asarray(100.0 * (away <= _FAR_KM).mean(axis=1))

    return _scores(
        model,
        setting,
        asked.select("query_id", "photo_id"),
        {
            CHANGED: 100.0 * (1 - kept / at_home.shape[1]),
            NEAR_HERE: near(at_home),
            NEAR_ELSEWHERE: near(elsewhere),
        },
    )


def moved_photos(model: str, scorer: TaggingScorer, setting: Setting, local: LocalTags, most: int) -> pa.Table:
    """How many hashtags of a faked place a photo gets there, and at its own place.

    Args:
        model: Model key.
        scorer: Loaded for the setting's tagged photos.
        setting: Photos and configuration.
        local: Says which hashtags are local where.
        most: Photos at most.

    Returns:
        Rows of `study_scores` with the measures `LOCAL_FAKED` and `LOCAL_TRUE`.
    """
    own = setting.tagged.places
    index = _spread(len(own), most)
    far = far_places(own[index], setting.config.seed)
    index, faked = index[far >= 0], own[index][far[far >= 0]]
    k = setting.config.k
    before, after = (scorer.rank(index, where, k).tag_ids for where in (own[index], faked))
    of_place = [local.at(*place) for place in faked]

    def share(tags: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        return np.array([100.0 * len(known & set(row)) / k for known, row in zip(of_place, tags.tolist(), strict=True)])

    items = pl.DataFrame({"photo_id": setting.tagged.photo_ids[index]}).select(
        pl.lit(None, dtype=pl.Int64).alias("query_id"), "photo_id"
    )
    return _scores(model, setting, items, {LOCAL_FAKED: share(after), LOCAL_TRUE: share(before)})


def _spread(count: int, most: int) -> Ids:
    """At most so many positions, evenly spread."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.int64)


def _scores(
    model: str, setting: Setting, items: pl.DataFrame, measures: dict[str, npt.NDArray[np.float64]]
) -> pa.Table:
    frames = [
        items.select(
            pl.lit(model).alias("model"),
            pl.lit(setting.name).alias("slice"),
            pl.lit(measure).alias("measure"),
            pl.lit(None, dtype=pl.String).alias("granularity"),
            "query_id",
            "photo_id",
            pl.Series("value", values),
        )
        for measure, values in measures.items()
    ]
    return TABLES["study_scores"].conform(pl.concat(frames).to_arrow())
