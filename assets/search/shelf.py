"""What is ready to be asked: the files of shards and models that fit each other, and why others cannot be used.

A collection is searched while it is being made, too. A shard counts if all of it is there and its embeddings are those
of the images and of the model of now; a model, if it was made for the vocabulary of now.
"""

from collections.abc import Sequence

from assets.base.provenance import Record
from assets.base.storage import Storage
from assets.base.workspace import Workspace
from assets.search.errors import SearchError


class Shelf:
    """Published files that fit each other: what scorers read from.

    Attributes:
        shards: Keys of the shards that can be searched.
        left_out: How many others there are.
    """

    def __init__(self, workspace: Workspace, method: str | None) -> None:
        """Look at what is there.

        Args:
            workspace: The collection.
            method: The method whose image embeddings a shard needs, None for none.
        """
        self._workspace = workspace
        needed = ("photos", "image_status", *((f"image_embeddings_{method}",) if method else ()))
        keys = [str(key) for key in workspace.keys("shard")]
        self.shards = [key for key in keys if all(self._why_not(asset, key) == "" for asset in needed)]
        self.left_out = len(keys) - len(self.shards)

    @property
    def storage(self) -> Storage:
        """The storage."""
        return self._workspace.storage

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        """Recorded files of an asset, or of one of its partitions; of assets by shard, those that can be searched."""
        dimension = self._workspace.steps.dimension(asset)
        keys: Sequence[str | None] = self.shards if dimension == "shard" else self._workspace.keys(dimension)
        found = (self._workspace.ledger.get(asset, key) for key in keys if partition is None or key == partition)
        return [file.path for record in found if record is not None for file in record.files]

    def require(self, asset: str, partition: str | None = None) -> None:
        """Refuse what is not there, was not run, or does not fit.

        Raises:
            SearchError: Says which of them, and what would mend it.
        """
        if why := self._why_not(asset, partition):
            raise SearchError(f"{_name(asset, partition)} cannot be used: {why}")

    def _why_not(self, asset: str, partition: str | None) -> str:
        record = self._workspace.ledger.get(asset, partition)
        if record is None:
            return "it is not there yet; `locsens materialize` makes it"
        if record.status == "not_run":
            return f"it was not run, {record.reason}"
        other = self._made_of_others(record)
        if not other:
            return ""
        pinned = self._workspace.steps.maker(asset).pinned
        command = f"locsens materialize --refresh {_name(asset, partition)}" if pinned else "locsens materialize"
        return f"it was made with another {' and '.join(other)} than there is now; `{command}` makes one that fits"

    def _made_of_others(self, record: Record) -> list[str]:
        """What an output was made of and no longer fits: of a pinned one's inputs only some can break it."""
        step = self._workspace.steps.maker(record.asset)
        fits = {reads.asset for reads in step.reads if (reads.breaking if step.pinned else not reads.sliced)}
        found = set()
        for one in record.inputs:
            now = self._workspace.ledger.get(one.asset, one.partition) if one.asset in fits else None
            if now is not None and now.data_version != one.data_version:
                found.add(one.asset)
        return sorted(found)


def _name(asset: str, partition: str | None) -> str:
    return asset if partition is None else f"{asset}:{partition}"
