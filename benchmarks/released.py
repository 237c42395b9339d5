"""The released training step and ranking, written anew from what they are known to do: what ours are measured against.

Nothing of the released code is used, which has no licence. What is re-created is its way: a dataset that makes one
triplet at a time in Python, a forward for the anchor and one for each of its negatives, float32, torch's own layers.
"""

import random
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.utils.data import DataLoader, Dataset

from benchmarks.photos import MadeUp

MARGIN = 0.1
GROUPS = 32
HIDDEN = (2048, 2048, 2048, 1024, 512)

Item = tuple[Tensor, Tensor, Tensor, Tensor]


class ReleasedDataset(Dataset[Item]):
    """An anchor and its negatives for each photo: image [D], hashtag [D], place [2], other images [M, D]."""

    def __init__(self, made_up: MadeUp, negatives: int) -> None:
        """Photos of a collection, with `negatives` images each that do not carry the hashtag."""
        photos = made_up.photos
        offsets, ids = photos.tagged.offsets.tolist(), photos.tagged.tag_ids.tolist()
        self.tags_of = [ids[start:stop] for start, stop in pairwise(offsets)]
        self.images = normalize(photos.images.float()).numpy()
        self.tags = normalize(made_up.tags).numpy()
        self.places = (photos.places.numpy() / (180, 360) + 0.5).astype(np.float32)
        self.negatives = negatives

    def __len__(self) -> int:
        return len(self.images)

    def draw(self, photo: int) -> tuple[int, list[int]]:
        """One of a photo's hashtags, and photos without it, drawn until there are enough."""
        tag = random.choice(self.tags_of[photo])
        others: list[int] = []
        while len(others) < self.negatives:
            other = random.randrange(len(self.images))
            if tag not in self.tags_of[other]:
                others.append(other)
        return tag, others

    def __getitem__(self, photo: int) -> Item:
        tag, others = self.draw(photo)
        return (
            torch.from_numpy(self.images[photo]),
            torch.from_numpy(self.tags[tag]),
            torch.from_numpy(self.places[photo]),
            torch.from_numpy(self.images[others]),
        )


class ReleasedLocSens(nn.Module):
    """The network layer by layer, in the order of ours, so that parameters can be copied one by one."""

    def __init__(self, width: int, hidden: tuple[int, ...] = HIDDEN, groups: int = GROUPS) -> None:
        """Inputs and branches `width` wide, then the fused layers `hidden`."""
        super().__init__()
        self.image = nn.Linear(width, width)
        self.tag = nn.Linear(width, width)
        self.place = nn.Linear(2, width)
        self.linears = nn.ModuleList(
            nn.Linear(before, after) for before, after in zip((3 * width, *hidden), hidden, strict=False)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(groups, after) for after in hidden)
        self.score = nn.Linear(hidden[-1], 1)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor, tags: Tensor, places: Tensor) -> Tensor:
        """Scores [N] of normalised embeddings [N, D] twice and normalised coordinates [N, 2]."""
        branches = ((self.image, images), (self.tag, tags), (self.place, places))
        hidden = torch.cat([normalize(torch.relu(layer(inputs))) for layer, inputs in branches], dim=1)
        for linear, norm in zip(self.linears, self.norms, strict=True):
            hidden = torch.relu(norm(linear(hidden)))
        scores: Tensor = self.score(hidden).squeeze(1)
        return scores


class ReleasedTraining:
    """The training, step by step, on a device."""

    def __init__(
        self,
        network: ReleasedLocSens,
        dataset: ReleasedDataset,
        batch_size: int,
        device: torch.device,
        *,
        workers: int,
        together: bool = False,
    ) -> None:
        """Sets up optimiser and loader.

        Args:
            network: What is trained.
            dataset: Where triplets come from.
            batch_size: Anchors of a step.
            device: Where to.
            workers: Processes that make triplets.
            together: One forward in bf16 for the anchor and all negatives, instead of one in float32 for each.
        """
        self.network = network.to(device)
        self._device = device
        self._together = together
        self._loss = nn.MarginRankingLoss(margin=MARGIN)
        self._optimiser = torch.optim.SGD(self.network.parameters(), 0.005, momentum=0.9, weight_decay=1e-4)
        self._loader = DataLoader(
            dataset, batch_size, shuffle=True, drop_last=True, num_workers=workers, pin_memory=device.type == "cuda"
        )

    def batches(self) -> Iterator[Item]:
        """Batches of one pass over the photos, on the device."""
        for batch in self._loader:
            yield tuple(part.to(self._device, non_blocking=True) for part in batch)

    def loss(self, batch: Item) -> Tensor:
        """The margin ranking loss, averaged over the negatives."""
        images, tags, places, others = batch
        if self._together:
            positive, *negatives = self._scores_together(images, tags, places, others)
        else:
            positive = self.network(images, tags, places)
            negatives = [self.network(others[:, which], tags, places) for which in range(others.shape[1])]
        higher = torch.ones_like(positive)
        return torch.stack([self._loss(positive, negative, higher) for negative in negatives]).mean()

    def step(self, batch: Item) -> None:
        """One step."""
        self._optimiser.zero_grad()
        loss = self.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()

    def _scores_together(self, images: Tensor, tags: Tensor, places: Tensor, others: Tensor) -> tuple[Tensor, ...]:
        members = 1 + others.shape[1]
        all_images = torch.cat([images, *others.unbind(1)])
        with torch.autocast(self._device.type, torch.bfloat16):
            scores = self.network(all_images, tags.repeat(members, 1), places.repeat(members, 1))
        return tuple(torch.chunk(scores.float(), members))


@torch.inference_mode()
def released_ranking(network: ReleasedLocSens, images: Tensor, tags: Tensor, place: Tensor, k: int) -> Tensor:
    """The best hashtags for one image, or images for one hashtag: all of them in one float32 forward.

    Args:
        network: The network.
        images: Normalised embeddings, [N, D] or [1, D].
        tags: Normalised embeddings, [1, D] or [N, D].
        place: Normalised coordinates, [1, 2].
        k: Depth.

    Returns:
        Positions, int64 [k].
    """
    count = max(len(images), len(tags))
    scores: Tensor = network(*(inputs.expand(count, -1) for inputs in (images, tags, place)))
    return scores.topk(k).indices
