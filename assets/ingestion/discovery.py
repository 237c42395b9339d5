"""Which source files there are now, which the collection knows, and the registering of new ones.

The sample world is generated here when the source is `sample`; after that it is a source like any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from assets.base.collection import RegisteredFile, write_collection
from assets.base.provenance import Input, Record
from assets.base.urls import public_source
from assets.base.workspace import Workspace
from assets.ingestion.errors import SourceError
from assets.ingestion.sources import Source, SourceFile, find_source_files, parse_source
from assets.ingestion.world.generate import World, ensure_world

LIMIT = "LOCSENS_LIMIT_ROWS"


@dataclass(frozen=True)
class Discovery:
    """What was found at the source.

    Attributes:
        new: Keys of files that were not registered before.
        known: Keys that were registered before and are there.
        vanished: Registered files that are not there any more.
    """

    new: list[str]
    known: list[str]
    vanished: list[RegisteredFile]


def sample_world(workspace: Workspace) -> World | None:
    """The sample world if it is the source, generated if it is not there yet."""
    if not parse_source(workspace.settings.source).is_sample:
        return None
    return ensure_world(workspace.profile.world, workspace.scratch / "worlds")


def source_of(workspace: Workspace) -> Source:
    """The source that the settings name; the sample world is generated first."""
    world = sample_world(workspace)
    return parse_source(workspace.settings.source) if world is None else Source(world.metadata, "yfcc100m")


def files_now(workspace: Workspace) -> dict[str, SourceFile]:
    """The source's files by key; looked up once for each workspace.

    Raises:
        SourceError: The source is unreachable or empty.
    """
    if workspace.found is None:
        workspace.found = {file.key: file for file in find_source_files(source_of(workspace))}
    return workspace.found


def look(workspace: Workspace) -> Discovery:
    """Look at the source, and register nothing.

    Raises:
        SourceError: The source is unreachable or empty.
        CollectionError: The storage holds another collection.
    """
    workspace.found = None
    found = files_now(workspace)
    files = workspace.collection().files
    known = {file.key for file in files}
    return Discovery(
        new=[key for key in found if key not in known],
        known=[key for key in found if key in known],
        vanished=[file for file in files if file.key not in found],
    )


def discover(workspace: Workspace) -> Discovery:
    """Look at the source and register what is new.

    Raises:
        SourceError: The source is unreachable or empty.
        CollectionError: The storage holds another collection.
    """
    found = look(workspace)
    if found.new:
        files = (files_now(workspace)[key] for key in found.new)
        registered = workspace.collection().with_files(RegisteredFile(file.key, file.url) for file in files)
        write_collection(workspace.storage, registered)
    return found


def source_file(workspace: Workspace, key: str) -> SourceFile:
    """A source file by key.

    Raises:
        SourceError: It is not there.
    """
    found = files_now(workspace)
    if key not in found:
        raise SourceError(
            f"source file {key}: expected it at the source {public_source(workspace.settings.source)!r}, it is not "
            f"there any more; put it back, or run `locsens forget {key}`"
        )
    return found[key]


def fingerprint(workspace: Workspace, key: str | None) -> list[Input]:
    """The file as an input of `source_files`: its URL and fingerprint now, and how many of its rows are wanted.

    As recorded if the file has vanished, or if it has not changed and as many rows of it or more are there already: a
    limit takes nothing away.
    """
    found = files_now(workspace).get(key or "")
    record = workspace.ledger.get("source_files", key)
    if found is None:
        return list(record.inputs) if record is not None else []
    file, limit = Input(found.url, None, found.etag), workspace.settings.limit_rows
    if record is not None and file in record.inputs:
        there = limit_reached(record)
        if not there or 0 < limit <= there:
            return list(record.inputs)
    return [file, Input(LIMIT, None, str(limit))] if limit else [file]


def ingested_in_part(workspace: Workspace) -> dict[str, int]:
    """Source files of which only the first rows are ingested, with their number."""
    records = workspace.ledger.records("source_files")
    limits = {key: limit_reached(records[key]) for key in workspace.keys("source_file") if key in records}
    return {str(key): limit for key, limit in limits.items() if limit}


def limit_in(inputs: Iterable[Input]) -> int:
    """The limit of rows among the inputs of `source_files`, 0 for none."""
    return next((int(one.data_version) for one in inputs if one.asset == LIMIT), 0)


def limit_reached(record: Record) -> int:
    """The limit at which the ingestion of a source file ended, 0 if it read the file to its end."""
    limit = limit_in(record.inputs)
    return limit if limit and record.facts["rows"] >= limit else 0
