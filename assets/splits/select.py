"""From geotagged photos to the splits: vocabulary hashtags only, and a reason for every photo left out."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from assets.base.places import nearest_city
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.tables.photos import PHOTOS, UNUSED_PHOTOS
from assets.splits.split import SPLITS, assign_splits

DUPLICATE = "duplicate"
NO_VOCABULARY_TAG = "no_vocabulary_tag"
TOO_MANY_TAGS = "too_many_tags"


@dataclass(frozen=True)
class Selection:
    """What becomes of a shard.

    Attributes:
        photos: Table `photos` of each split, in the order of the shard; typed and empty without photos.
        unused: Table `unused_photos`.
        without_user: Photos in the splits without a known user.
    """

    photos: dict[str, pa.Table]
    unused: pa.Table
    without_user: int

    def counts(self) -> dict[str, int]:
        """Photos of each split, and unused ones by reason."""
        reasons = self.unused.column("reason").to_pylist()
        return {split: table.num_rows for split, table in self.photos.items()} | {
            reason: reasons.count(reason) for reason in (DUPLICATE, NO_VOCABULARY_TAG, TOO_MANY_TAGS)
        }


def select_photos(
    geotagged: pa.Table, vocabulary: pa.Table, duplicates: pa.Table, shard: str, config: SplitConfig
) -> Selection:
    """Keep photos with 1 to `max_tags` vocabulary hashtags (paper section 4) and split them.

    The rules in order, the first that applies is the reason: the row is not the one kept of its photo id; no
    hashtag is in the vocabulary; more than `max_tags` are.

    Args:
        geotagged: Table `geotagged_photos` of one shard.
        vocabulary: Table `vocabulary`.
        duplicates: Table `duplicate_photos`, of all shards or of this one.
        shard: Key of the shard.
        config: The stage's section of the profile.
    """
    photos = _with_vocabulary_tags(_frame(geotagged), _frame(vocabulary))
    lost = _frame(duplicates).filter((pl.col("shard_key") == shard) & ~pl.col("kept"))["photo_id"]
    judged = photos.with_columns(
        pl.when(pl.col("photo_id").is_in(lost.implode()))
        .then(pl.lit(DUPLICATE))
        .when(pl.col("tag_ids").list.len() == 0)
        .then(pl.lit(NO_VOCABULARY_TAG))
        .when(pl.col("tag_ids").list.len() > config.max_tags)
        .then(pl.lit(TOO_MANY_TAGS))
        .alias("reason")
    )
    used = judged.filter(pl.col("reason").is_null())
    near = nearest_city(used["latitude"].to_numpy(), used["longitude"].to_numpy())
    placed = used.with_columns(
        pl.Series("city", near.city, dtype=pl.String),
        pl.Series("country", near.country, dtype=pl.String),
        pl.Series("continent", near.continent, dtype=pl.String),
        assign_splits(used["photo_id"], used["user_id"], config),
    )
    columns = PHOTOS.schema().names
    return Selection(
        photos={
            split: PHOTOS.conform(placed.filter(pl.col("split") == split).select(columns).to_arrow())
            for split in SPLITS
        },
        unused=UNUSED_PHOTOS.conform(
            judged.filter(pl.col("reason").is_not_null()).select("photo_id", "reason").to_arrow()
        ),
        without_user=placed["user_id"].null_count(),
    )


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))


def _with_vocabulary_tags(photos: pl.DataFrame, vocabulary: pl.DataFrame) -> pl.DataFrame:
    """Replace `tags` by the vocabulary's among them, by ascending id; add `tag_ids`. Both may be empty."""
    rows = photos.with_row_index("row")
    found = (
        rows.select("row", "tags")
        .explode("tags")
        .join(vocabulary.select("tag_id", "tag"), left_on="tags", right_on="tag", how="inner")
        .sort("row", "tag_id")
        .group_by("row", maintain_order=True)
        .agg(pl.col("tags"), pl.col("tag_id").alias("tag_ids"))
    )
    return (
        rows.drop("tags")
        .join(found, on="row", how="left", maintain_order="left")
        .drop("row")
        .with_columns(pl.col("tags", "tag_ids").fill_null([]))
    )
