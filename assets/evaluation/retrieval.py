"""How photos are ranked for a hashtag and a place: by an oracle, by dot product, by LocSens.

Which model key is which, and where its vectors and weights are read from, is in `scorers`.
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Floats, Ids, TestPhotos
from assets.evaluation.vectors import TagVectors, query_places
from models.geography import distance_km
from models.locsens import LocSens
from models.ranking import parts, rank_by_dot, rank_locsens_images


class RetrievalRanking(NamedTuple):
    """The best photos of each query, best first.

    Attributes:
        scores: float32 [Q, k]; higher is better.
        positions: int64 [Q, k], positions in the test photos; -1 (at the end) where there are fewer than k.
    """

    scores: npt.NDArray[np.float32]
    positions: Ids


class RetrievalScorer(Protocol):
    """Ranks the test photos that it was loaded for."""

    uses_place: bool
    """Whether `rank` needs places; scorers that do not use them ignore them."""

    def knows(self, tag_ids: Ids) -> npt.NDArray[np.bool_]:
        """Which hashtags [Q] the model can be asked for: HER knows only words that have a vector."""

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank photos for queries.

        Args:
            tag_ids: int64 [Q], the hashtags asked for.
            places: float64 [Q, 2], latitude and longitude in degrees; None for queries without a place.
            k: Depth; with fewer photos the ranking is as deep as there are photos.

        Raises:
            ValueError: A hashtag is unknown to the model, or places are missing that it needs.
        """


class UpperBound:
    """The oracle: the nearest photos that carry the hashtag, or without a place any that carry it."""

    uses_place = False

    def __init__(self, photos: TestPhotos) -> None:
        order = np.lexsort((photos.owners, photos.tag_ids))
        self._tags, self._owners = photos.tag_ids[order], photos.owners[order]
        self._places = photos.places

    def knows(self, tag_ids: Ids) -> npt.NDArray[np.bool_]:
        """Which hashtags a photo carries."""
        return np.isin(tag_ids, self._tags)

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank as `RetrievalScorer` says; scores are minus the distance in km, or 0 without a place."""
        scores = np.full((len(tag_ids), k), -np.inf, dtype=np.float32)
        index = np.full((len(tag_ids), k), -1, dtype=np.int64)
        for row, tag in enumerate(tag_ids):
            carriers = self._owners[slice(*np.searchsorted(self._tags, [tag, tag + 1]))]
            if places is None:
                away = np.zeros(len(carriers))
            else:
                away = distance_km(places[row, 0], places[row, 1], self._places[carriers, 0], self._places[carriers, 1])
            nearest = np.lexsort((carriers, away))[:k]
            index[row, : len(nearest)] = carriers[nearest]
            scores[row, : len(nearest)] = 0.0 - away[nearest]
        return RetrievalRanking(scores, index)


class DotRetrieval:
    """Ranks photos by the dot product of image and hashtag embedding: cosine when both are normalised."""

    uses_place = False

    def __init__(self, images: Tensor, tags: TagVectors, config: EvaluationConfig) -> None:
        self._images, self._tags, self._config = images, tags, config

    def knows(self, tag_ids: Ids) -> npt.NDArray[np.bool_]:
        """Which hashtags have an embedding."""
        return self._tags.known(tag_ids)

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
        return RetrievalRanking(scores.cpu().numpy(), ranking.positions.cpu().numpy())


class LocSensRetrieval:
    """Ranks photos by LocSens, with the query's place or a zeroed location."""

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
        self._network, self._tags, self._config = network, tags, config
        self._image_parts = parts(network.image_part, images)

    def knows(self, tag_ids: Ids) -> npt.NDArray[np.bool_]:
        """Which hashtags have an embedding."""
        return self._tags.known(tag_ids)

    def rank(self, tag_ids: Ids, places: Floats | None, k: int) -> RetrievalRanking:
        """Rank as `RetrievalScorer` says."""
        tags = self._tags.vectors[self._tags.rows(tag_ids)]
        ranking = rank_locsens_images(
            self._network,
            tags,
            query_places(places, len(tag_ids), tags.device, used=self.uses_place),
            self._image_parts,
            k,
            pair_block=self._config.pair_block,
            certain=self._config.k + 1,  # one deeper than is judged: `no_self` leaves one out
        )
        return RetrievalRanking(ranking.scores.cpu().numpy(), ranking.positions.cpu().numpy())
