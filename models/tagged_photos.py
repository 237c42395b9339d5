"""Photos and their hashtags as flat tensors, searched in both directions: who carries what, and who does not.

The r-th photo *without* a hashtag is found by binary search among those with it, exactly and without drawing again.
"""

import copy
from typing import Self

import torch
from torch import Tensor


class TaggedPhotos:
    """Which photo carries which hashtags, as flat tensors that are searched, not looped over.

    Photos are rows 0 to P - 1, hashtags ids 0 to V - 1. Takes 32 bytes for each (photo, hashtag) pair.
    """

    def __init__(self, offsets: Tensor, tag_ids: Tensor, vocabulary: int) -> None:
        """Builds both directions.

        Args:
            offsets: Where each photo's hashtags begin in `tag_ids`, and the end: int64 [P + 1].
            tag_ids: Hashtags of all photos, one photo after the other, each once per photo: int64 [T].
            vocabulary: V.

        Raises:
            ValueError: If a photo has no hashtag or one twice, or an id is outside the vocabulary.
        """
        counts = offsets.diff()
        if len(counts) == 0 or bool((counts < 1).any()):
            bad = "none" if len(counts) == 0 else f"row {int((counts < 1).nonzero()[0])} without any"
            raise ValueError(f"expected photos with at least one hashtag each, found {bad}")
        if len(tag_ids) != int(offsets[-1]) or int(tag_ids.min()) < 0 or int(tag_ids.max()) >= vocabulary:
            raise ValueError(
                f"expected {int(offsets[-1])} hashtag ids from 0 to {vocabulary - 1}, "
                f"found {len(tag_ids)} from {int(tag_ids.min())} to {int(tag_ids.max())}"
            )
        self.vocabulary = vocabulary
        self.offsets = offsets.long()
        rows = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
        keys = (rows * vocabulary + tag_ids.long()).sort().values
        if bool((keys.diff() == 0).any()):
            twice = int(keys[:-1][keys.diff() == 0][0]) // vocabulary
            raise ValueError(f"expected each hashtag once per photo, found one twice on row {twice}")
        self.keys = keys
        self.tag_ids = keys % vocabulary
        self.tag_offsets = _offsets(self.tag_ids, vocabulary)
        by_tag = (self.tag_ids * len(counts) + rows).sort().values
        self._photo_gaps = _gaps(by_tag, self.tag_offsets, len(counts))
        self._tag_gaps = _gaps(keys, self.offsets, vocabulary)

    @classmethod
    def from_lists(cls, photos: list[list[int]], vocabulary: int) -> Self:
        """From one list of hashtag ids for each photo."""
        counts = torch.tensor([0, *map(len, photos)])
        return cls(counts.cumsum(0), torch.tensor([tag for tags in photos for tag in tags]), vocabulary)

    def to(self, device: torch.device) -> Self:
        """The same on a device; what is there already is shared, not copied."""
        moved = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(moved, name, value.to(device))
        return moved

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.offsets.device

    @property
    def tags_per_photo(self) -> Tensor:
        """Hashtags of each photo, int64 [P]."""
        return self.offsets.diff()

    @property
    def photos_per_tag(self) -> Tensor:
        """Photos with each hashtag, int64 [V]."""
        return self.tag_offsets.diff()

    def carries(self, photos: Tensor, tags: Tensor) -> Tensor:
        """Whether each photo carries the hashtag beside it: bool, of the arguments' shape."""
        wanted = photos * self.vocabulary + tags
        at = torch.searchsorted(self.keys, wanted).clamp_(max=len(self.keys) - 1)
        return self.keys[at] == wanted

    def photos_without(self, tags: Tensor, ranks: Tensor) -> Tensor:
        """The photo of each rank among those that do not carry the hashtag beside it.

        Args:
            tags: Hashtags, int64.
            ranks: 0 to (P - photos with the hashtag) - 1, int64, same shape.
        """
        found = torch.searchsorted(self._photo_gaps, tags * len(self) + ranks, right=True)
        return ranks + found - self.tag_offsets[tags]

    def tags_not_on(self, photos: Tensor, ranks: Tensor) -> Tensor:
        """The hashtag of each rank among those that are not on the photo beside it.

        Args:
            photos: Photos, int64.
            ranks: 0 to (V - hashtags of the photo) - 1, int64, same shape.
        """
        found = torch.searchsorted(self._tag_gaps, photos * self.vocabulary + ranks, right=True)
        return ranks + found - self.offsets[photos]


def _offsets(sorted_or_not: Tensor, groups: int) -> Tensor:
    counts = torch.bincount(sorted_or_not, minlength=groups)
    return torch.cat((counts.new_zeros(1), counts.cumsum(0)))


def sizes_of(offsets: Tensor, groups: Tensor) -> Tensor:
    """Sizes of some groups, by where each group begins. Those of all 25 million photos would be most of a draw."""
    return offsets[groups + 1] - offsets[groups]


def _gaps(keys: Tensor, offsets: Tensor, width: int) -> Tensor:
    # Within a group of sorted members m_0 < m_1 < ..., m_j - j counts the non-members below m_j. Packed with
    # the group this never falls, so one binary search over all groups finds how many members precede a rank.
    position = torch.arange(len(keys), device=keys.device)
    return keys - (position - offsets[keys // width])
