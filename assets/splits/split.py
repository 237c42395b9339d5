"""Which split a photo is in: a keyed hash of its id (or its user's) against the profile's fractions.

A function of the photo alone: adding photos never moves one from a split to another. Both hashes are fixed by
their published definitions, so no version of a library changes them.
"""

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.profiles.sections.splits import SplitConfig

SPLITS = ("train", "validation", "test")

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _key_bytes(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=32).digest()


def _unit(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """64 bits to a number in [0, 1): the upper 53, which a float64 holds exactly."""
    return (hashes >> np.uint64(11)).astype(np.float64) * 2.0**-53


def hash_photo_ids(photo_ids: npt.NDArray[np.int64], key: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each photo id: SplitMix64 (Steele, Lea and Flood 2014), keyed.

    Args:
        photo_ids: Shape [N].
        key: Another key gives other, independent numbers.

    Returns:
        Shape [N].
    """
    start = np.uint64(int.from_bytes(_key_bytes(key)[:8], "little"))
    z = photo_ids.astype(np.int64).view(np.uint64) * _GOLDEN + start  # wraps at 64 bits, as defined
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return _unit(z ^ (z >> np.uint64(31)))


def hash_users(user_ids: pl.Series, key: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each user id: BLAKE2b of its text, keyed.

    Args:
        user_ids: Text, without nulls, length N.
        key: Another key gives other, independent numbers.

    Returns:
        Shape [N].
    """
    known = user_ids.unique()
    seed = _key_bytes(key)
    digests = (blake2b(user.encode(), key=seed, digest_size=8).digest() for user in known)
    hashes = np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
    of_user = pl.DataFrame({"user": known, "unit": _unit(hashes)})
    joined = pl.DataFrame({"user": user_ids}).join(of_user, on="user", how="left", maintain_order="left")
    return joined["unit"].to_numpy()


def assign_splits(photo_ids: pl.Series, user_ids: pl.Series, config: SplitConfig) -> pl.Series:
    """The split of each photo.

    Test photos are the lowest hashes, validation photos the highest, so that raising one fraction only takes
    photos from `train`. By user, photos without a known user all stay in `train`: anywhere else they could
    share their user with it.

    Args:
        photo_ids: int64, length N.
        user_ids: Text or null, length N; read only where `split_by` is `user`.
        config: Fractions and key.

    Returns:
        `train`, `validation` or `test`, length N.
    """
    if config.split_by == "photo":
        drawn = hash_photo_ids(photo_ids.to_numpy(), config.key)
    else:
        drawn = hash_users(user_ids.fill_null(""), config.key)
        drawn = np.where(user_ids.is_null().to_numpy(), config.test_fraction, drawn)
    splits = np.select(
        [drawn < config.test_fraction, drawn >= 1 - config.validation_fraction],
        ["test", "validation"],
        "train",
    )
    return pl.Series("split", splits.astype(object), dtype=pl.String)
