"""How each model key ranks: images for a hashtag (and a place), hashtags for a photo (and a place).

One scorer per key, loaded from published embeddings and weights for a fixed set of test photos, so that rankings, galleries
and searches use the same. Which queries are ranked, and what becomes of the rankings, is in `rankings`.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assets.evaluation.candidates import Floats, Ids, Published, TestPhotos
from assets.evaluation.config import EvaluationConfig
from assets.evaluation.vectors import (
    TagVectors,
    frequency_of_tags,
    image_vectors,
    locsens_network,
    normalised,
    tag_vectors,
)
from models.geography import distance_km
from models.ranking import (
    FactoredModel,
    Ranking,
    parts,
    rank_by_dot,
    rank_locsens_images,
    rank_locsens_tags,
)


class RetrievalRanking(NamedTuple):
    """The best photos of each query, best first.

    Attributes:
        scores: float32 [Q, k]; higher is better.
        index: int64 [Q, k], positions in the test photos; -1 (at the end) where there are fewer than k.
    """

    scores: npt.NDArray[np.float32]
    index: Ids


class TaggingRanking(NamedTuple):
    """The best hashtags of each photo, best first.

    Attributes:
        scores: float32 [B, k]; higher is better.
        tag_ids: int32 [B, k].
    """

    scores: npt.NDArray[np.float32]
    tag_ids: npt.NDArray[np.int32]


class RetrievalScorer(Protocol):
    """Ranks the test photos that it was loaded for."""

    uses_place: bool
    """Whether `rank` needs places; scorers that do not use them ignore them."""

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank photos for queries.

        Args:
            tag_ids: int64 [Q], the hashtags asked for.
            places: float64 [Q, 2], latitude and longitude in degrees; None for queries without a place.
            k: Depth; with fewer photos the ranking is as deep as there are photos.

        Raises:
            ValueError: A hashtag is unknown to the model, or places are missing that it needs.
        """


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


LOCSENS_VARIANTS: dict[str, tuple[str, str]] = {
    "locsens_zeroed": ("retrieval_zeroed", "weights.safetensors"),
    "locsens_raw": ("retrieval_raw", "weights.safetensors"),
    "locsens_dropout": ("retrieval_dropout", "weights.safetensors"),
    **{
        f"locsens_sampling_{sigma}": ("retrieval_sampling", f"weights_sigma_{sigma}.safetensors")
        for sigma in ("1", "0.1", "0.05", "0.01", "0")
    },
}
"""Retrieval keys of LocSens: variant trained, and file of its weights."""

LOCSENS_TAGGING_VARIANTS: dict[str, tuple[str, str]] = {
    "locsens_zeroed": ("tagging_zeroed", "weights.safetensors"),
    "locsens_raw": ("tagging_raw", "weights.safetensors"),
}
"""Tagging keys of LocSens: variant trained, and file of its weights."""

PLACELESS = ("upper_bound", "mcc", "mlc", "her", "locsens_zeroed")
"""Retrieval keys that rank queries without a place."""


def load_retrieval_scorer(
    key: str, published: Published, photos: TestPhotos, config: EvaluationConfig, device: torch.device
) -> RetrievalScorer:
    """Load what ranks photos under a model key.

    Args:
        key: One of `assets.base.keys.RETRIEVAL_MODELS`.
        published: Where embeddings and weights are read from.
        photos: The candidates. Their places are seen by `upper_bound` alone.
        config: Block sizes.
        device: Where scores are computed.

    Raises:
        ValueError: Unknown key, or a candidate without an embedding.
    """
    if key == "upper_bound":
        return UpperBound(photos)
    if key in LOCSENS_VARIANTS:
        images, tags = _locsens_inputs(published, photos.photo_ids, device)
        network = locsens_network(published, *LOCSENS_VARIANTS[key], device)
        return LocSensRetrieval(network, images, tags, config, uses_place=key != "locsens_zeroed")
    if key not in ("mcc", "mlc", "her"):
        raise ValueError(f"retrieval model {key!r}: unknown")
    images = image_vectors(published, key, photos.photo_ids, device)
    tags = tag_vectors(published, key, device)
    if key == "mlc":
        return DotRetrieval(images, tags, config)
    return DotRetrieval(normalised(images), tags.without_bias().normalised(), config)


def load_tagging_scorer(
    key: str, published: Published, photo_ids: Ids, config: EvaluationConfig, device: torch.device
) -> TaggingScorer:
    """Load what ranks hashtags under a model key.

    Args:
        key: One of `assets.base.keys.TAGGING_MODELS`.
        published: Where embeddings and weights are read from.
        photo_ids: int64 [P], the photos to be tagged, ascending.
        config: Block sizes.
        device: Where scores are computed.

    Raises:
        ValueError: Unknown key, or a photo without an embedding.
    """
    if key == "frequency":
        return FrequencyTagging(*frequency_of_tags(published))
    if key in LOCSENS_TAGGING_VARIANTS:
        images, tags = _locsens_inputs(published, photo_ids, device)
        network = locsens_network(published, *LOCSENS_TAGGING_VARIANTS[key], device)
        return LocSensTagging(network, images, tags, config, uses_place=key != "locsens_zeroed")
    method = key.removesuffix("_cosine")
    if key not in ("mcc", "mcc_cosine", "mlc", "her"):
        raise ValueError(f"tagging model {key!r}: unknown")
    images = image_vectors(published, method, photo_ids, device)
    tags = tag_vectors(published, method, device)
    if key in ("mcc", "mlc"):
        return DotTagging(images, tags, config)
    return DotTagging(normalised(images), tags.without_bias().normalised(), config)


