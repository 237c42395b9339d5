"""What MCC, MLC and HER learn from a batch, and how they are judged on validation photos.

The loop is `models.training`, the losses are in `models.embedding_losses`, the photos in `models.photo_sets`.
By default the weights published are those after the last step: each method has a fixed budget, and
validation is for watching.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from models.augment import Crops, cut, cut_centre, draw_crops
from models.embedding import EmbeddingModel
from models.embedding_config import VALIDATION_METRICS, AnyEmbeddingConfig
from models.embedding_losses import (
    cosine_loss,
    every_tag_cross_entropy,
    one_tag_cross_entropy,
    sigmoid_cross_entropy,
    tag_sum,
)
from models.photo_sets import EpochOrder, PhotoSet
from models.randomness import generator_for
from models.share import WHOLE, Share
from models.training import TrainingTask

# Keep the draws of crops and of tags apart.
_CROPS, _TAGS = "embedding crops", "embedding tags"
_VALIDATION_BATCH = 256


@dataclass(frozen=True)
class WordTargets:
    """What HER regresses to.

    Attributes:
        vectors: Word vectors float32 [V, W]; zero for a tag without one.
        known: Whether a tag has one, bool [V].
    """

    vectors: Tensor
    known: Tensor


class EmbeddingTask(TrainingTask):
    """Training of one embedding model.

    Args:
        model: The network, which is trained in place.
        config: Its configuration.
        train: Training photos, each with at least one tag; for HER with one that has a word vector.
        validation: Validation photos, under the same condition; may be empty, then there are no metrics.
        words: Word vectors; HER alone has them.

    Raises:
        ValueError: A photo without a usable tag, or HER without word vectors.
    """

    def __init__(
        self,
        model: EmbeddingModel,
        config: AnyEmbeddingConfig,
        train: PhotoSet,
        validation: PhotoSet,
        words: WordTargets | None = None,
    ) -> None:
        self.module = model
        self._model = model
        self._config = config
        self._train = train
        self._validation = validation
        self._words = words
        if config.method == "her" and words is None:
            raise ValueError("HER regresses to word vectors; none were given")
        for name, photos in (("training", train), ("validation", validation)):
            bare = int((photos.tags.counts() == 0).sum())
            if bare:
                raise ValueError(f"{bare} of {len(photos)} {name} photos have no tag to learn from")
        self._seed = config.optimisation.seed
        self._order = EpochOrder(train.parts, config.shuffle_parts, self._seed)
        if config.method == "mlc" and config.prior_bias and model.architecture.tags:
            model.start_at_prior(len(train.tags.values) / (len(train) * model.architecture.tags))

    def to(self, device: torch.device) -> None:
        """Move the word vectors to where the model is trained."""
        if self._words is not None:
            self._words = WordTargets(self._words.vectors.to(device), self._words.known.to(device))

    def batch(self, step: int, share: Share = WHOLE) -> dict[str, Tensor]:
        """Images and tags of a step, with what was drawn for it, as CPU tensors."""
        size = self._config.optimisation.batch_size
        mine = share.within(size)
        positions = self._order.positions(step, size)[mine]
        crops = draw_crops(
            size,
            self._config.image_side,
            self._config.crop,
            self._config.mirror,
            generator_for(self._seed, _CROPS, step),
        ).part(mine.start, mine.stop)
        batch = {
            "images": self._train.pixels.take(positions),
            "top": crops.top,
            "left": crops.left,
            "mirrored": crops.mirrored,
        }
        if self._config.method == "mcc" and self._config.targets == "one":
            uniform = torch.rand(size, generator=generator_for(self._seed, _TAGS, step), dtype=torch.float64)
            batch["drawn"] = self._train.tags.draw(positions, uniform[mine])
        else:
            batch["rows"], batch["tags"] = self._train.tags.pairs(positions)
        return batch

    def loss(self, batch: Any, step: int, share: Share = WHOLE) -> Tensor:
        """The method's loss; everything random was drawn with the batch."""
        del step, share
        crops = Crops(batch["top"], batch["left"], batch["mirrored"])
        embeddings = self._model(cut(batch["images"], crops, self._config.crop))
        if self._words is not None:
            targets = tag_sum(self._words.vectors, batch["rows"], batch["tags"], len(embeddings))
            return cosine_loss(embeddings, targets)
        scores = self._model.class_scores(embeddings)
        if self._config.method == "mlc":
            return sigmoid_cross_entropy(scores, batch["rows"], batch["tags"])
        if "drawn" in batch:
            return one_tag_cross_entropy(scores, batch["drawn"])
        return every_tag_cross_entropy(scores, batch["rows"], batch["tags"])

    def validate(self) -> dict[str, float]:
        """Share of validation photos with a true tag first, and among the first ten, in percent."""
        if not len(self._validation):
            return {}
        hits = torch.zeros(2)
        for positions in torch.split(torch.arange(len(self._validation)), _VALIDATION_BATCH):
            first, first_ten = self._hits(positions)
            hits += torch.stack([first, first_ten])
        return dict(zip(VALIDATION_METRICS, (100 * hits / len(self._validation)).tolist(), strict=True))

    def _hits(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        device = self._model.mean.device
        images = cut_centre(self._validation.pixels.take(positions).to(device), self._config.crop)
        scores = self._tag_scores(self._model(images)).float()
        ranked = scores.topk(min(10, scores.shape[1]), dim=1).indices
        rows, tags = self._validation.tags.pairs(positions)
        true = torch.zeros(scores.shape, dtype=torch.bool, device=device)
        true[rows.to(device), tags.to(device)] = True
        right = true.gather(1, ranked)
        return right[:, 0].sum().cpu().float(), right.any(dim=1).sum().cpu().float()

    def _tag_scores(self, embeddings: Tensor) -> Tensor:
        if self._words is None:
            return self._model.class_scores(embeddings)
        cosines = functional.normalize(embeddings.float(), dim=1) @ functional.normalize(self._words.vectors, dim=1).T
        return cosines.masked_fill(~self._words.known, -torch.inf)
