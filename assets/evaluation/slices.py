"""The `slice` of a row of results: which queries and photos a figure is over.

- `all`.
- `continent:<two letters>`, by the place of the photo asked with, or tagged.
- `frequency:1` (the most frequent third of the distinct hashtags) to `frequency:3`. Retrieval: queries for a hashtag of
  that third. Tagging: photos that carry one, and only hashtags of that third count as right or as predicted.
- `no_places`. Retrieval: queries for hashtags that are no names of places. Tagging: rankings of such hashtags alone, of
  the photos that carry one.
- `no_self`, of retrieval: the query's own photo is taken out of its ranking, those below it move up.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assets.evaluation.candidates import Ids, TestPhotos
from models.metrics import Bools

EVERYTHING = "all"
NO_PLACES = "no_places"
NO_SELF = "no_self"
FREQUENCY_BANDS = 3


def frequency_bands(tag_ids: Ids) -> Sequence[Ids]:
    """Distinct hashtags in thirds, the most frequent first: that is the order of their ids.

    Args:
        tag_ids: Hashtags, with repeats.
    """
    return np.array_split(np.unique(tag_ids), FREQUENCY_BANDS)


def query_slices(queries: pl.DataFrame, photos: TestPhotos, place_tags: Ids) -> dict[str, Bools]:
    """Which queries belong to which slice.

    Args:
        queries: Rows of `retrieval_queries`.
        photos: Test photos with an image.
        place_tags: Hashtags that are names of places.

    Returns:
        Name of the slice to bool [queries].
    """
    slices: dict[str, Bools] = {EVERYTHING: np.ones(len(queries), dtype=bool)}
    asked_with = queries.get_column("photo_id")
    continents = np.full(len(queries), "", dtype=photos.continents.dtype)
    has_photo = asked_with.is_not_null().to_numpy()
    continents[has_photo] = photos.continents[photos.positions(asked_with.drop_nulls().to_numpy())]
    for continent in np.unique(continents[continents != ""]):
        slices[f"continent:{continent}"] = continents == continent
    tags = queries.get_column("tag_id").to_numpy()
    for band, members in enumerate(frequency_bands(tags), start=1):
        if len(members):
            slices[f"frequency:{band}"] = np.isin(tags, members)
    slices[NO_PLACES] = ~np.isin(tags, place_tags)
    return slices
