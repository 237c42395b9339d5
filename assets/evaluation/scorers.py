"""Which model key ranks how, and from which published files: images for a hashtag, hashtags for a photo.

One scorer per key, loaded for a fixed set of photos: rankings, galleries and searches use the same.
How scorers rank is in `retrieval` and `tagging`; which queries are ranked is in `queries` and `rankings`.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from assets.base.keys import LOCSENS_TAGGING_VARIANTS, LOCSENS_VARIANTS, METHODS, NEARBY_KM
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import Ids, Published, TestPhotos, read_table
from assets.evaluation.nearby import NearbyTags, TrainingPhotos, read_training_photos
from assets.evaluation.retrieval import DotRetrieval, LocSensRetrieval, RetrievalScorer, UpperBound
from assets.evaluation.tagging import DotTagging, FrequencyTagging, LocSensTagging, NearbyTagging, TaggingScorer
from assets.evaluation.vectors import (
    TagVectors,
    image_vectors,
    locsens_network,
    normalised,
    tag_vectors,
)


def method_of(key: str) -> str | None:
    """The method whose embeddings a model key ranks by; None for those that look at no image."""
    if key in ("upper_bound", "frequency", *NEARBY_KM):
        return None
    return key if key in METHODS else "mcc"


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
    if key == "frequency" or key in NEARBY_KM:
        tag_ids = read_table(published, "vocabulary", ["tag_id"]).get_column("tag_id")
        return counting_scorer(key, tag_ids.sort().to_numpy().astype(np.int32), read_training_photos(published))
    if key in LOCSENS_TAGGING_VARIANTS:
        images, tags = _locsens_inputs(published, photo_ids, device)
        network = locsens_network(published, *LOCSENS_TAGGING_VARIANTS[key], device)
        return LocSensTagging(network, images, tags, config, uses_place=key != "locsens_zeroed")
    if key not in ("mcc", "mcc_cosine", "mlc", "her"):
        raise ValueError(f"tagging model {key!r}: unknown")
    method = str(method_of(key))
    images = image_vectors(published, method, photo_ids, device)
    return DotTagging(images, tag_vectors(published, method, device), config, cosine=key not in ("mcc", "mlc"))


def counting_scorer(key: str, tag_ids: npt.NDArray[np.int32], training: TrainingPhotos) -> TaggingScorer:
    """What ranks hashtags by training photos alone: validation and test photos are not looked at.

    Args:
        key: `frequency`, or one of `assets.base.keys.NEARBY_KM`.
        tag_ids: The vocabulary's ids, ascending.
        training: The photos that are counted.
    """
    tags = int(tag_ids.max(initial=-1)) + 1
    photos = training.frequencies(tags)[tag_ids]
    if key == "frequency":
        return FrequencyTagging(tag_ids, photos)
    return NearbyTagging(NearbyTags(training, tags, NEARBY_KM[key]), tag_ids, photos / (len(training) + 1))


def _locsens_inputs(published: Published, photo_ids: Ids, device: torch.device) -> tuple[Tensor, TagVectors]:
    # The network normalises both itself.
    return image_vectors(published, "mcc", photo_ids, device), tag_vectors(published, "mcc", device)
