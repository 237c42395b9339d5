"""Photos that embedding models learn from: their pixels, their tags, and the order in which they come.

Where pixels are stored and how they are decoded is the stage's business; here they are a `PixelStore`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from models.randomness import generator_for

# Keep the draws of the parts' order and of the order within a window apart.
_PARTS, _WITHIN = "order of parts", "order within parts"


class PixelStore(Protocol):
    """Decoded images by position."""

    def __len__(self) -> int:
        """Number of images."""

    def take(self, positions: Tensor) -> Tensor:
        """Images uint8 [B, 3, S, S] at int64 positions [B], in that order."""


class MemoryPixels:
    """All images decoded, in memory.

    Args:
        pixels: Images uint8 [N, 3, S, S].
    """

    def __init__(self, pixels: Tensor) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def take(self, positions: Tensor) -> Tensor:
        """Images uint8 [B, 3, S, S] at int64 positions [B], in that order."""
        return self._pixels[positions]


@dataclass(frozen=True)
class PhotoTags:
    """The tags of N photos, one list after the other.

    Attributes:
        offsets: Where each photo's tags begin, int64 [N + 1], the last entry is the end.
        values: Tag ids, int64 [P].
    """

    offsets: Tensor
    values: Tensor

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def counts(self) -> Tensor:
        """Number of tags of each photo, int64 [N]."""
        return self.offsets.diff()

    def draw(self, positions: Tensor, uniform: Tensor) -> Tensor:
        """One tag of each of B photos.

        Args:
            positions: Photos, int64 [B]; each has a tag.
            uniform: Draws in [0, 1), float64 [B].

        Returns:
            Tag ids, int64 [B].
        """
        counts = self.counts()[positions]
        return self.values[self.offsets[positions] + (uniform * counts).long()]

    def pairs(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """All tags of B photos.

        Returns:
            `rows` (0 to B - 1, ascending) and `tags`, both int64, one entry for each tag on each photo.
        """
        starts = self.offsets[positions]
        counts = self.offsets[positions + 1] - starts
        rows = torch.repeat_interleave(torch.arange(len(positions)), counts)
        before = counts.cumsum(0) - counts
        within = torch.arange(len(rows)) - before[rows]
        return rows, self.values[starts[rows] + within]

    def only(self, kept: Tensor) -> "PhotoTags":
        """The same photos with only the tags for which `kept`, bool [V], is true."""
        chosen = kept[self.values]
        before = torch.cat([torch.zeros(1, dtype=torch.int64), chosen.cumsum(0)])
        return PhotoTags(before[self.offsets], self.values[chosen])

    def select(self, positions: Tensor) -> "PhotoTags":
        """The tags of some photos, in the order of `positions`."""
        counts = self.counts()[positions]
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])
        return PhotoTags(offsets, self.pairs(positions)[1])


@dataclass(frozen=True)
class PhotoSet:
    """Photos with an image.

    Attributes:
        pixels: Their images.
        tags: Their tags, in the same order.
        parts: Photos in each part of the stored images, in order; they add up to the number of photos.
    """

    pixels: PixelStore
    tags: PhotoTags
    parts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not len(self.pixels) == len(self.tags) == sum(self.parts):
            raise ValueError(
                f"expected as many images as photos with tags and as the parts hold, "
                f"found {len(self.pixels)} images, {len(self.tags)} photos and {sum(self.parts)} in parts"
            )

    def __len__(self) -> int:
        return len(self.tags)


class EpochOrder:
    """Every photo once per epoch, in an order that any step can be asked for.

    Parts are shuffled, then photos among `window` parts at a time: a collection that does not fit into
    memory is read part by part, and one that does is learnt in the very same order.

    Args:
        parts: Photos in each part.
        window: Parts that are shuffled together.
        seed: Seed of the training.
    """

    def __init__(self, parts: Sequence[int], window: int, seed: int) -> None:
        self._sizes = torch.tensor(parts, dtype=torch.int64)
        self._starts = self._sizes.cumsum(0) - self._sizes
        self._total = int(self._sizes.sum())
        if self._total == 0:
            raise ValueError("there is no photo to learn from")
        self._window = window
        self._seed = seed
        # An epoch's parts and the windows that a batch may touch: a resumed training computes them anew.
        self._epoch = lru_cache(maxsize=2)(self._epoch_windows)
        self._positions = lru_cache(maxsize=3)(self._window_positions)

    def positions(self, step: int, batch_size: int) -> Tensor:
        """Positions of a step's photos, int64 [batch_size]; a batch may reach into the next epoch."""
        found: list[Tensor] = []
        position, missing = step * batch_size, batch_size
        while missing:
            epoch, within = divmod(position, self._total)
            _, ends = self._epoch(epoch)
            window = int(torch.searchsorted(ends, within, right=True))
            start = int(ends[window - 1]) if window else 0
            piece = self._positions(epoch, window)[within - start :][:missing]
            found.append(piece)
            position += len(piece)
            missing -= len(piece)
        return torch.cat(found)

    def _epoch_windows(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Order of the parts in an epoch, and the number of photos up to the end of each window."""
        order = torch.randperm(len(self._sizes), generator=generator_for(self._seed, _PARTS, epoch))
        upto = self._sizes[order].cumsum(0)
        lasts = torch.arange(self._window - 1, len(order) + self._window - 1, self._window)
        return order, upto[lasts.clamp(max=len(order) - 1)]

    def _window_positions(self, epoch: int, window: int) -> Tensor:
        order, _ = self._epoch(epoch)
        parts = order[window * self._window : (window + 1) * self._window]
        inside = torch.cat([torch.arange(int(self._sizes[part])) + self._starts[part] for part in parts.tolist()])
        shuffled = torch.randperm(len(inside), generator=generator_for(self._seed, _WITHIN, epoch, window))
        return inside[shuffled]
