"""How hashtags are ranked for a photo and a place: by frequency, by class score or cosine, by LocSens.

Which model key is which, and where its vectors and weights are read from, is in `scorers`.
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Floats, Ids
from assets.evaluation.vectors import TagVectors, normalised, query_places
from models.locsens import LocSens
from models.ranking import parts, rank_by_dot, rank_locsens_tags
from models.topk import Ranking


class TaggingRanking(NamedTuple):
    """The best hashtags of each photo, best first.

    Attributes:
        scores: float32 [B, k]; higher is better.
        tag_ids: int32 [B, k].
    """

    scores: npt.NDArray[np.float32]
    tag_ids: npt.NDArray[np.int32]


class TaggingScorer(Protocol):
    """Ranks the vocabulary for the test photos that it was loaded for."""

    uses_place: bool
    """Whether `rank` needs places; scorers that do not use them ignore them."""

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank hashtags for photos.

        Args:
            index: int64 [B], positions in the test photos.
            places: float64 [B, 2], where each photo is taken to be: its own place or another.
            k: Depth; with fewer hashtags the ranking is as deep as there are hashtags.

        Raises:
            ValueError: Places are missing that the model needs.
        """

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank hashtags for images that are no photos of the collection.

        Args:
            images: float [B, D], their embeddings as the model's method gives them, not normalised.
            places: As `rank` takes them.
            k: As `rank` takes it.

        Raises:
            ValueError: Places are missing that the model needs.
        """


class FrequencyTagging:
    """The same for every photo: the most frequent hashtags."""

    uses_place = False

    def __init__(self, tag_ids: npt.NDArray[np.int32], photos: npt.NDArray[np.float32]) -> None:
        order = np.lexsort((tag_ids, -photos))
        self._tag_ids, self._photos = tag_ids[order], photos[order]

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; scores are numbers of photos."""
        del places
        return self._same_for(len(index), k)

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; the images are not looked at."""
        del places
        return self._same_for(len(images), k)

    def _same_for(self, photos: int, k: int) -> TaggingRanking:
        return TaggingRanking(np.tile(self._photos[:k], (photos, 1)), np.tile(self._tag_ids[:k], (photos, 1)))


class DotTagging:
    """Ranks hashtags by class score, or by cosine."""

    uses_place = False

    def __init__(self, images: Tensor, tags: TagVectors, config: EvaluationConfig, *, cosine: bool) -> None:
        self._cosine, self._config = cosine, config
        self._images = self._as_ranked(images)
        self._tags = tags.without_bias().normalised() if cosine else tags

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        del places
        return self._rank(self._images[torch.from_numpy(index).to(self._images.device)], k)

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        del places
        return self._rank(self._as_ranked(images), k)

    def _as_ranked(self, images: Tensor) -> Tensor:
        return normalised(images) if self._cosine else images

    def _rank(self, images: Tensor, k: int) -> TaggingRanking:
        ranking = rank_by_dot(
            images,
            self._tags.vectors,
            k,
            self._tags.bias,
            query_block=self._config.query_block,
            candidate_block=self._config.candidate_block,
        )
        return _tagging(ranking, self._tags)


class LocSensTagging:
    """Ranks hashtags by LocSens, with the photo's place or a zeroed location."""

    def __init__(
        self,
        network: LocSens,
        images: Tensor,
        tags: TagVectors,
        config: EvaluationConfig,
        *,
        uses_place: bool,
    ) -> None:
        self.uses_place = uses_place
        self._network, self._images, self._tags, self._config = network, images, tags, config
        self._tag_parts = parts(network.tag_part, tags.vectors)

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        return self.rank_images(self._images[torch.from_numpy(index).to(self._images.device)], places, k)

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        ranking = rank_locsens_tags(
            self._network,
            images,
            query_places(places, len(images), images.device, used=self.uses_place),
            self._tag_parts,
            k,
            pair_block=self._config.pair_block,
            certain=self._config.k,
        )
        return _tagging(ranking, self._tags)


def _tagging(ranking: Ranking, tags: TagVectors) -> TaggingRanking:
    return TaggingRanking(ranking.scores.cpu().numpy(), tags.tag_ids[ranking.positions.cpu().numpy()])
