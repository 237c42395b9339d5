"""Photo ids that are found in more than one shard, and which of their rows is kept.

Kept is the row in the shard that comes first: shards are given in the order in which their files were
registered, so that a new file never changes an older shard. Memory is bounded, however many photos there are.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.base.tables.photos import DUPLICATE_PHOTOS

Ids = npt.NDArray[np.int64]

_IDS_AT_ONCE = 30_000_000
"""Ids sorted in memory at once: 8 bytes each, twice."""


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Attributes:
        table: `DUPLICATE_PHOTOS`, by id, then in the order of the shards.
        slices: For each shard a version of what it loses, 16 hex digits. Rows that it keeps do not count: a
            new file that repeats a shard's photo changes nothing for that shard.
    """

    table: pa.Table
    slices: dict[str, str]


def find_duplicates(
    shards: Sequence[str],
    photo_ids: Callable[[str], Ids],
    rows: int,
    ids_at_once: int = _IDS_AT_ONCE,
) -> Duplicates:
    """Find the ids that more than one shard holds.

    Args:
        shards: Shard keys, the first registered first.
        photo_ids: Reads the ids of one shard, int64 of shape (photos,), each once; called several times.
        rows: Photos of all shards together: decides how many passes are made.
        ids_at_once: Ids held in memory at once.
    """
    repeated = _repeated(shards, photo_ids, -(-rows // ids_at_once) if rows else 1)
    seen = np.zeros(len(repeated), dtype=bool)
    places: list[Ids] = []
    owners: list[Ids] = []
    kept: list[npt.NDArray[np.bool_]] = []
    slices: dict[str, str] = {}
    for number, shard in enumerate(shards):
        place = np.flatnonzero(np.isin(repeated, photo_ids(shard), assume_unique=True))
        first = ~seen[place]
        seen[place] = True
        places.append(place)
        owners.append(np.full(len(place), number))
        kept.append(first)
        slices[shard] = _version(repeated[place[~first]])
    return Duplicates(_table(shards, repeated, places, owners, kept), slices)


def slices_of(table: pa.Table, shards: Sequence[str]) -> dict[str, str]:
    """The slices of a table `duplicate_photos`, as `find_duplicates` gives them.

    Args:
        table: `DUPLICATE_PHOTOS`, by id.
        shards: Keys of all shards.
    """
    ids, owners = table["photo_id"].to_numpy(), table["shard_key"].to_numpy()
    lost = ~table["kept"].to_numpy()
    return {shard: _version(ids[lost & (owners == shard)]) for shard in shards}


def _version(ids: Ids) -> str:
    return hashlib.sha256(ids.astype("<i8").tobytes()).hexdigest()[:16]


def _repeated(shards: Sequence[str], photo_ids: Callable[[str], Ids], passes: int) -> Ids:
    """Ids of more than one shard, ascending; each pass looks at the ids of one remainder."""
    found: list[Ids] = []
    for remainder in range(passes):
        parts = [_of_remainder(photo_ids(shard), passes, remainder) for shard in shards]
        ids = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
        del parts
        ids.sort()
        found.append(np.unique(ids[1:][ids[1:] == ids[:-1]]))
    return np.sort(np.concatenate(found))


def _of_remainder(ids: Ids, passes: int, remainder: int) -> Ids:
    return ids if passes == 1 else ids[ids % passes == remainder]


def _table(
    shards: Sequence[str],
    repeated: Ids,
    places: Sequence[Ids],
    owners: Sequence[Ids],
    kept: Sequence[npt.NDArray[np.bool_]],
) -> pa.Table:
    if not shards:
        return DUPLICATE_PHOTOS.empty()
    place, owner = np.concatenate(places), np.concatenate(owners)
    order = np.lexsort((owner, place))
    keys = pa.DictionaryArray.from_arrays(pa.array(owner[order], pa.int32()), pa.array(shards, pa.string()))
    return DUPLICATE_PHOTOS.conform(
        pa.table(
            {
                "photo_id": repeated[place[order]],
                "shard_key": keys.cast(pa.string()),
                "kept": np.concatenate(kept)[order],
            }
        )
    )
