"""A photo that several shards hold counts once: what `duplicate_photos` does not keep is left out of all counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

Surplus = Mapping[str, pl.Series]
"""Photo ids that a shard holds in vain, by shard."""


def surplus_ids(duplicates: pl.DataFrame) -> Surplus:
    """Which photos of each shard are kept in another one.

    Args:
        duplicates: `duplicate_photos`.
    """
    surplus = duplicates.filter(~pl.col("kept"))
    return {str(shard): rows["photo_id"] for (shard,), rows in surplus.group_by("shard_key")}


def without_surplus(photos: Iterable[tuple[str | None, pl.DataFrame]], surplus: Surplus) -> Iterator[pl.DataFrame]:
    """Photos, shard by shard, without those that are kept in another shard.

    Args:
        photos: Shards with their keys; `photo_id` among the columns.
        surplus: What is left out.
    """
    for shard, frame in photos:
        ids = surplus.get(shard or "")
        yield frame if ids is None else frame.filter(~pl.col("photo_id").is_in(ids.implode()))


def surplus_counts(photos: Callable[[str], pl.DataFrame], surplus: Surplus) -> Iterator[pl.DataFrame]:
    """What has to be added to the sum of all `tag_counts` so that every photo counts once: negative numbers.

    Args:
        photos: Reads `photo_id`, `tags` of one shard.
        surplus: Photos that count too many.

    Yields:
        `tag`, `photos` of a shard: one at a time, for a file that is there twice has as many as `tag_counts`.
    """
    for shard, ids in surplus.items():
        tags = photos(shard).filter(pl.col("photo_id").is_in(ids.implode())).select(tag=pl.col("tags").explode())
        yield tags.group_by("tag").agg(photos=-pl.len().cast(pl.Int64))
