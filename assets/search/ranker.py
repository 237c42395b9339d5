"""`Ranker`: a finished collection, opened once and asked many times, from a notebook, the command line or Dagster.

How models rank is in `assets.evaluation.scorers`: what is found here for a query of the evaluation is what is in
`retrieval_rankings`, among all photos instead of the test split's.
"""

import time
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import torch

from assets.base.collection import read_collection
from assets.base.keys import PLACELESS, PLACELESS_TAGGING, RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.settings import Settings, load_settings
from assets.base.storage import Storage
from assets.base.workspace import Workspace
from assets.evaluation.candidates import TestPhotos, read_table
from assets.evaluation.rankings import rank_queries
from assets.evaluation.report.pictures import load_jpegs
from assets.search.answers import FoundPhoto, FoundPhotos, FoundTag, FoundTags
from assets.search.errors import SearchError
from assets.search.hashtags import find_tag
from assets.search.loaded import Retrieval, Tagging, load_retrieval, load_tagging
from assets.search.photo import as_stored, read_photo, seen_by
from assets.search.shelf import Shelf
from assets.search.where import Asked, Place, find_place
from assets.splits.split import SPLITS
from assets.steps import all_steps
from models.devices import choose_device

MOST = 1000
"""Answers to one question."""


class Ranker:
    """Finds photos for a hashtag and a place, and hashtags for a photo and a place.

    What a variant needs is loaded when it is first asked, and kept.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Open a collection.

        Args:
            workspace: Where it is, and its profile.

        Raises:
            SearchError: The storage holds no collection.
            CollectionError: The storage holds another collection.
            StorageError: The storage cannot be read.
        """
        if read_collection(workspace.storage) is None:
            raise SearchError(
                f"storage {workspace.storage.shown} holds no collection; `locsens materialize` makes one, "
                "LOCSENS_STORAGE says where it is"
            )
        workspace.collection()
        workspace.ledger.refresh()
        self._workspace = workspace
        self._device = choose_device(workspace.settings.device)
        self._retrievals: dict[str, Retrieval] = {}
        self._taggings: dict[str, Tagging] = {}

    @classmethod
    def open(cls, storage: str | None = None, *, settings: Settings | None = None) -> "Ranker":
        """Open the collection of a storage; its source and profile are those that it was made with.

        Args:
            storage: A folder or fsspec URL; by default what the settings say.
            settings: Where things are; by default environment and `locsens.toml`.

        Raises:
            SearchError: The storage holds no collection.
            SettingsError: A setting is unknown or impossible.
            StorageError: The storage cannot be read.
        """
        settings = settings or load_settings()
        if storage is not None:
            settings = settings.model_copy(update={"storage": storage})
        found = read_collection(Storage(settings.storage))
        if found is not None:
            settings = settings.model_copy(update={"source": found.source, "profile": found.profile})
        return cls(Workspace(settings, all_steps()))

    def search(self, hashtag: str, near: Asked | None = None, variant: str | None = None, top: int = 10) -> FoundPhotos:
        """Find photos for a hashtag and a place.

        Args:
            hashtag: With or without `#`; it must be in the vocabulary.
            near: Latitude and longitude in degrees, or a city's name; None only for variants that need no place.
            variant: One of `assets.base.keys.RETRIEVAL_MODELS`; by default the one that the report shows.
            top: Photos wanted, at most 1,000. In bf16 it is verified that no better one was missed to the depth of the
                profile's `evaluation.k`, see `models.ranking`.

        Raises:
            SearchError: The hashtag or the place is unknown, or the variant is unknown, not there, or does not fit.
        """
        began = time.perf_counter()
        key = _known(variant or self._workspace.profile.report.retrieval_model, RETRIEVAL_MODELS, "search")
        _check_top(top)
        tag_id, tag = find_tag(hashtag, self._vocabulary, self._skipped)
        place = _place(near, key, PLACELESS, "near")
        started = time.perf_counter()
        scorer, photos, details, notes = self._retrieval(key)
        loading = time.perf_counter() - started
        if not scorer.knows(np.array([tag_id], dtype=np.int64))[0]:
            lacks = "photo that carries it" if key == "upper_bound" else "embedding of it"
            raise SearchError(f"hashtag {tag!r}: variant {key} has no {lacks}; take another variant")
        ranked = pl.concat(rank_queries(scorer, _query(tag_id, place), photos, top, placeless=place is None))
        answers = tuple(
            FoundPhoto(**found, tags=self._tags_of(photos, found["photo_id"]))
            for found in ranked.drop("query_id").join(details, on="photo_id").sort("rank").iter_rows(named=True)
        )
        notes = (*_notes(place, key, PLACELESS), *notes)
        seconds = time.perf_counter() - began - loading
        return FoundPhotos(tag, place, key, answers, len(photos), notes, loading, seconds)

    def tag(
        self, photo: str | Path | bytes, at: Asked | None = None, variant: str | None = None, top: int = 10
    ) -> FoundTags:
        """Find hashtags for a photo that was taken somewhere.

        Args:
            photo: A file, or its bytes; JPEG, PNG, GIF, WebP, BMP or TIFF.
            at: Latitude and longitude in degrees, or a city's name; None only for variants that need no place.
            variant: One of `assets.base.keys.TAGGING_MODELS`; by default the one that the report shows.
            top: Hashtags wanted, at most 1,000; see `search`.

        Raises:
            SearchError: The file is no image, the place is unknown, or the variant is unknown, not there, or does not
                fit.
        """
        began = time.perf_counter()
        key = _known(variant or self._workspace.profile.report.tagging_model, TAGGING_MODELS, "tagging")
        _check_top(top)
        name, data = read_photo(photo, self._workspace.profile.images)
        place = _place(at, key, PLACELESS_TAGGING, "at")
        started = time.perf_counter()
        scorer, network = self._tagging(key)
        loading = time.perf_counter() - started
        stored = as_stored(name, data, self._workspace.profile.images)
        seen = torch.zeros(1, 0) if network is None else seen_by(network, stored.jpeg)
        places = None if place is None else np.array([(place.latitude, place.longitude)])
        ranking = scorer.rank_images(seen.to(self._device), places, min(top, self._vocabulary.height))
        tags = {row["tag_id"]: row for row in self._vocabulary.iter_rows(named=True)}
        answers = tuple(
            FoundTag(rank, tags[int(one)]["tag"], float(score), tags[int(one)]["photos"], tags[int(one)]["is_place"])
            for rank, (one, score) in enumerate(zip(ranking.tag_ids[0], ranking.scores[0], strict=True), start=1)
        )
        notes = _notes(place, key, PLACELESS_TAGGING)
        seconds = time.perf_counter() - began - loading
        return FoundTags(name, stored.jpeg, place, key, answers, len(tags), notes, loading, seconds)

    def jpegs(self, photo_ids: Collection[int]) -> dict[int, bytes]:
        """Small pictures of photos of the collection, by id, as JPEG."""
        return load_jpegs(Shelf(self._workspace, None), photo_ids, self.thumbnail_px, SPLITS)

    @property
    def thumbnail_px(self) -> int:
        """Short side of small pictures at most, as in the report's galleries."""
        return self._workspace.profile.report.thumbnail_px

    @property
    def near_km(self) -> float:
        """Within how many km a photo counts as near a place, as in the report's galleries."""
        return self._workspace.profile.report.near_km

    @cached_property
    def _vocabulary(self) -> pl.DataFrame:
        shelf = Shelf(self._workspace, None)
        shelf.require("vocabulary")
        return read_table(shelf, "vocabulary", ["tag_id", "tag", "photos", "is_place"]).sort("tag_id")

    @cached_property
    def _skipped(self) -> pl.DataFrame:
        shelf = Shelf(self._workspace, None)
        shelf.require("skipped_tags")
        return read_table(shelf, "skipped_tags", ["tag"])

    def _retrieval(self, key: str) -> Retrieval:
        if key not in self._retrievals:
            self._retrievals[key] = load_retrieval(self._workspace, key, self._device)
        return self._retrievals[key]

    def _tagging(self, key: str) -> Tagging:
        if key not in self._taggings:
            self._taggings[key] = load_tagging(self._workspace, key, self._device)
        return self._taggings[key]

    def _tags_of(self, photos: TestPhotos, photo_id: int) -> tuple[str, ...]:
        (position,) = photos.positions([photo_id])
        own = photos.tag_ids[photos.offsets[position] : photos.offsets[position + 1]]
        return tuple(self._vocabulary["tag"].gather(self._vocabulary["tag_id"].search_sorted(own)))


