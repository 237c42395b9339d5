"""Crops and mirroring of training images, for a whole batch at once on the device that trains.

What is drawn is a function of the generator alone, which is seeded by (seed, step): the n-th
image of a batch gets the n-th draw, wherever and in whatever order images were loaded.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Crops:
    """Where each image of a batch is cut, and whether it is mirrored.

    Attributes:
        top: First row kept, int64 [B].
        left: First column kept, int64 [B].
        mirrored: Whether left and right change places, bool [B].
    """

    top: Tensor
    left: Tensor
    mirrored: Tensor

    def part(self, start: int, stop: int) -> "Crops":
        """The draws of images `start` to `stop`, for a process that trains a part of the batch."""
        return Crops(self.top[start:stop], self.left[start:stop], self.mirrored[start:stop])


def draw_crops(count: int, side: int, crop: int, mirror: float, generator: torch.Generator) -> Crops:
    """Draw random crops (paper section "Embeddings": random crops, mirror).

    Args:
        count: Images in the batch.
        side: Side of the square images in pixels.
        crop: Side of the square crops in pixels, at most `side`.
        mirror: Probability of mirroring an image.
        generator: Source of the draws.

    Returns:
        Crops, every position equally likely.

    Raises:
        ValueError: The crop is larger than the image.
    """
    _check(side, crop)
    positions = side - crop + 1
    top, left = torch.randint(positions, (2, count), generator=generator, device=generator.device)
    mirrored = torch.rand(count, generator=generator, device=generator.device) < mirror
    return Crops(top, left, mirrored)


def cut(images: Tensor, crops: Crops, crop: int) -> Tensor:
    """Cut and mirror images.

    Args:
        images: Images [B, C, S, S], any type.
        crops: Where to cut.
        crop: Side of the crops in pixels.

    Returns:
        Crops [B, C, crop, crop] of the images' type.
    """
    device = images.device
    windows = images.unfold(2, crop, 1).unfold(3, crop, 1)
    rows = torch.arange(len(images), device=device)
    cropped = windows[rows, :, crops.top.to(device), crops.left.to(device)]
    return torch.where(crops.mirrored.to(device).view(-1, 1, 1, 1), cropped.flip(3), cropped)


def cut_centre(images: Tensor, crop: int) -> Tensor:
    """Cut the middle of images, as validation and extraction do.

    Args:
        images: Images [B, C, S, S].
        crop: Side of the crops in pixels.

    Returns:
        Crops [B, C, crop, crop], a view.

    Raises:
        ValueError: The crop is larger than the image.
    """
    side = images.shape[-1]
    _check(side, crop)
    start = (side - crop) // 2
    return images[..., start : start + crop, start : start + crop]


def _check(side: int, crop: int) -> None:
    if not 0 < crop <= side:
        raise ValueError(f"a crop of {crop} px cannot be cut from images of {side} px")
