"""Precision of retrieval, accuracy and diversity of tagging (paper section "Experiments").

Everything here is over arrays of hits; which tables they come from is in
`assets.evaluation.retrieval_results` and `tagging_results`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def precision_at_k(hits: Bools, k: int = 10) -> Floats:
    """Precision at k of each query, 0 to 100.

    The divisor is k even where fewer photos were ranked or fewer are relevant: that is why the paper's upper
    bound is below 100 at short distances.

    Args:
        hits: bool [Q, R], whether the photo at a rank counts; best rank first, False where nothing is ranked.
        k: Depth.

    Returns:
        float64 [Q].
    """
    found: Floats = hits[:, :k].sum(axis=1) * (100.0 / k)
    return found


def within(has_tag: Bools, distance_km: Floats, limit_km: float | None) -> Bools:
    """Which ranked photos count at a granularity: they carry the hashtag within the distance of the query.

    Args:
        has_tag: bool [Q, R].
        distance_km: float64 [Q, R] in km; NaN where the query has no place.
        limit_km: Distance that still counts; None for location-agnostic retrieval.

    Returns:
        bool [Q, R].
    """
    if limit_km is None:
        return has_tag
    near: Bools = has_tag & (distance_km <= limit_km)
    return near


@dataclass(frozen=True)
class TaggingFigures:
    """Figures of tagging, 0 to 100, for a set of photos.

    Attributes:
        accuracy_at_1: Photos whose first hashtag is right.
        accuracy_at_k: Photos with a right hashtag among the first k.
        predicted_tags_pct: Distinct hashtags among all first k, over the distinct hashtags of the photos.
        correctly_predicted_tags_pct: Those of them that were right for a photo, over the same.
    """

    accuracy_at_1: float
    accuracy_at_k: float
    predicted_tags_pct: float
    correctly_predicted_tags_pct: float


def tagging_figures(
    tag_ids: npt.NDArray[np.int32], correct: Bools, true_tags: npt.NDArray[np.integer], k: int = 10
) -> TaggingFigures:
    """Accuracy and diversity of tagging.

    Args:
        tag_ids: int32 [P, R], hashtags of each photo, best first; below 0 where none is ranked, or none that counts.
        correct: bool [P, R], whether the photo carries them.
        true_tags: The photos' hashtags, of any shape and with repeats.
        k: Depth.

    Raises:
        ValueError: There are no photos or no true hashtags to divide by.
    """
    distinct = len(np.unique(true_tags))
    if len(tag_ids) == 0 or distinct == 0:
        raise ValueError(f"tagging of {len(tag_ids)} photos with {distinct} hashtags: expected at least one of each")
    top, right = tag_ids[:, :k], correct[:, :k]
    return TaggingFigures(
        accuracy_at_1=100.0 * float(right[:, 0].mean()),
        accuracy_at_k=100.0 * float(right.any(axis=1).mean()),
        predicted_tags_pct=100.0 * len(np.unique(top[top >= 0])) / distinct,
        correctly_predicted_tags_pct=100.0 * len(np.unique(top[right])) / distinct,
    )
