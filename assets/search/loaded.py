"""Loading what answers: scorers over all photos of a collection, and for tagging the network that sees a photo.

Whether what is there may be used is asked of `shelf`.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from assets.base.keys import LOCSENS_TAGGING_VARIANTS, LOCSENS_VARIANTS
from assets.base.workspace import Workspace
from assets.embeddings.model_files import load_embedding_model
from assets.evaluation.candidates import TestPhotos, read_photos, to_test_photos
from assets.evaluation.retrieval import RetrievalScorer
from assets.evaluation.scorers import load_retrieval_scorer, load_tagging_scorer, method_of
from assets.evaluation.tagging import TaggingScorer
from assets.search.errors import SearchError
from assets.search.shelf import Shelf
from models.embedding import EmbeddingModel
from models.weights import UnusableWeightsError

_DETAILS = ("photo_id", "city", "country", "latitude", "longitude")


class Retrieval(NamedTuple):
    """What finds photos.

    Attributes:
        scorer: Loaded for `photos`.
        photos: Photos of all splits with an image and an embedding.
        details: `photo_id`, `city`, `country`, `latitude` and `longitude` of the photos.
        notes: Sentences on what is left out.
    """

    scorer: RetrievalScorer
    photos: TestPhotos
    details: pl.DataFrame
    notes: tuple[str, ...]


class Tagging(NamedTuple):
    """What finds hashtags.

    Attributes:
        scorer: Loaded for no photo of the collection.
        network: What embeds a photo, None for models that look at none.
    """

    scorer: TaggingScorer
    network: EmbeddingModel | None


def load_retrieval(workspace: Workspace, key: str, device: torch.device) -> Retrieval:
    """Load what ranks the photos of a collection under a model key.

    Args:
        workspace: The collection.
        key: One of `assets.base.keys.RETRIEVAL_MODELS`.
        device: Where scores are computed.

    Raises:
        SearchError: Something of it is not there, was not run, or does not fit.
    """
    shelf = _fitting(workspace, key, LOCSENS_VARIANTS)
    rows = read_photos(shelf, (*_DETAILS, "continent", "tag_ids"))
    if rows.is_empty():
        raise SearchError(
            f"variant {key}: no photo has both an image and an embedding that fits; `locsens materialize` makes them"
        )
    photos = to_test_photos(rows)
    try:
        scorer = load_retrieval_scorer(key, shelf, photos, workspace.profile.evaluation, device)
    except UnusableWeightsError as error:
        raise SearchError(f"variant {key}: {error}") from error
    notes = (f"{shelf.left_out} shards are not ready and left out",) if shelf.left_out else ()
    return Retrieval(scorer, photos, rows.select(_DETAILS), notes)


def load_tagging(workspace: Workspace, key: str, device: torch.device) -> Tagging:
    """Load what ranks hashtags for any photo under a model key.

    Args:
        workspace: The collection.
        key: One of `assets.base.keys.TAGGING_MODELS`.
        device: Where photos are embedded and scores computed.

    Raises:
        SearchError: Something of it is not there, was not run, or does not fit.
    """
    shelf = _fitting(workspace, key, LOCSENS_TAGGING_VARIANTS)
    method = method_of(key)
    network = None
    try:
        if method is not None:
            network = load_embedding_model(shelf.storage, shelf.files("embedding_model", method)).to(device)
        scorer = load_tagging_scorer(key, shelf, np.zeros(0, np.int64), workspace.profile.evaluation, device)
    except UnusableWeightsError as error:
        raise SearchError(f"variant {key}: {error}") from error
    return Tagging(scorer, network)


def _fitting(workspace: Workspace, key: str, variants: dict[str, tuple[str, str]]) -> Shelf:
    """What a model key is loaded from, once it is known to be there and to fit."""
    method = method_of(key)
    shelf = Shelf(workspace, method)
    if method is not None:
        shelf.require("embedding_model", method)
        shelf.require(f"tag_embeddings_{method}")
    if key in variants:
        shelf.require("locsens_model", variants[key][0])
    return shelf