def _query(tag_id: int, place: Place | None) -> pl.DataFrame:
    """One row of `retrieval_queries`: of kind `photo` with a place, of kind `tag` without."""
    return pl.DataFrame(
        {
            "query_id": [0],
            "kind": ["tag" if place is None else "photo"],
            "tag_id": [tag_id],
            "latitude": [None if place is None else place.latitude],
            "longitude": [None if place is None else place.longitude],
        }
    )


def _known(variant: str, known: Collection[str], doing: str) -> str:
    if variant not in known:
        raise SearchError(f"variant {variant!r}: unknown; {doing} knows {', '.join(known)}")
    return variant


def _check_top(top: int) -> None:
    if not 1 <= top <= MOST:
        raise SearchError(f"top {top}: expected 1 to {MOST:,} answers")


def _place(asked: Asked | None, variant: str, placeless: Collection[str], option: str) -> Place | None:
    if asked is not None:
        return find_place(asked)
    if variant not in placeless:
        raise SearchError(
            f"variant {variant} ranks by place: say where, a city or LAT,LON (`{option}`, in a terminal `--{option}`), "
            f"or take one of {', '.join(placeless)} (`variant`, `--variant`)"
        )
    return None


def _notes(place: Place | None, variant: str, placeless: Collection[str]) -> tuple[str, ...]:
    if place is None:
        return ()
    # The oracle can do without a place, but not if it is told one.
    blind = f"{variant} does not look at the place" if variant in placeless and variant != "upper_bound" else ""
    return tuple(filter(None, (place.note, blind)))
