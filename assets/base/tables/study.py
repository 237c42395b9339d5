"""Tables of the study: its trainings, what they score, and its verdicts on the claims."""

from dataclasses import replace

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.tables.columns import F64, I32, I64, TEXT, photo_id
from assets.base.tables.results import RETRIEVAL_RESULTS, TAGGING_RESULTS


def _of_study(table: Table) -> Table:
    """A table of results as the study publishes it: the seed is its folder."""
    columns = tuple(column for column in table.columns if column.name != "seed")
    return replace(table, name=f"study_{table.name}", columns=columns, folders=("seed",))


STUDY_RETRIEVAL_RESULTS = _of_study(RETRIEVAL_RESULTS)
STUDY_TAGGING_RESULTS = _of_study(TAGGING_RESULTS)

STUDY_RUNS = Table(
    "study_runs",
    "One row per training of the study.",
    (
        Column("training", TEXT, "What was trained, such as mcc or retrieval_raw.", (), False),
        Column("split", TEXT, "photo, or user: trained on photos of other users than those tested.", (), False),
        Column("steps", I64, "Optimiser steps.", (), False),
        Column("batch_size", I64, "Photos or anchors per step.", (), False),
        Column("learning_rate_area", F64, "Sum of the learning rate over the steps.", (), False),
        Column("weights", I64, "Weights trained.", (), False),
        Column("training_photos", I64, "Photos learnt from.", (), False),
        Column("loss", F64, "Training loss over the last steps.", (), False),
        Column("validation_loss", F64, "Loss on validation photos after the last step; null where there are none."),
        Column("validation", TEXT, "All validation metrics after the last step, as JSON.", (), False),
        Column("config", TEXT, "Configuration of the training, as JSON.", (), False),
    ),
    ("seed",),
)

STUDY_SCORES = Table(
    "study_scores",
    "One row per model, measure and query or tagged photo: what the paired tests compare.",
    (
        Column("model", TEXT, "Model key.", (), False),
        Column("slice", TEXT, "all, or users_apart: trained on photos of other users than those tested.", (), False),
        Column("measure", TEXT, "precision_at_10, accuracy_at_1, or another measure of docs/study.md.", (), False),
        Column("granularity", TEXT, "agnostic, continent, country, region, city or street; null for tagging."),
        Column("query_id", I64, "The study's query; null for tagging."),
        Column("photo_id", I64, "The test photo asked with or tagged; null for a hashtag alone.", ("photos.photo_id",)),
        Column("value", F64, "The measure, 0 to 100.", (), False),
    ),
    ("seed",),
)

STUDY_TAGGINGS = Table(
    "study_taggings",
    "One row per tagging model and test photo: its first ten hashtags.",
    (
        Column("model", TEXT, "Model key.", (), False),
        Column("slice", TEXT, "all, or users_apart.", (), False),
        photo_id("photos.photo_id"),
        Column("tag_ids", pa.list_(I32), "Hashtag ids, best first.", ("vocabulary.tag_id",), False),
        Column("is_correct", pa.list_(pa.bool_()), "Whether the photo carries each.", ("photos.tag_ids",), False),
    ),
    ("seed",),
)

_TESTED = (
    Column("effect", F64, "Mean paired difference in points, as the paper has it if positive; null if not tested."),
    Column("effect_low", F64, "Lower end of its 95 % interval over users."),
    Column("effect_high", F64, "Upper end of its 95 % interval over users."),
    Column(
        "p_value",
        F64,
        "p of a paired test over users, of no difference or of one (docs/study.md).",
    ),
    Column("seeds", I32, "Seeds that it rests on.", (), False),
    Column("verdict", TEXT, "holds, does not, or undecided.", (), False),
)

CLAIMS = Table(
    "claims",
    "One row per claim of the paper: whether it holds here.",
    (
        Column("claim", I32, "Number of the claim, 1 to 8.", (), False),
        Column("statement", TEXT, "The claim.", (), False),
        *_TESTED,
        Column("reason", TEXT, "How its comparisons went, and which of them decide.", (), False),
        Column("likely_why", TEXT, "Why it probably does not hold; of the sample world's study alone."),
    ),
)

CLAIM_PARTS = Table(
    "claim_parts",
    "One row per comparison that a claim is made of.",
    (
        Column("claim", I32, "Number of the claim.", ("claims.claim",), False),
        Column("part", TEXT, "The comparison.", (), False),
        *_TESTED,
        Column("higher", F64, "Mean of the side that the paper has higher, over seeds."),
        Column("lower", F64, "Mean of the other side, over seeds."),
    ),
)

WORLD_PROPERTIES = Table(
    "world_properties",
    "One row per property of the sample world, beside the range that it was made for.",
    (
        Column("property", TEXT, "What was measured.", (), False),
        Column("value", F64, "Measured: a share 0 to 1, of a precision or an accuracy percent, or a number."),
        Column("low", F64, "Least value that meets the criterion; null where there is none."),
        Column("high", F64, "Greatest value that meets the criterion; null where there is none."),
    ),
)
