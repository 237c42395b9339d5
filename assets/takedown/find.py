"""Which photos are to be taken down, and where something of them lies; remembered before anything is removed.

The list itself, and why it holds hashes, is in `assets.base.takedowns`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pyarrow as pa

from assets.base.keys import MODELS
from assets.base.takedowns import TakedownError, Takedowns, read_takedowns, write_takedowns
from assets.base.workspace import Workspace
from assets.ingestion.ids import PhotoIds

_NAMES = ("photo_id", "source_id", "download_url")

LEARNT = "trained_on_photos_taken_down"
"""Fact of a trained model's record: hashes of the photos that it was trained on and that were taken down since."""


@dataclass(frozen=True)
class Found:
    """Photos taken down that are still in the collection.

    Attributes:
        takedowns: The list, these photos in it.
        unknown: Those of the ids asked for that are of no photo that was found.
        rows: Rows of `raw_photos`.
        shards: Keys of the shards in which something of them may be, sorted.
        tested: Whether a photo of the test split is among them: rankings and the report may show it.
        trained: Whether a photo of the training split is among them: baselines count it.
        learnt: Of each trained model, by asset and partition, the hashes of the photos (with an image) that it was
            trained on.
        pictures: Files below the work folder that the rows name: pictures of the sample world.
    """

    takedowns: Takedowns
    unknown: list[str]
    rows: int
    shards: list[str]
    tested: bool
    trained: bool
    learnt: dict[tuple[str, str], frozenset[str]]
    pictures: list[Path]


def read_ids(words: Iterable[str], file: Path | None) -> list[str]:
    """The ids that were asked for, each once.

    Args:
        words: Ids as they were given.
        file: A file with one id a line.

    Raises:
        TakedownError: The file cannot be read as text.
    """
    lines: list[str] = []
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise TakedownError(f"--file {file}: expected a text file with one photo id a line ({error})") from error
    return [*dict.fromkeys(word.strip() for word in (*words, *lines) if word.strip())]


def find(workspace: Workspace, ids: Collection[str]) -> Found:
    """Remember photos, and find what is left of all that were ever taken down.

    Args:
        workspace: The collection.
        ids: Photo ids, or ids as the source writes them; none goes on with what was interrupted.

    Raises:
        TakedownError: No id is given and none was before, or the list is damaged.
    """
    # By the number that a manifest's id becomes, too: of a row that the source has lost, only its image may be left.
    numbers = {one: str(number) for one, number in zip(ids, _numbers(ids), strict=True)}
    takedowns = read_takedowns(workspace.storage).with_ids([*ids, *numbers.values()])
    if not takedowns:
        raise TakedownError("no photo is named and none was ever taken down: give the ids of some, or --file")
    raw = [(shard, rows) for shard, rows in _raw_rows(workspace, takedowns) if rows.num_rows]
    columns = {name: [one for _, rows in raw for one in rows[name].to_pylist()] for name in _NAMES}
    names = {*columns["source_id"], *map(str, columns["photo_id"])}
    takedowns = takedowns.with_ids(names)  # by both: later on one of them may be all that is left
    write_takedowns(workspace.storage, takedowns)
    train, test = (_taken(workspace, takedowns, "photos", f"split={split}") for split in ("train", "test"))
    statuses, images = (_taken(workspace, takedowns, asset) for asset in ("image_status", "images"))
    shards = {shard for shard, _ in raw}.union(train, test, statuses, images)
    names.update(str(one) for taken in (train, test, statuses, images) for some in taken.values() for one in some)
    return Found(
        takedowns,
        unknown=[one for one, number in numbers.items() if one not in names and number not in names],
        rows=len(columns["photo_id"]),
        shards=sorted(shards),
        tested=bool(test),
        trained=bool(train),
        learnt=_learnt(workspace, takedowns, {shard: train[shard] & images.get(shard, set()) for shard in train}),
        pictures=_own_pictures(columns["download_url"], workspace.scratch),
    )


def _numbers(ids: Collection[str]) -> list[int]:
    texts = pl.Series("photo_id", [*ids], dtype=pl.String)
    return PhotoIds().numbers(texts, pl.int_range(len(texts), eager=True)).to_list()


def _raw_rows(workspace: Workspace, takedowns: Takedowns) -> Iterator[tuple[str, pa.Table]]:
    for shard, record in workspace.ledger.records("raw_photos").items():
        for file in record.files:
            rows = workspace.storage.read_table(file.path, _NAMES)
            yield str(shard), rows.filter(pa.array(takedowns.rows(rows)))


def _taken(workspace: Workspace, takedowns: Takedowns, asset: str, folder: str = "") -> dict[str, set[int]]:
    """Photos taken down that a table still holds, by shard."""
    found: dict[str, set[int]] = {}
    for shard, record in workspace.ledger.records(asset).items():
        for file in record.files:
            if not folder or folder in file.path.split("/"):
                ids = workspace.storage.read_table(file.path, ["photo_id"])["photo_id"]
                taken = ids.filter(pa.array(takedowns.hold(ids))).to_pylist()
                if taken:
                    found.setdefault(str(shard), set()).update(taken)
    return found


def _learnt(
    workspace: Workspace, takedowns: Takedowns, train: Mapping[str, set[int]]
) -> dict[tuple[str, str], frozenset[str]]:
    """Trained models that photos went into, with the hashes of those."""
    learnt: dict[tuple[str, str], frozenset[str]] = {}
    for asset in MODELS:
        for key, record in workspace.ledger.records(asset).items():
            read = (
                {one.partition for one in record.inputs if one.asset == "photos"} if record.status == "done" else set()
            )
            photos = [one for shard, ids in train.items() if shard in read for one in ids]
            if photos:
                learnt[asset, str(key)] = frozenset(takedowns.hash_of(str(one)).hex() for one in photos)
    return learnt


def _own_pictures(urls: Iterable[str | None], scratch: Path) -> list[Path]:
    """Local files that URLs name, below the work folder: what lies elsewhere is not ours to remove."""
    paths = (Path(unquote(urlsplit(url).path)) for url in urls if url and url.startswith("file://"))
    return [path for path in paths if path.resolve().is_relative_to(scratch.resolve())]
