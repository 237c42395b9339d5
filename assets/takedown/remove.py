"""Removing photos: files are written anew without them, and the records of provenance follow.

What holds a photo, its place or its picture is written anew at once: every table by photo, `tag_counts` of its shards,
the pictures of the sample world; a report that may show it goes. What only counts photos (vocabulary, survivorship,
results, the report's figures, the catalog's copy of the records) stays until `locsens materialize` makes it anew, or,
where it is pinned, until somebody refreshes it. Trained weights keep what they have learnt; their records say of how
many photos.

A record goes before its files are touched and comes back after: killed in between, an output is missing and is made
anew by the planner, from inputs in which the photos no longer are. So taking down may be stopped at any moment, and
begun again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from assets.base.files import StoredFile
from assets.base.freshness import RETRYABLE, input_version
from assets.base.keys import NEARBY_KM, source_file_of
from assets.base.paths import CATALOG, REPORT, REPORT_FILE, folder_of
from assets.base.provenance import Input, Record, content_version
from assets.base.step import Step
from assets.base.storage import PARTIAL
from assets.base.tables import TABLES
from assets.base.workspace import Workspace
from assets.images.outcome import TRANSIENT
from assets.images.parts import take_out
from assets.ingestion.duplicates import slices_of
from assets.takedown.find import LEARNT, Found
from assets.takedown.leftovers import local_work_held, remove_leftovers, remove_local_work
from assets.takedown.tables import Cleaning

_TELL_OF_ALL = ("image_survivorship", "claims", "claim_parts", "world_properties", REPORT, CATALOG)
_COUNT_TRAINING_PHOTOS = ("frequency", *NEARBY_KM)


@dataclass
class Removed:
    """What was removed.

    Attributes:
        rows: Rows by table.
        report: Whether the report was removed.
        pictures: Pictures of the sample world.
        leftovers: Files of killed runs that were removed or written anew.
        local: Folders of killed seeds of the study that were removed from the local disk.
    """

    rows: Counter[str] = field(default_factory=Counter)
    report: bool = False
    pictures: int = 0
    leftovers: int = 0
    local: int = 0


def remove(workspace: Workspace, found: Found) -> Removed:
    """Remove photos from all that was made of them.

    Args:
        workspace: The collection.
        found: The photos, remembered already.

    Raises:
        StorageError: The storage cannot be written.
        OutputBusyError: A seed of the study is being run; nothing was removed.
    """
    with local_work_held(workspace):
        removed = _remove(workspace, found)
        removed.local = remove_local_work(workspace)
    return removed


def _remove(workspace: Workspace, found: Found) -> Removed:
    removal = _Removal(workspace, found)
    # first what would not be found a second time: the tables say what it is about
    removal.note_learnt()
    removal.remove_pictures()
    removal.remove_report()
    for step in workspace.steps.in_order():
        for asset in (*step.shard_outputs, *step.outputs):
            for key in removal.keys(asset):
                removal.bring_up_to_date(step, asset, key)
    removal.removed.leftovers = remove_leftovers(workspace, removal.cleaning)
    return removal.removed


class _Removal:
    """One takedown under way; remembers the records that it changed, so that those after them can follow."""

    def __init__(self, workspace: Workspace, found: Found) -> None:
        self.removed = Removed()
        self.cleaning = Cleaning(workspace, found.takedowns)
        self._storage = workspace.storage
        self._ledger = workspace.ledger
        self._attempts = workspace.profile.images.max_attempts
        self._found = found
        self._before: dict[tuple[str, str | None], Record] = {}
        self._held: dict[tuple[str, str | None], Record] = {}

    def keys(self, asset: str) -> list[str | None]:
        """Partitions of an asset that there are, or will be again."""
        held = {key for one, key in self._held if one == asset}
        return sorted({*self._ledger.records(asset), *held}, key=str)

    def note_learnt(self) -> None:
        for (asset, key), hashes in self._found.learnt.items():
            record = self._ledger.get(asset, key)
            assert record is not None, "it was found there"
            known = sorted(hashes.union(record.facts.get(LEARNT, ())))
            self._ledger.put(replace(record, facts={**record.facts, LEARNT: known}))

    def remove_pictures(self) -> None:
        for path in self._found.pictures:
            if path.exists():
                path.unlink()
                self.removed.pictures += 1

    def remove_report(self) -> None:
        """Its galleries show test photos; one without a record, or of other photos than those of now, may show any."""
        record = self._ledger.get(REPORT)
        may_show = self._found.tested or record is None or not self._is_of_now(record)
        if may_show:
            self._ledger.remove(REPORT)
        folder = folder_of(REPORT, None)
        file = f"{folder}/{REPORT_FILE}"
        for path in self._storage.list(folder, unfinished=True):
            if path.startswith(f"{file}{PARTIAL}") or (may_show and path == file):
                self._storage.remove(path)
                self.removed.report |= path == file

    def _is_of_now(self, record: Record) -> bool:
        now = {key: photos.data_version for key, photos in self._ledger.records("photos").items()}
        return all(now.get(one.partition) == one.data_version for one in record.inputs if one.asset == "photos")

    def bring_up_to_date(self, step: Step, asset: str, key: str | None) -> None:
        """Write an output's files anew where they hold the photos, and let its record follow what it was made of."""
        record = self._held.pop((asset, key), None) or self._ledger.get(asset, key)
        if record is None or asset == "image_status":  # written with its images
            return
        if asset == "images":
            self._bring_images_up_to_date(step, record)
            return
        tables = {file.path: self.cleaning.of(record, file.path) for file in record.files if asset in TABLES}
        wanted = {path: table for path, table in tables.items() if table is not None}
        if wanted:
            if asset in step.shard_outputs:
                self._hold(step.outputs[0], source_file_of(str(key)))
            self._ledger.remove(asset, key)
        if wanted and asset == "retrieval_rankings" and self._ledger.get("retrieval_queries") is None:
            # Nobody can say whose they answer. Emptied they would pass for the answers to the same queries made anew;
            # without a record they are leftovers.
            self.removed.rows[asset] += record.rows or 0
            return
        files = [
            self._storage.write_table(file.path, TABLES[asset].conform(wanted[file.path]))
            if file.path in wanted
            else file
            for file in record.files
        ]
        self._put(step, record, files, record.facts)

    def _hold(self, asset: str, key: str) -> None:
        """Take the record of a source file away until its shards are written: with it nobody would make them anew."""
        record = self._ledger.get(asset, key)
        if record is not None:
            self._held[asset, key] = record
            self._ledger.remove(asset, key)

    def _bring_images_up_to_date(self, step: Step, images: Record) -> None:
        """Images and their statuses are written in pairs, part by part."""
        statuses = self._ledger.get("image_status", images.partition)
        if statuses is None:
            return
        pairs = list(zip(images.files, statuses.files, strict=True))
        facts = dict(images.facts)
        for place, (image_file, status_file) in enumerate(pairs):
            if not self._holds(status_file):
                continue
            for record in (statuses, images):
                self._ledger.remove(record.asset, record.partition)
            written = take_out(self._storage, image_file.path, status_file.path, self._found.takedowns.hold)
            assert written is not None, "it holds one of the photos"
            pairs[place], gone = written
            facts = self._without(facts, gone)
        self._put(step, images, [pair[0] for pair in pairs], facts)
        self._put(step, statuses, [pair[1] for pair in pairs], facts)

    def _holds(self, file: StoredFile) -> bool:
        ids = self._storage.read_table(file.path, ["photo_id"])["photo_id"]
        return bool(self._found.takedowns.hold(ids).any())

    def _without(self, facts: dict[str, Any], gone: pa.Table) -> dict[str, Any]:
        """Counts of a shard's images without some; what may be asked for again decides whether a rerun looks."""
        counts = Counter(gone["status"].to_pylist())
        again = [row for row in gone.to_pylist() if row["status"] == TRANSIENT and row["attempts"] < self._attempts]
        counts[RETRYABLE] = len(again)
        return {name: value - counts[name] if name in counts else value for name, value in facts.items()}

    def _put(self, step: Step, record: Record, files: Sequence[StoredFile], facts: dict[str, Any]) -> None:
        """Publish what became of a record, if anything did."""
        inputs = self._followed(step, record)
        if tuple(files) == record.files:
            if inputs != record.inputs or self._ledger.get(record.asset, record.partition) is None:
                self._ledger.put(replace(record, inputs=inputs))
            return
        slices = record.slices
        if record.asset == "duplicate_photos":
            slices = slices_of(pa.concat_tables([self._storage.read_table(file.path) for file in files]), list(slices))
        rows = sum(file.rows or 0 for file in files)
        self._ledger.put(
            replace(
                record, files=tuple(files), rows=rows, inputs=inputs, facts=facts, slices=slices,
                data_version=content_version(files),
            )
        )  # fmt: skip
        self._before[record.asset, record.partition] = record
        self.removed.rows[record.asset] += (record.rows or 0) - rows

    def _followed(self, step: Step, record: Record) -> tuple[Input, ...]:
        """The inputs of a record, at their new versions where it was made of the versions before.

        Not for what would come out otherwise now: pinned outputs are older; rankings of test photos of which some are
        gone, rankings by counts of training photos, survivorship, what the study says of photos, the report and the
        catalog are outdated, and the planner makes them anew.
        """
        late = record.asset in _TELL_OF_ALL or (step.stage == "evaluation" and self._found.tested)
        counts = step.by == "tagging_model" and record.partition in _COUNT_TRAINING_PHOTOS
        if step.pinned or late or (counts and self._found.trained):
            return record.inputs
        reads = {one.asset: one for one in step.reads}
        inputs = []
        for one in record.inputs:
            before, now = self._before.get((one.asset, one.partition)), self._ledger.get(one.asset, one.partition)
            if before is not None and now is not None:
                version = input_version(before, reads[one.asset], record.partition)
                if one.data_version == version:
                    inputs.append(replace(one, data_version=input_version(now, reads[one.asset], record.partition)))
                    continue
            inputs.append(one)
        return tuple(inputs)