def _locsens_inputs(published: Published, photo_ids: Ids, device: torch.device) -> tuple[Tensor, TagVectors]:
    images = normalised(image_vectors(published, "mcc", photo_ids, device))
    return images, tag_vectors(published, "mcc", device).without_bias().normalised()


def _degrees(places: Floats | None, queries: int, device: torch.device, *, used: bool) -> Tensor | None:
    if not used:
        return None
    if places is None:
        raise ValueError(f"{queries} queries without a place: this model ranks by place, give latitude and longitude")
    if places.shape != (queries, 2):
        raise ValueError(f"places: expected shape {(queries, 2)}, found {places.shape}")
    return torch.from_numpy(np.ascontiguousarray(places)).to(device)


class UpperBound:
    """The oracle: the nearest photos that carry the hashtag, or without a place any that carry it."""

    uses_place = False

    def __init__(self, photos: TestPhotos) -> None:
        order = np.lexsort((photos.owners, photos.tag_ids))
        self._tags, self._owners = photos.tag_ids[order], photos.owners[order]
        self._places = photos.places

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank as `RetrievalScorer` says; scores are minus the distance in km, or 0 without a place."""
        scores = np.full((len(tag_ids), k), -np.inf, dtype=np.float32)
        index = np.full((len(tag_ids), k), -1, dtype=np.int64)
        for row, tag in enumerate(tag_ids):
            carriers = self._owners[slice(*np.searchsorted(self._tags, [tag, tag + 1]))]
            if places is None:
                away = np.zeros(len(carriers))
            else:
                away = distance_km(*places[row], self._places[carriers, 0], self._places[carriers, 1])
            nearest = np.lexsort((carriers, away))[:k]
            index[row, : len(nearest)] = carriers[nearest]
            scores[row, : len(nearest)] = 0.0 - away[nearest]
        return RetrievalRanking(scores, index)


class DotRetrieval:
    """Ranks photos by the dot product of image and hashtag embedding: cosine when both are normalised."""

    uses_place = False

    def __init__(self, images: Tensor, tags: TagVectors, config: EvaluationConfig) -> None:
        self._images, self._tags, self._config = images, tags, config

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank as `RetrievalScorer` says."""
        del places
        rows = self._tags.rows(tag_ids)
        ranking = rank_by_dot(
            self._tags.vectors[rows],
            self._images,
            k,
            query_block=self._config.query_block,
            candidate_block=self._config.candidate_block,
        )
        scores = ranking.scores
        if self._tags.bias is not None:
            scores = scores + self._tags.bias[rows, None]
        return RetrievalRanking(scores.cpu().numpy(), ranking.index.cpu().numpy())


class LocSensRetrieval:
    """Ranks photos by LocSens, with the query's place or a zeroed location."""

    def __init__(
        self,
        network: FactoredModel,
        images: Tensor,
        tags: TagVectors,
        config: EvaluationConfig,
        *,
        uses_place: bool,
    ) -> None:
        self.uses_place = uses_place
        self._network, self._tags, self._config = network, tags, config
        self._image_parts = parts(network.image_part, images)

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank as `RetrievalScorer` says."""
        tags = self._tags.vectors[self._tags.rows(tag_ids)]
        ranking = rank_locsens_images(
            self._network,
            tags,
            _degrees(places, len(tag_ids), tags.device, used=self.uses_place),
            self._image_parts,
            k,
            pair_block=self._config.pair_block,
            certain=self._config.k,
        )
        return RetrievalRanking(ranking.scores.cpu().numpy(), ranking.index.cpu().numpy())


class FrequencyTagging:
    """The same for every photo: the most frequent hashtags."""

    uses_place = False

    def __init__(self, tag_ids: npt.NDArray[np.int32], photos: npt.NDArray[np.float32]) -> None:
        order = np.lexsort((tag_ids, -photos))
        self._tag_ids, self._photos = tag_ids[order], photos[order]

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; scores are numbers of photos."""
        del places
        return TaggingRanking(np.tile(self._photos[:k], (len(index), 1)), np.tile(self._tag_ids[:k], (len(index), 1)))


class DotTagging:
    """Ranks hashtags by class score or cosine."""

    uses_place = False

    def __init__(self, images: Tensor, tags: TagVectors, config: EvaluationConfig) -> None:
        self._images, self._tags, self._config = images, tags, config

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        del places
        ranking = rank_by_dot(
            self._images[torch.from_numpy(index).to(self._images.device)],
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
        network: FactoredModel,
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
        images = self._images[torch.from_numpy(index).to(self._images.device)]
        ranking = rank_locsens_tags(
            self._network,
            images,
            _degrees(places, len(index), images.device, used=self.uses_place),
            self._tag_parts,
            k,
            pair_block=self._config.pair_block,
            certain=self._config.k,
        )
        return _tagging(ranking, self._tags)


def _tagging(ranking: Ranking, tags: TagVectors) -> TaggingRanking:
    return TaggingRanking(ranking.scores.cpu().numpy(), tags.tag_ids[ranking.index.cpu().numpy()])


