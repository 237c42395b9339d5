"""The photos that were taken down, remembered so that no later run brings them back: `takedowns.json`.

What is kept of a photo is a keyed hash of its id (BLAKE2b, 16 bytes, under a key drawn with the storage's first
takedown), not the id. The list must not be what it is there to prevent, a list of the photos that somebody wanted
gone: no search finds an id in it, its order says nothing, and lists of two storages cannot be compared. It is no
secret from somebody who holds the whole storage: whoever has the key can try every id that there may be, as the
ingestion does. A key that lies elsewhere would be safer and could be lost, and with it the memory; a slow hash would
cost the ingestion of a hundred million rows days.

Where the rows are removed is in `assets.takedown`.
"""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.base.storage import Storage

PATH = "takedowns.json"
TEXT = "(taken down)"
"""What stands for the text of a rejected row that names such a photo."""

_ABOUT = "Photos taken down, as keyed hashes of their ids; without this file they would come back."
_WORDS = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s,;()'\"]+)")
_FIELDS = re.compile(r"[\t,;]")
_MARKS = re.compile(r"[][{}()|:,;=\s'\"]+")
_ESCAPED = re.compile(r"\\(?:t|r|x[0-9a-f]{2})")

Bools = npt.NDArray[np.bool_]


class TakedownError(ValueError):
    """What is to be taken down, or the list of what was, cannot be read."""


@dataclass(frozen=True)
class Takedowns:
    """The list.

    Attributes:
        key: Key of the hashes, 32 bytes.
        hashes: Of every id that a photo taken down goes by.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    hashes: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def hash_of(self, text: str) -> bytes:
        """What is remembered of an id."""
        return blake2b(text.encode(), key=self.key, digest_size=16).digest()

    def with_ids(self, texts: Iterable[str]) -> "Takedowns":
        """The list with more ids, photo ids or ids as the source writes them."""
        return Takedowns(self.key, self.hashes | {self.hash_of(text) for text in texts})

    def hold(self, ids: pa.ChunkedArray) -> Bools:
        """Which ids are of photos taken down.

        Args:
            ids: Photo ids (int64) or a source's own (strings) of shape [N]; a null is nobody's.

        Returns:
            bool [N].
        """
        distinct = pc.unique(ids).to_pylist() if self else []  # rankings name each photo many times
        known = [one for one in distinct if one is not None and self.hash_of(str(one)) in self.hashes]
        found: Bools = pc.is_in(ids, value_set=pa.array(known, ids.type)).to_numpy()
        return found

    def rows(self, raw: pa.Table) -> Bools:
        """Which rows of `raw_photos` are of photos taken down, by photo id or by the source's own, bool [N]."""
        ids, own = raw["photo_id"], raw["source_id"]
        differs = pc.not_equal(pc.cast(ids, pa.string()), own)  # a manifest's, as a rule
        return self.hold(ids) | self.hold(pc.if_else(differs, own, pa.scalar(None, own.type)))

    def without(self, raw: pa.Table) -> pa.Table:
        """`raw_photos` without the rows of photos taken down."""
        return raw.filter(pa.array(~self.rows(raw))) if self else raw

    def texts(self, rejected: pa.Table) -> pa.Table:
        """Rows of `rejected_rows`, without the text of those that name a photo taken down; equal if there is none.

        A row that could not be read has no id, only text: what stands between its separators, blanks, brackets
        or quotes is taken for one.
        """
        if not self or not rejected.num_rows:
            return rejected
        texts = [TEXT if self._named_in(text) else text for text in rejected["text"].to_pylist()]
        place = rejected.schema.get_field_index("text")
        return rejected.set_column(place, rejected.schema.field(place), pa.chunked_array([texts], pa.string()))

    def _named_in(self, text: str) -> bool:
        # `rejected_rows` shows tabs and other control characters escaped
        texts = (text, _ESCAPED.sub("\t", text))
        words = {word for one in texts for match in _WORDS.findall(one) for word in match}
        words.update(word for one in texts for marks in (_FIELDS, _MARKS) for word in marks.split(one))
        return any(self.hash_of(word.strip()) in self.hashes for word in words if word.strip())


def read_takedowns(storage: Storage) -> Takedowns:
    """The storage's list, empty if nothing was ever taken down.

    Raises:
        TakedownError: It is damaged.
        StorageError: It cannot be read.
    """
    if not storage.exists(PATH):
        return Takedowns()
    try:
        fields = json.loads(storage.read_bytes(PATH))
        return Takedowns(bytes.fromhex(fields["key"]), frozenset(bytes.fromhex(one) for one in fields["photos"]))
    except (ValueError, TypeError, KeyError) as error:
        raise TakedownError(
            f"{PATH} in {storage.shown}: expected the list of photos taken down, found something else ({error})"
        ) from error


def write_takedowns(storage: Storage, takedowns: Takedowns) -> None:
    """Publish the list."""
    photos = sorted(one.hex() for one in takedowns.hashes)
    content = {"about": _ABOUT, "key": takedowns.key.hex(), "photos": photos}
    storage.write_bytes(PATH, json.dumps(content, indent=1).encode())
