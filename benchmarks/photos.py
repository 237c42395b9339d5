"""Made-up photos with embeddings, hashtags and places, in which there is something to learn: no benchmark itself."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from models.members import LocSensPhotos
from models.tagged_photos import TaggedPhotos

WIDTH = 300
"""Width of the embeddings (paper, embeddings)."""
MOST_TAGS = 15
TAGS_OF_PHOTO = 4.25
"""Most, and on average, hashtags of a photo (paper, data)."""


@dataclass(frozen=True)
class MadeUp:
    """A collection.

    Attributes:
        photos: The photos.
        tags: Tag embeddings, float32 [V, WIDTH].
    """

    photos: LocSensPhotos
    tags: Tensor


def made_up(photos: int, vocabulary: int, seed: int = 0) -> MadeUp:
    """A collection in which images look like their hashtags, and hashtags have places.

    Args:
        photos: P.
        vocabulary: V; a hashtag is as likely as one over its rank.
        seed: Of all draws.
    """
    draw = np.random.default_rng(seed)
    rows, ids = tag_pairs(draw, photos, vocabulary)
    offsets = np.concatenate(([0], np.bincount(rows, minlength=photos).cumsum()))
    tags = torch.from_numpy(draw.standard_normal((vocabulary, WIDTH), np.float32))
    rows_of, ids_of = torch.from_numpy(rows), torch.from_numpy(ids)
    looks = torch.zeros(photos, WIDTH).index_add_(0, rows_of, normalize(tags)[ids_of])
    images = normalize(looks) + torch.from_numpy(draw.standard_normal((photos, WIDTH), np.float32)) / WIDTH**0.5
    homes = draw.uniform((-60, -180), (70, 180), (vocabulary, 2))
    places = homes[ids[offsets[:-1]]] + draw.normal(0, 5, (photos, 2))
    return MadeUp(
        LocSensPhotos(
            images.half(),
            TaggedPhotos(torch.from_numpy(offsets), ids_of, vocabulary),
            torch.from_numpy(np.clip(places, (-90, -180), (90, 180))),
        ),
        tags,
    )


def tag_pairs(draw: np.random.Generator, photos: int, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
    """Which photo carries which hashtag, each pair once, by photo: `photo` and `tag_id`, both int64 [T].

    Every photo has 1 to `MOST_TAGS` of them, `TAGS_OF_PHOTO` on average, or somewhat fewer where one came up twice.
    """
    counts = np.clip(draw.poisson(TAGS_OF_PHOTO - 1, photos) + 1, 1, MOST_TAGS)
    rows = np.repeat(np.arange(photos), counts)
    ids = np.minimum(np.exp(draw.random(len(rows)) * np.log(vocabulary)).astype(np.int64), vocabulary - 1)
    keys = rows * vocabulary + ids
    keys.sort()  # of a hundred million, numpy's `unique` takes minutes
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys // vocabulary, keys % vocabulary
