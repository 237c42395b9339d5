"""How well a LocSens network does on the validation split during training: small, fixed measures."""

import torch
from torch import Tensor

from models.config import VariantConfig
from models.location import normalise_coordinates
from models.locsens import LocSens
from models.losses import margin_ranking_loss
from models.members import LocSensPhotos, member_scores
from models.randomness import generator_for
from models.triplets import TripletSampler

_TOP = 10
_ROWS = 16_384


class LocSensValidation:
    """Fixed triplets, and a fixed small ranking: photos for hashtags, or hashtags for photos."""

    def __init__(self, config: VariantConfig, photos: LocSensPhotos, tags: Tensor) -> None:
        """Draws what will be measured, once.

        Args:
            config: The variant; says the task and how much is measured.
            photos: The validation split.
            tags: Tag embeddings, [V, D].
        """
        self._config = config
        self._images = photos.images
        self._tags = tags.float()
        self._locations = normalise_coordinates(photos.places[:, 0], photos.places[:, 1])
        seed = config.optimisation.seed
        self._sampler = TripletSampler(photos.tagged, config.negatives_per_anchor, config.negatives, seed)
        order = torch.randperm(len(photos.images), generator=generator_for(seed, "validation photos"))
        self._queries = order[: config.validation_queries]
        self._candidates = order[: config.validation_candidates]
        drawn = torch.rand(len(self._queries), generator=generator_for(seed, "validation tags"))
        counts = photos.tagged.tags_per_photo[self._queries]
        at = (drawn * counts).long().minimum(counts - 1)
        self._query_tags = photos.tagged.tag_ids[photos.tagged.offsets[self._queries] + at]

    def to(self, device: torch.device) -> None:
        """Moves what is kept."""
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                setattr(self, name, value.to(device))
        self._sampler.to(device)

    def measure(self, network: LocSens, alpha: float) -> dict[str, float]:
        """The metrics, all on the validation split, at the true places.

        Args:
            network: In eval mode.
            alpha: Scale of the location representation.

        Returns:
            `validation_loss`, `triplet_accuracy` (percent of negatives below their anchor), and for retrieval
            `precision_at_10`, for tagging `accuracy_at_1` and `accuracy_at_10` (percent).
        """
        anchors = min(self._config.validation_anchors, 4 * len(self._images))
        triplets = self._sampler.draw(anchors, 0, "validation triplets")
        locations = self._locations[triplets.photos].unsqueeze(1)
        positive, negatives = member_scores(network, self._images, self._tags, triplets, locations, alpha)
        metrics = {
            "validation_loss": float(margin_ranking_loss(positive, negatives, self._config.margin)),
            "triplet_accuracy": 100 * float((positive.unsqueeze(1) > negatives).float().mean()),
        }
        return metrics | (
            self._retrieval(network, alpha) if self._config.task == "retrieval" else self._tagging(network, alpha)
        )

    def _retrieval(self, network: LocSens, alpha: float) -> dict[str, float]:
        """A query is one of a photo's hashtags and its place; its own photo is a candidate, too."""
        wanted = self._query_tags
        place = network.normalised_location_part(self._locations[self._queries], alpha)
        query = network.tag_part(self._tags[wanted]) + place
        top = _top(network, query, network.image_part(self._images[self._candidates]))
        hits = self._sampler.tagged.carries(self._candidates[top], wanted.unsqueeze(1))
        return {"precision_at_10": 100 * float(hits.float().sum(1).mean()) / _TOP}

    def _tagging(self, network: LocSens, alpha: float) -> dict[str, float]:
        """Each photo ranks the most frequent hashtags, which are the first ids."""
        place = network.normalised_location_part(self._locations[self._queries], alpha)
        query = network.image_part(self._images[self._queries]) + place
        tags = self._tags[: self._config.validation_candidates]
        top = _top(network, query, network.tag_part(tags))
        hits = self._sampler.tagged.carries(self._queries.unsqueeze(1), top)
        return {
            "accuracy_at_1": 100 * float(hits[:, 0].float().mean()),
            "accuracy_at_10": 100 * float(hits.any(1).float().mean()),
        }


def _top(network: LocSens, queries: Tensor, candidates: Tensor) -> Tensor:
    """Positions of the best ten candidates (or all, if fewer) of each query, [Q, 10]."""
    block = max(1, _ROWS // len(candidates))
    best = [
        network.tail(part.unsqueeze(1) + candidates).topk(min(_TOP, len(candidates)), dim=1).indices
        for part in torch.split(queries, block)
    ]
    return torch.cat(best)
