"""What a storage holds: one collection, its source and profile, and its source files in order of registration."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from assets.base.storage import Storage

PATH = "collection.json"


class CollectionError(ValueError):
    """The storage holds another collection, or a collection file that cannot be read."""


@dataclass(frozen=True)
class RegisteredFile:
    """A source file that the collection knows.

    Attributes:
        key: Partition key.
        url: Where it is, without credentials.
    """

    key: str
    url: str


@dataclass(frozen=True)
class Collection:
    """Source and profile of a storage, and its source files, first registered first."""

    source: str
    profile: str
    files: tuple[RegisteredFile, ...] = ()

    def order(self, key: str) -> int:
        """Place of a source file in the order of registration, from 0.

        Raises:
            CollectionError: No such file is registered.
        """
        for place, file in enumerate(self.files):
            if file.key == key:
                return place
        raise CollectionError(f"source file {key}: not registered in this collection; run `locsens materialize`")

    def with_files(self, files: Iterable[RegisteredFile]) -> "Collection":
        """The collection with more files, those it knows already left where they are."""
        known = {file.key for file in self.files}
        return Collection(self.source, self.profile, (*self.files, *(new for new in files if new.key not in known)))

    def without(self, key: str) -> "Collection":
        """The collection without a file."""
        return Collection(self.source, self.profile, tuple(file for file in self.files if file.key != key))


def read_collection(storage: Storage) -> Collection | None:
    """The storage's collection, None if it is empty.

    Raises:
        CollectionError: The file is damaged.
    """
    if not storage.exists(PATH):
        return None
    try:
        fields = json.loads(storage.read_bytes(PATH))
        files = tuple(RegisteredFile(**file) for file in fields.pop("files"))
        return Collection(files=files, **fields)
    except (ValueError, TypeError, KeyError) as error:
        raise CollectionError(
            f"{PATH} in {storage.shown}: expected a collection, found something else ({error})"
        ) from error


def open_collection(storage: Storage, source: str, profile: str) -> Collection:
    """The storage's collection; of an empty storage one without files, which the first registered file will publish.

    Looking publishes nothing: a mistyped source must not take possession of a storage.

    Raises:
        CollectionError: The storage holds another source or profile.
    """
    found = read_collection(storage)
    if found is None:
        return Collection(source, profile)
    if (found.source, found.profile) != (source, profile):
        raise CollectionError(
            f"storage {storage.shown} holds the collection of source {found.source!r} with profile {found.profile!r}, "
            f"asked for was source {source!r} with profile {profile!r}: set LOCSENS_STORAGE to another place, "
            "or LOCSENS_SOURCE and LOCSENS_PROFILE to what it holds"
        )
    return found


def write_collection(storage: Storage, collection: Collection) -> None:
    """Publish the collection."""
    storage.write_bytes(PATH, json.dumps(asdict(collection), indent=1, ensure_ascii=False).encode())
