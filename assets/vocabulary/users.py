"""Distinct users of each vocabulary hashtag, and which hashtags are places: the last two columns.

Distinct (hashtag, user) pairs are counted as numbers of 8 bytes, for a slice of the vocabulary at a time, so that
memory is bounded however many photos there are.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.base.places import place_names
from assets.base.tables.photos import VOCABULARY
from assets.vocabulary.build import Shards

_PAIRS_AT_ONCE = 15_000_000
"""Pairs sorted in memory at once: 8 bytes each, twice."""
_USERS_AT_ONCE = 1_000_000
_USER_BITS = np.uint64(32)

Numbers = npt.NDArray[np.uint64]


def count_users(photos: Shards, tags: pl.DataFrame, pairs_at_once: int = _PAIRS_AT_ONCE) -> pl.DataFrame:
    """Distinct users of each hashtag. Photos without a user count for no one.

    Users are told apart by a hash of 64 bits: of a million users, two are taken for one with a chance of 1 to 37
    million.

    Args:
        photos: `user_id`, `tags` of `geotagged_photos`.
        tags: Frame of `tag_id`, `tag`, `photos`, ordered by `tag_id`.
        pairs_at_once: Pairs of a photo and a hashtag whose users are counted at once.

    Returns:
        `tag_id`, `users` int64; hashtags without a known user have no row.
    """
    users = _distinct_users(photos)
    counted = []
    for some in _slices(tags, pairs_at_once):
        parts = [_pairs(shard, some, users) for shard in photos()]
        pairs = np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
        del parts
        pairs.sort()
        first = np.diff(pairs, prepend=~pairs[:1]) != 0
        tag_ids, of_tag = np.unique(pairs[first] >> _USER_BITS, return_counts=True)
        counted.append(pl.DataFrame({"tag_id": tag_ids.astype(np.int32), "users": of_tag.astype(np.int64)}))
    return pl.concat(counted)


def _distinct_users(photos: Shards) -> Numbers:
    """Hashes of all users, ascending: a user's place among them is a number of 32 bits."""
    users = np.zeros(0, dtype=np.uint64)
    waiting: list[Numbers] = []
    for shard in photos():
        waiting.append(shard["user_id"].drop_nulls().unique().hash().to_numpy())
        if sum(map(len, waiting)) > _USERS_AT_ONCE:
            users, waiting = np.unique(np.concatenate([users, *waiting])), []
    return np.unique(np.concatenate([users, *waiting]))


def _slices(tags: pl.DataFrame, pairs_at_once: int) -> Iterator[pl.DataFrame]:
    """The hashtags, some at a time: as many as have so many photos together, or one that has more."""
    number = (tags["photos"].cum_sum() - 1) // pairs_at_once
    for _, some in tags.select("tag_id", "tag").group_by(number, maintain_order=True):
        yield some


def _pairs(shard: pl.DataFrame, tags: pl.DataFrame, users: Numbers) -> Numbers:
    """Distinct pairs of a shard: the hashtag's id in the upper half, the user's number in the lower."""
    known = shard.lazy().filter(pl.col("user_id").is_not_null()).select("tags", user=pl.col("user_id").hash())
    carried = known.explode("tags").join(tags.lazy(), left_on="tags", right_on="tag").collect()
    numbers = np.searchsorted(users, carried["user"].to_numpy()).astype(np.uint64)
    return np.unique(carried["tag_id"].to_numpy().astype(np.uint64) << _USER_BITS | numbers)


def complete_vocabulary(tags: pl.DataFrame, photos: Shards) -> pa.Table:
    """The table `vocabulary`: users and places added.

    A hashtag is a place if it equals the name of a city, country or continent of GeoNames, written as a
    hashtag; the same rule for every source.

    Args:
        tags: Frame of `tag_id`, `tag`, `photos`, ordered by `tag_id`.
        photos: `user_id`, `tags` of `geotagged_photos`.
    """
    names = pl.Series("names", sorted(place_names()), dtype=pl.String)
    complete = (
        tags.join(count_users(photos, tags), on="tag_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("users").fill_null(0),
            pl.col("tag").is_in(names.implode()).alias("is_place"),
        )
        .select(VOCABULARY.schema().names)
    )
    return VOCABULARY.conform(complete.to_arrow())
