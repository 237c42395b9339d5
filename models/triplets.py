"""Triplets for ranking: anchors and their negatives, drawn in whole batches on the device.

A negative image never carries the anchor's hashtag and a negative hashtag is never on the anchor's photo,
exactly and without drawing again: the r-th photo *without* a hashtag is found by binary search among those
with it.
"""

from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

from models.randomness import generator_for

_SHOWN = 5


class NoAnchorError(ValueError):
    """No photo and hashtag have a negative."""


@dataclass(frozen=True)
class Triplets:
    """A batch of B anchors with M negatives each; the tensors are int64 but for `image_replaced`.

    Attributes:
        photos: The anchors' photos, [B].
        tags: One hashtag of each, [B].
        negative_photos: [B, M]; the anchor's own where the hashtag is replaced.
        negative_tags: [B, M]; the anchor's own where the image is replaced.
        image_replaced: bool [B, M].
        only_images: Whether the image is replaced in all; known without looking, which would wait for the device.
    """

    photos: Tensor
    tags: Tensor
    negative_photos: Tensor
    negative_tags: Tensor
    image_replaced: Tensor
    only_images: bool = False

    def part(self, anchors: slice) -> "Triplets":
        """Some of the anchors with their negatives."""
        return Triplets(
            self.photos[anchors],
            self.tags[anchors],
            self.negative_photos[anchors],
            self.negative_tags[anchors],
            self.image_replaced[anchors],
            self.only_images,
        )


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

    def to(self, device: torch.device) -> None:
        """Moves all tensors."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))

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


def _sizes(offsets: Tensor, groups: Tensor) -> Tensor:
    # Of these groups alone: to take the sizes of 25 million photos would be most of a draw.
    return offsets[groups + 1] - offsets[groups]


def _gaps(keys: Tensor, offsets: Tensor, width: int) -> Tensor:
    # Within a group of sorted members m_0 < m_1 < ..., m_j - j counts the non-members below m_j. Packed with
    # the group this never falls, so one binary search over all groups finds how many members precede a rank.
    position = torch.arange(len(keys), device=keys.device)
    return keys - (position - offsets[keys // width])


@dataclass(frozen=True)
class _Pairs:
    """Some photos and some of their hashtags: `tag_ids` of `photos[i]` lie from `offsets[i]`."""

    photos: Tensor
    offsets: Tensor
    tag_ids: Tensor

    @classmethod
    def of(cls, tagged: TaggedPhotos, usable: Tensor) -> Self:
        rows = tagged.keys[usable] // tagged.vocabulary
        photos, counts = torch.unique_consecutive(rows, return_counts=True)
        offsets = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
        return cls(photos, offsets, tagged.tag_ids[usable])

    def to(self, device: torch.device) -> Self:
        return type(self)(self.photos.to(device), self.offsets.to(device), self.tag_ids.to(device))


class TripletSampler:
    """Draws triplets of a step: a pure function of (seed, step) on one kind of device."""

    def __init__(
        self, tagged: TaggedPhotos, negatives: int, replaces: Literal["image", "image_or_tag"], seed: int
    ) -> None:
        """Finds the anchors that have negatives.

        Args:
            tagged: The photos to draw from.
            negatives: Negatives of each anchor, M.
            replaces: What a negative replaces; `image_or_tag`: either, with equal chance.
            seed: The training's seed.

        Raises:
            NoAnchorError: If no anchor has a negative.
        """
        self._tagged = tagged
        self._negatives = negatives
        self._replaces = replaces
        self._seed = seed
        self.left_out: list[str] = []
        """What cannot be an anchor, for want of negatives: sentences."""
        everywhere = tagged.photos_per_tag == len(tagged)
        full = tagged.tags_per_photo == tagged.vocabulary
        usable = ~everywhere[tagged.tag_ids]
        if bool(everywhere.any()):
            ids = everywhere.nonzero().flatten()
            self.left_out.append(
                f"{len(ids)} hashtags (ids {ids[:_SHOWN].tolist()}) are on all {len(tagged)} photos: "
                "they have no negative image and are no anchors"
            )
        if replaces == "image_or_tag" and bool(full.any()):
            rows = full.nonzero().flatten()
            usable &= ~torch.repeat_interleave(full, tagged.tags_per_photo)
            self.left_out.append(
                f"{len(rows)} photos (rows {rows[:_SHOWN].tolist()}) carry all {tagged.vocabulary} hashtags: "
                "they have no negative hashtag and are no anchors"
            )
        if not bool(usable.any()):
            raise NoAnchorError(f"no anchor has a negative: {'; '.join(self.left_out)}")
        # Only where something is left out: pairs that can be anchors, as photos and their hashtags.
        self._pairs = _Pairs.of(tagged, usable) if self.left_out else None

    def draw(self, anchors: int, step: int, stream: str = "triplets") -> Triplets:
        """A batch.

        Args:
            anchors: B.
            step: Step from 0.
            stream: Tells draws for different ends apart.
        """
        tagged, device = self._tagged, self._tagged.device
        generator = generator_for(self._seed, stream, step, device=device)

        def below(limits: Tensor) -> Tensor:
            # float64: float32 has too few bits to reach every one of millions of photos
            drawn = torch.rand(limits.shape, generator=generator, device=device, dtype=torch.float64)
            return (drawn * limits).long().minimum(limits - 1)

        if self._pairs is not None and self._pairs.photos.device != device:
            self._pairs = self._pairs.to(device)
        if self._pairs is None:
            photos = below(torch.full((anchors,), len(tagged), device=device))
            tags = tagged.tag_ids[tagged.offsets[photos] + below(_sizes(tagged.offsets, photos))]
        else:
            pairs = self._pairs
            rows = below(torch.full((anchors,), len(pairs.photos), device=device))
            photos = pairs.photos[rows]
            tags = pairs.tag_ids[pairs.offsets[rows] + below(_sizes(pairs.offsets, rows))]
        own_photos = photos.unsqueeze(1).expand(-1, self._negatives)
        own_tags = tags.unsqueeze(1).expand(-1, self._negatives)
        others = tagged.photos_without(own_tags, below(len(tagged) - _sizes(tagged.tag_offsets, own_tags)))
        if self._replaces == "image":
            return Triplets(photos, tags, others, own_tags, torch.ones_like(others, dtype=torch.bool), only_images=True)
        wrong = tagged.tags_not_on(own_photos, below(tagged.vocabulary - _sizes(tagged.offsets, own_photos)))
        replaced = torch.rand(others.shape, generator=generator, device=device) < 0.5
        return Triplets(
            photos,
            tags,
            torch.where(replaced, others, own_photos),
            torch.where(replaced, own_tags, wrong),
            replaced,
        )
