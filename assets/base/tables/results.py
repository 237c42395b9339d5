"""Tables of the evaluation: queries, rankings and results."""

from dataclasses import replace

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.tables.columns import F32, F64, I16, I32, I64, TEXT, photo_id, place, same

RETRIEVAL_QUERIES = Table(
    "retrieval_queries",
    "One row per query: a hashtag, with or without a place.",
    (
        Column("query_id", I64, "Query id, contiguous from 0.", (), False),
        Column("kind", TEXT, "photo (a test photo's hashtag and place) or tag (no place).", (), False),
        Column("tag_id", I32, "The hashtag asked for.", ("photos.tag_ids",), False),
        *place("photos", nullable=True),
        Column(
            "photo_id",
            I64,
            "The test photo that the query was made from; null for kind tag.",
            ("photos.photo_id",),
        ),
    ),
)

RETRIEVAL_RANKINGS = Table(
    "retrieval_rankings",
    "One row per query and rank: which test photo a model puts there.",
    (
        same("query_id", I64, "Query id.", "retrieval_queries", nullable=False),
        Column("rank", I16, "1 for the best.", (), False),
        photo_id("photos.photo_id"),
        Column("score", F32, "The model's score.", (), False),
        Column(
            "distance_km",
            F64,
            "Distance to the query's place in km; null without a place.",
            ("photos.latitude", "photos.longitude"),
        ),
        Column(
            "has_tag",
            pa.bool_(),
            "True if the photo carries the hashtag asked for.",
            ("photos.tag_ids",),
            False,
        ),
    ),
    ("model",),
)

TAGGING_RANKINGS = Table(
    "tagging_rankings",
    "One row per test photo and rank: which hashtag a model puts there.",
    (
        photo_id("photos.photo_id"),
        Column("rank", I16, "1 for the best.", (), False),
        same("tag_id", I32, "Hashtag id.", "vocabulary", nullable=False),
        Column("score", F32, "The model's score.", (), False),
        Column("is_correct", pa.bool_(), "True if the photo carries the hashtag.", ("photos.tag_ids",), False),
    ),
    ("model",),
)

TAGGING_RANKINGS_NO_PLACES = replace(
    TAGGING_RANKINGS,
    name="tagging_rankings_no_places",
    description="As tagging_rankings, of hashtags that are no names of places, for photos that carry such a hashtag.",
)

RETRIEVAL_RESULTS = Table(
    "retrieval_results",
    "One row per model, average, granularity and slice.",
    (
        Column("model", TEXT, "Model key.", (), False),
        Column("average", TEXT, "query (every query counts once) or tag (every hashtag counts once).", (), False),
        Column("granularity", TEXT, "agnostic, continent, country, region, city or street.", (), False),
        Column("distance_km", F64, "Distance within which an image counts, in km; null for agnostic."),
        Column(
            "precision_at_10",
            F64,
            "Precision at 10, 0 to 100.",
            ("retrieval_rankings.has_tag", "retrieval_rankings.distance_km"),
        ),
        Column("queries", I64, "Queries averaged over.", ("retrieval_rankings.query_id",), False),
        Column(
            "slice",
            TEXT,
            "all; continent:<two letters> of the query's place; frequency:1 (most frequent third of the hashtags asked "
            "for) to 3; no_places (hashtags that are no names of places); no_self (rankings without the query's own "
            "photo).",
            ("photos.continent", "retrieval_queries.tag_id", "vocabulary.is_place", "retrieval_rankings.photo_id"),
            False,
        ),
        Column("seed", I64, "Seed of the training.", (), False),
        Column("note", TEXT, "Why a figure is missing."),
    ),
)

TAGGING_RESULTS = Table(
    "tagging_results",
    "One row per model and slice.",
    (
        Column("model", TEXT, "Model key.", (), False),
        Column(
            "accuracy_at_1",
            F64,
            "Photos whose first hashtag is right, in percent.",
            ("tagging_rankings.is_correct",),
        ),
        Column(
            "accuracy_at_10",
            F64,
            "Photos with a right hashtag among the first ten, in percent.",
            ("tagging_rankings.is_correct",),
        ),
        Column(
            "predicted_tags_pct",
            F64,
            "Distinct hashtags predicted, in percent of the test photos' distinct hashtags.",
            ("tagging_rankings.tag_id",),
        ),
        Column(
            "correctly_predicted_tags_pct",
            F64,
            "Distinct hashtags predicted rightly, in the same percent.",
            ("tagging_rankings.tag_id", "tagging_rankings.is_correct"),
        ),
        Column("photos", I64, "Test photos.", ("tagging_rankings.photo_id",), False),
        Column(
            "slice",
            TEXT,
            "all; continent:<two letters> of the photo; frequency:1 (most frequent third of their hashtags) to 3, "
            "where only its hashtags count, for photos that carry one; no_places, from tagging_rankings_no_places.",
            ("photos.continent", "photos.tag_ids", "tagging_rankings_no_places.is_correct"),
            False,
        ),
        Column("seed", I64, "Seed of the training.", (), False),
        Column("note", TEXT, "Why a figure is missing."),
    ),
)
