"""Paired tests over queries or photos and seeds.

A difference is averaged over the seeds first. What is drawn or flipped is a whole user: photos of an album are near
copies of each other and no independent witnesses. How far seeds differ is not in p or in the interval (three say little
of a spread); instead a verdict asks that they agree on the sign.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

EQUAL_WITHIN = 0.5
"""Points within which two sides count as equal."""

FLIPS = 9_999
SWAPS = 999
DRAWS = 2_000
_SEED = 0
_AT_ONCE = 10_000_000
"""Numbers flipped or drawn at a time: bounds the memory."""


@dataclass(frozen=True)
class Effect:
    """What a comparison found, in points.

    Attributes:
        effect: Mean difference.
        low: Lower end of the 95 % interval, NaN where none is known.
        high: Upper end of it.
        p_value: Two-sided, that there is no difference.
        equal_p: That it is `EQUAL_WITHIN` points or more (two one-sided tests), NaN where there is no interval.
        by_seed: Mean difference of each seed.
    """

    effect: float
    low: float
    high: float
    p_value: float
    equal_p: float
    by_seed: tuple[float, ...]

    @property
    def seeds_agree(self) -> bool:
        """Whether every seed's difference has the sign of the mean."""
        return all(one * self.effect > 0 for one in self.by_seed)


def paired(differences: Floats, users: Ids) -> Effect:
    """Whether a mean difference is 0, by flipping signs (scipy's permutation test of one sample).

    Args:
        differences: float64 [S, N], of each seed and item, in points.
        users: int64 [N], who took the photo of each item; items of one user are flipped and drawn together.

    Raises:
        ValueError: There is nothing to compare.
    """
    if not differences.size:
        raise ValueError(f"a paired test needs seeds and items, found {differences.shape}")
    items = differences.mean(axis=0)
    _, user = np.unique(users, return_inverse=True)
    sums = np.bincount(user, items)
    sizes = np.bincount(user).astype(np.float64)
    by_seed = tuple(float(one) for one in differences.mean(axis=1))
    effect = float(items.mean())
    if not sums.any():
        return Effect(effect, 0.0, 0.0, 1.0, 0.0, by_seed)
    if len(sums) == 1:  # one witness: flipped or not, it goes as far
        return Effect(effect, np.nan, np.nan, 1.0, np.nan, by_seed)
    flipped = stats.permutation_test(
        (sums,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        n_resamples=FLIPS,
        vectorized=True,
        batch=max(1, _AT_ONCE // len(sums)),
        rng=np.random.default_rng(_SEED),
    )
    drawn = stats.bootstrap(
        (sums, sizes),
        lambda totals, counts, axis: totals.sum(axis=axis) / counts.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=DRAWS,
        batch=max(1, _AT_ONCE // len(sums)),
        method="percentile",
        rng=np.random.default_rng(_SEED),
    )
    interval, draws = drawn.confidence_interval, drawn.bootstrap_distribution
    equal_p = max(float((draws <= -EQUAL_WITHIN).mean()), float((draws >= EQUAL_WITHIN).mean()))
    return Effect(effect, float(interval.low), float(interval.high), float(flipped.pvalue), equal_p, by_seed)


def diversity(ours: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64], users: Ids, carried: int) -> Effect:
    """Whether one model predicts more distinct hashtags, by swapping whole users' photos between the models.

    A number of distinct hashtags is no mean over photos: there is no interval.

    Args:
        ours: int64 [S, N, k], hashtag ids of each seed and photo; -1 where one does not count.
        theirs: The other model's.
        users: int64 [N], who took each photo.
        carried: Distinct hashtags of the photos, what 100 percent are.
    """
    _, user = np.unique(users, return_inverse=True)
    both = np.stack((ours, theirs))
    vocabulary = int(both.max()) + 2

    def distinct(which: npt.NDArray[np.int64]) -> Floats:
        """Distinct hashtags of each seed, percent, if each user's photos are tagged by the model `which` [U]."""
        chosen = both[which[user], :, np.arange(len(user))]  # [N, S, k]
        counts = [
            np.count_nonzero(np.bincount(one.ravel() + 1, minlength=vocabulary)[1:]) for one in chosen.swapaxes(0, 1)
        ]
        return 100.0 * np.asarray(counts, dtype=np.float64) / carried

    def difference(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Floats:
        return distinct(first) - distinct(second)

    first, second = np.zeros(int(user.max()) + 1, np.int64), np.ones(int(user.max()) + 1, np.int64)
    by_seed = difference(first, second)
    if len(first) == 1:  # one witness: swapped or not, it goes as far
        return Effect(float(by_seed.mean()), np.nan, np.nan, 1.0, np.nan, tuple(float(one) for one in by_seed))
    swapped = stats.permutation_test(
        (first, second),
        lambda one, other: float(difference(one, other).mean()),
        permutation_type="samples",
        n_resamples=SWAPS,
        vectorized=False,
        rng=np.random.default_rng(_SEED),
    )
    mean = float(by_seed.mean())
    return Effect(mean, np.nan, np.nan, float(swapped.pvalue), np.nan, tuple(float(one) for one in by_seed))
