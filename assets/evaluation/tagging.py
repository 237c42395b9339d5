"""How hashtags are ranked for a photo and a place: by frequency (everywhere, nearby), class score, cosine, LocSens.

Which model key is which, and where its vectors and weights are read from, is in `scorers`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Floats, Ids
from assets.evaluation.nearby import NearbyTags
from assets.evaluation.vectors import TagVectors, given_places, normalised, query_places
from models.locsens import LocSens
from models.ranking import parts, rank_by_dot, rank_locsens_tags
from models.topk import Ranking, from_keys, to_keys


class TaggingRanking(NamedTuple):
    """The best hashtags of each photo, best first; of equal scores the lower id is the better.

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

    def rank_apart(self, index: Ids, places: Floats | None, k: int, sets: Sequence[Ids]) -> Sequence[TaggingRanking]:
        """Rank several sets of hashtags, each as if there were no others.

        Args:
            index: As `rank` takes it.
            places: As `rank` takes them.
            k: As `rank` takes it, for each set.
            sets: Hashtag ids of each set; those that the model does not know are in none of the rankings.

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
    """The same for every photo: the hashtags most frequent among training photos."""

    uses_place = False

    def __init__(self, tag_ids: npt.NDArray[np.int32], photos: Ids) -> None:
        order = np.lexsort((tag_ids, -photos))
        self._tag_ids, self._photos = tag_ids[order], photos[order].astype(np.float32)

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; scores are numbers of photos."""
        return self.rank_apart(index, places, k, [self._tag_ids.astype(np.int64)])[0]

    def rank_apart(self, index: Ids, places: Floats | None, k: int, sets: Sequence[Ids]) -> Sequence[TaggingRanking]:
        """Rank as `TaggingScorer` says; scores are numbers of photos."""
        del places
        rankings = []
        for some in sets:
            first = np.flatnonzero(np.isin(self._tag_ids, some))[:k]
            shape = (len(index), 1)
            rankings.append(TaggingRanking(np.tile(self._photos[first], shape), np.tile(self._tag_ids[first], shape)))
        return rankings

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; the images are not looked at."""
        return self.rank(np.arange(len(images)), places, k)


class NearbyTagging:
    """The hashtags most frequent among training photos around the place; the image is not looked at.

    A score is how many photos within the distance carry the hashtag, and one more photo that stands for all training
    photos: it carries each hashtag by the share of them that does. So the global frequency, always less than one
    photo, orders what is equally frequent nearby, and all where there is no photo nearby.
    """

    uses_place = True

    def __init__(self, nearby: NearbyTags, tag_ids: npt.NDArray[np.int32], shares: Floats) -> None:
        """What is counted, and what is ranked.

        Args:
            nearby: Counts by hashtag id.
            tag_ids: int32 [V], ascending.
            shares: float64 [V], share of the training photos that carry each, below 1.
        """
        self._nearby, self._tag_ids, self._shares = nearby, tag_ids, shares

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        return self.rank_apart(index, places, k, [self._tag_ids.astype(np.int64)])[0]

    def rank_apart(self, index: Ids, places: Floats | None, k: int, sets: Sequence[Ids]) -> Sequence[TaggingRanking]:
        """Rank as `TaggingScorer` says."""
        known = [np.flatnonzero(np.isin(self._tag_ids, some)) for some in sets]
        depths = [min(k, len(some)) for some in known]
        scores = [np.empty((len(index), depth), np.float32) for depth in depths]
        tag_ids = [np.empty((len(index), depth), np.int32) for depth in depths]
        for row, counts in self._nearby.counts(given_places(places, len(index))):
            scored = torch.from_numpy((counts[self._tag_ids] + self._shares).astype(np.float32))
            for number, (some, depth) in enumerate(zip(known, depths, strict=True)):
                positions = torch.from_numpy(some)
                best = from_keys(to_keys(scored[positions], positions).topk(depth).values)
                scores[number][row] = best.scores.numpy()
                tag_ids[number][row] = self._tag_ids[best.positions.numpy()]
        return [TaggingRanking(*both) for both in zip(scores, tag_ids, strict=True)]

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says; the images are not looked at."""
        return self.rank(np.arange(len(images)), places, k)


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
        return self._rank(self._of(index), k, self._tags)

    def rank_apart(self, index: Ids, places: Floats | None, k: int, sets: Sequence[Ids]) -> Sequence[TaggingRanking]:
        """Rank as `TaggingScorer` says."""
        del places
        return [self._rank(self._of(index), k, self._tags.only(some)) for some in sets]

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        del places
        return self._rank(self._as_ranked(images), k, self._tags)

    def _of(self, index: Ids) -> Tensor:
        return self._images[torch.from_numpy(index).to(self._images.device)]

    def _as_ranked(self, images: Tensor) -> Tensor:
        return normalised(images) if self._cosine else images

    def _rank(self, images: Tensor, k: int, tags: TagVectors) -> TaggingRanking:
        if not len(tags.tag_ids):
            return _nothing(len(images))
        ranking = rank_by_dot(
            images,
            tags.vectors,
            k,
            tags.bias,
            query_block=self._config.query_block,
            candidate_block=self._config.candidate_block,
        )
        return _tagging(ranking, tags.tag_ids)


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
        self._network, self._images, self._config = network, images, config
        self._tag_ids = tags.tag_ids
        self._tag_parts = parts(network.tag_part, tags.vectors)

    def rank(self, index: Ids, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        return self.rank_images(self._of(index), places, k)

    def rank_apart(self, index: Ids, places: Floats | None, k: int, sets: Sequence[Ids]) -> Sequence[TaggingRanking]:
        """Rank as `TaggingScorer` says."""
        images = self._of(index)
        return [self._rank(images, places, k, np.flatnonzero(np.isin(self._tag_ids, some))) for some in sets]

    def rank_images(self, images: Tensor, places: Floats | None, k: int) -> TaggingRanking:
        """Rank as `TaggingScorer` says."""
        return self._rank(images, places, k, np.arange(len(self._tag_ids)))

    def _of(self, index: Ids) -> Tensor:
        return self._images[torch.from_numpy(index).to(self._images.device)]

    def _rank(self, images: Tensor, places: Floats | None, k: int, candidates: Ids) -> TaggingRanking:
        if not len(candidates):
            return _nothing(len(images))
        ranking = rank_locsens_tags(
            self._network,
            images,
            query_places(places, len(images), images.device, used=self.uses_place),
            self._tag_parts[torch.from_numpy(candidates).to(images.device)],
            k,
            pair_block=self._config.pair_block,
            certain=self._config.k,
        )
        return _tagging(ranking, self._tag_ids[candidates])


def _tagging(ranking: Ranking, tag_ids: npt.NDArray[np.int32]) -> TaggingRanking:
    return TaggingRanking(ranking.scores.cpu().numpy(), tag_ids[ranking.positions.cpu().numpy()])


def _nothing(photos: int) -> TaggingRanking:
    """The ranking of no hashtags."""
    return TaggingRanking(np.empty((photos, 0), np.float32), np.empty((photos, 0), np.int32))
