"""A workspace: settings, profile, storage, collection and ledger, opened once and handed to every step."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from assets.base.collection import Collection, open_collection
from assets.base.keys import FIXED_KEYS, Dimension, shard_key
from assets.base.profiles import Profile, load_profile
from assets.base.provenance import Ledger
from assets.base.settings import Settings
from assets.base.step import Reads, Step, StepRegistry
from assets.base.storage import Storage
from assets.base.urls import public_source


class Workspace:
    """Everything that a step stands on.

    Attributes:
        settings: Where things are.
        profile: Sizes and hyper-parameters.
        storage: Where results are published.
        ledger: The records of provenance.
        steps: The graph.
        found: Files of the source by key, once `assets.ingestion.discovery` has looked.
    """

    def __init__(self, settings: Settings, steps: StepRegistry, profile: Profile | None = None) -> None:
        self.settings = settings
        self.steps = steps
        self.profile = profile or load_profile(settings.profile)
        self.storage = Storage(settings.storage)
        self.ledger = Ledger(self.storage)
        self.found: dict[str, Any] | None = None

    @cached_property
    def scratch(self) -> Path:
        """Local work folder, made when first asked for."""
        folder = self.settings.work.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def collection(self) -> Collection:
        """The storage's collection.

        Raises:
            CollectionError: The storage holds another one.
        """
        return open_collection(self.storage, public_source(self.settings.source), self.profile.name)

    def keys(self, dimension: Dimension | None) -> Sequence[str | None]:
        """Partition keys of a dimension, in order; `[None]` for unpartitioned assets."""
        if dimension is None:
            return [None]
        if dimension == "source_file":
            return [file.key for file in self.collection().files]
        if dimension == "shard":
            return [
                shard_key(file.key, index)
                for file in self.collection().files
                if (record := self.ledger.get("source_files", file.key)) is not None
                for index in range(int(record.facts["shards"]))
            ]
        return FIXED_KEYS[dimension]

    def upstream_keys(self, step: Step, reads: Reads, partition: str | None) -> Sequence[str | None]:
        """Partitions of the upstream asset that a step's partition reads; none if it does not read it."""
        if reads.when is not None and partition not in reads.when:
            return []
        if reads.only is not None:
            return [reads.only]
        if reads.each is not None:
            return list(reads.each.get(partition or "", ()))
        dimension = self.steps.dimension(reads.asset)
        if dimension is not None and dimension == step.by:
            return [partition]
        return self.keys(dimension)
