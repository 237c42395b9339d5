"""On what a split of the study is trained and tested: photos to learn from, queries and photos to tag.

The queries depend on the profile's seed and not on the training's: seeds are compared on the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from assets.base.profiles import Profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.run import Run
from assets.evaluation.candidates import Ids, TestPhotos, tags_by_place, to_test_photos
from assets.evaluation.nearby import TrainingPhotos, to_training_photos
from assets.evaluation.queries import draw_queries, photos_to_tag
from assets.evaluation.slices import query_slices
from assets.locsens.photo_sets import PHOTO_COLUMNS
from assets.splits.split import SPLITS, assign_splits
from assets.study.plan import SLICES, Split
from models.metrics import Bools

_NEEDED = ("photo_id", "user_id", "latitude", "longitude", "continent", "tag_ids")


@dataclass(frozen=True)
class Setting:
    """One split.

    Attributes:
        split: What was drawn: photos, or users.
        train: Photos to learn from, columns `PHOTO_COLUMNS`.
        validation: Photos that metrics are taken on.
        counted: Training photos with an image, as baselines that look at no image count them.
        photos: Test photos with an image.
        queries: As `retrieval_queries`.
        slices: Which queries belong to which slice.
        tagged: The test photos that are tagged.
        place_tags: Hashtags that are names of places.
        other_tags: All others.
        config: Of the evaluation.
    """

    split: Split
    train: pa.Table
    validation: pa.Table
    counted: TrainingPhotos
    photos: TestPhotos
    queries: pl.DataFrame
    slices: Mapping[str, Bools]
    tagged: TestPhotos
    place_tags: Ids
    other_tags: Ids
    config: EvaluationConfig

    @property
    def name(self) -> str:
        """The `slice` under which its figures are published."""
        return SLICES[self.split]


def read_photos(run: Run) -> pl.DataFrame:
    """All photos, with their split by photo and whether their image is there.

    Returns:
        `photo_id`, `user_id`, `latitude`, `longitude`, `continent`, `tag_ids`, `split`, `has_image`, by photo id.
    """
    parts = [
        pl.DataFrame(pl.from_arrow(run.table("photos", _NEEDED, folder=f"split={split}"))).with_columns(
            pl.lit(split).alias("split")
        )
        for split in SPLITS
    ]
    with_image = run.frame("image_status", ["photo_id", "status"]).filter(pl.col("status") == "ok")
    has_image = pl.col("photo_id").is_in(with_image.get_column("photo_id").implode())
    return pl.concat(parts).with_columns(has_image.alias("has_image")).sort("photo_id")


def setting(photos: pl.DataFrame, vocabulary: pl.DataFrame, split: Split, profile: Profile) -> Setting:
    """Split photos and draw what is asked for.

    Args:
        photos: From `read_photos`.
        vocabulary: `tag_id` and `is_place`.
        split: By photo as published, or by user: nobody's photos are in two splits.
        profile: Fractions of the splits, numbers of queries.
    """
    if split == "user":
        by_user = profile.splits.model_copy(update={"split_by": "user"})
        drawn = assign_splits(photos.get_column("photo_id"), photos.get_column("user_id"), by_user)
        photos = photos.with_columns(drawn.alias("split"))
    config = profile.evaluation.model_copy(
        update={"max_photo_queries": profile.study.photo_queries, "max_tagging_photos": profile.study.tagging_photos}
    )
    shown = {part: photos.filter((pl.col("split") == part) & pl.col("has_image")) for part in ("train", "test")}
    test = to_test_photos(shown["test"])
    queries = draw_queries(test, config)
    place_tags, other_tags = tags_by_place(vocabulary)
    return Setting(
        split,
        train=_learnt_from(photos, "train"),
        validation=_learnt_from(photos, "validation"),
        counted=to_training_photos(shown["train"]),
        photos=test,
        queries=queries,
        slices=query_slices(queries, test, place_tags),
        place_tags=place_tags,
        other_tags=other_tags,
        tagged=photos_to_tag(test, config),
        config=config,
    )


def _learnt_from(photos: pl.DataFrame, split: str) -> pa.Table:
    table = photos.filter(pl.col("split") == split).select(PHOTO_COLUMNS).to_arrow()
    # Polars' lists count in 64 bits; the tables of the contract, and what reads them, in 32.
    return table.cast(pa.schema([_narrow(field) for field in table.schema]))


def _narrow(field: pa.Field) -> pa.Field:
    return field.with_type(pa.list_(field.type.value_type)) if pa.types.is_large_list(field.type) else field
