"""Triplets for ranking: anchors and their negatives, drawn in whole batches on the device.

A negative image never carries the anchor's hashtag and a negative hashtag is never on the anchor's photo,
exactly and without drawing again: `models.tagged_photos` knows the r-th photo *without* a hashtag.
"""

from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor

from models.randomness import generator_for
from models.tagged_photos import TaggedPhotos, sizes_of

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
        self.tagged = tagged
        """The photos, on the device that draws are made on."""
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

    def to(self, device: torch.device) -> None:
        """Moves what is drawn from."""
        self.tagged = self.tagged.to(device)
        self._pairs = self._pairs.to(device) if self._pairs else None

    def draw(self, anchors: int, step: int, stream: str = "triplets") -> Triplets:
        """A batch.

        Args:
            anchors: B.
            step: Step from 0.
            stream: Tells draws for different ends apart.
        """
        tagged, device = self.tagged, self.tagged.device
        generator = generator_for(self._seed, stream, step, device=device)

        def below(limits: Tensor) -> Tensor:
            # float64: float32 has too few bits to reach every one of millions of photos
            drawn = torch.rand(limits.shape, generator=generator, device=device, dtype=torch.float64)
            return (drawn * limits).long().minimum(limits - 1)

        if self._pairs is None:
            photos = below(torch.full((anchors,), len(tagged), device=device))
            tags = tagged.tag_ids[tagged.offsets[photos] + below(sizes_of(tagged.offsets, photos))]
        else:
            pairs = self._pairs
            rows = below(torch.full((anchors,), len(pairs.photos), device=device))
            photos = pairs.photos[rows]
            tags = pairs.tag_ids[pairs.offsets[rows] + below(sizes_of(pairs.offsets, rows))]
        own_photos = photos.unsqueeze(1).expand(-1, self._negatives)
        own_tags = tags.unsqueeze(1).expand(-1, self._negatives)
        others = tagged.photos_without(own_tags, below(len(tagged) - sizes_of(tagged.tag_offsets, own_tags)))
        if self._replaces == "image":
            return Triplets(photos, tags, others, own_tags, torch.ones_like(others, dtype=torch.bool), only_images=True)
        wrong = tagged.tags_not_on(own_photos, below(tagged.vocabulary - sizes_of(tagged.offsets, own_photos)))
        replaced = torch.rand(others.shape, generator=generator, device=device) < 0.5
        return Triplets(
            photos,
            tags,
            torch.where(replaced, others, own_photos),
            torch.where(replaced, own_tags, wrong),
            replaced,
        )
