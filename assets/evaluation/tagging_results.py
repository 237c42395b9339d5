"""Rankings of hashtags summed up: accuracy and diversity of tagging, in every slice.

The formulas are in `models.metrics`; here is which rankings go into which row, and what stands for a model
that did not run. Slices are explained in `assets.evaluation.slices`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.evaluation.candidates import TestPhotos
from assets.evaluation.slices import EVERYTHING, NO_PLACES, frequency_bands
from models.metrics import Bools, tagging_figures


class PhotoHits(NamedTuple):
    """What was ranked first for each photo, to be averaged or compared photo by photo.

    Attributes:
        tag_ids: int32 [P, k], best first; -1 where nothing is ranked, or nothing that counts.
        correct: bool [P, k], whether the photo carries them; A@1 is over column 0, A@k over `any` of them.
    """

    tag_ids: npt.NDArray[np.int32]
    correct: Bools


def photo_hits(rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig) -> PhotoHits:
    """What a model ranked first for each photo.

    Args:
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings`, or of those without places.
        photos: The photos that were tagged.
        config: k.
    """
    top = rankings.filter(pl.col("rank") <= config.k)
    row = photos.positions(top.get_column("photo_id").to_numpy())
    column = top.get_column("rank").to_numpy() - 1
    hits = PhotoHits(
        np.full((len(photos), config.k), -1, dtype=np.int32), np.zeros((len(photos), config.k), dtype=bool)
    )
    hits.tag_ids[row, column] = top.get_column("tag_id").to_numpy()
    hits.correct[row, column] = top.get_column("is_correct").to_numpy()
    return hits


def tagging_rows(
    model: str, rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> pl.DataFrame:
    """Results of one tagging model that ran.

    Args:
        model: Model key.
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings`.
        photos: The photos that were tagged.
        config: k.
        seed: Seed to publish under.

    Returns:
        Rows of `tagging_results`: all photos, those of each continent, and hashtags by frequency.
    """
    hits = photo_hits(rankings, photos, config)
    everyone = np.ones(len(photos), dtype=bool)
    slices = {EVERYTHING: (everyone, photos)}
    for continent in np.unique(photos.continents[photos.continents != ""]):
        members = photos.continents == continent
        slices[f"continent:{continent}"] = members, photos.select(np.flatnonzero(members))
    rows = [
        _tagging_row(model, name, PhotoHits(hits.tag_ids[members], hits.correct[members]), some, config, seed)
        for name, (members, some) in slices.items()
    ]
    for band, tags in enumerate(frequency_bands(photos.tag_ids), start=1):
        if len(tags):
            some = photos.only(tags)
            members = np.isin(photos.photo_ids, some.photo_ids)
            ranked = hits.tag_ids[members]
            counts = np.isin(ranked, tags)
            own = PhotoHits(np.where(counts, ranked, -1), counts & hits.correct[members])
            rows.append(_tagging_row(model, f"frequency:{band}", own, some, config, seed))
    return pl.DataFrame(rows, schema=_TAGGING)


def no_places_row(
    model: str, rankings: pl.DataFrame, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> pl.DataFrame:
    """Result of one tagging model that ran, of its rankings without names of places.

    Args:
        model: Model key.
        rankings: `photo_id`, `rank`, `tag_id` and `is_correct` of `tagging_rankings_no_places`.
        photos: The photos that were tagged, with their other hashtags alone (`TestPhotos.only`).
        config: k.
        seed: Seed to publish under.

    Returns:
        One row of `tagging_results`; none if no photo carries such a hashtag.
    """
    if not len(photos):
        return pl.DataFrame(schema=_TAGGING)
    return pl.DataFrame(
        [_tagging_row(model, NO_PLACES, photo_hits(rankings, photos, config), photos, config, seed)], schema=_TAGGING
    )


def _tagging_row(
    model: str, name: str, hits: PhotoHits, photos: TestPhotos, config: EvaluationConfig, seed: int
) -> dict[str, object]:
    figures = tagging_figures(hits.tag_ids, hits.correct, photos.tag_ids, config.k)
    return {
        "model": model,
        "accuracy_at_1": figures.accuracy_at_1,
        "accuracy_at_10": figures.accuracy_at_k,
        "predicted_tags_pct": figures.predicted_tags_pct,
        "correctly_predicted_tags_pct": figures.correctly_predicted_tags_pct,
        "photos": len(photos),
        "slice": name,
        "seed": seed,
        "note": None,
    }


def tagging_not_run(model: str, note: str, seed: int) -> pl.DataFrame:
    """The one row of a tagging model that did not run."""
    row = {"model": model, "photos": 0, "slice": EVERYTHING, "seed": seed, "note": note}
    return pl.DataFrame([row], schema=_TAGGING)


_TAGGING = pl.Schema(
    {
        "model": pl.String(),
        "accuracy_at_1": pl.Float64(),
        "accuracy_at_10": pl.Float64(),
        "predicted_tags_pct": pl.Float64(),
        "correctly_predicted_tags_pct": pl.Float64(),
        "photos": pl.Int64(),
        "slice": pl.String(),
        "seed": pl.Int64(),
        "note": pl.String(),
    }
)
