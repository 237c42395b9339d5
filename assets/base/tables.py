"""The data contract: every published table, its columns, their meaning and where they come from.

Names and columns given here are fixed; whoever adds a column adds it here first.
What a table or column *is* lives in `assets.base.schema`.
"""

from dataclasses import replace

import pyarrow as pa

from assets.base.keys import METHODS
from assets.base.schema import Column, Table

_TEXT = pa.string()
_TAGS = pa.list_(pa.string())
_F64 = pa.float64()
_F32 = pa.float32()
_I64 = pa.int64()
_I32 = pa.int32()
_I16 = pa.int16()
_STAMP = pa.timestamp("us")


def _photo_id(origin: str = "") -> Column:
    return Column("photo_id", _I64, "Photo id, unique in the collection.", (origin,) if origin else (), False)


def _same(name: str, kind: pa.DataType, description: str, upstream: str, *, nullable: bool = True) -> Column:
    return Column(name, kind, description, (f"{upstream}.{name}",), nullable)


def _place(upstream: str, *, nullable: bool = False) -> tuple[Column, Column]:
    return (
        _same("latitude", _F64, "Latitude in degrees, -90 to 90.", upstream, nullable=nullable),
        _same("longitude", _F64, "Longitude in degrees, -180 to 180.", upstream, nullable=nullable),
    )


SOURCE_FILES = Table(
    "source_files",
    "One row per ingested file of metadata.",
    (
        Column("url", _TEXT, "Where the file was read from, without credentials.", (), False),
        Column(
            "format",
            _TEXT,
            "How it was read: yfcc100m or manifest, layout and compression, a limit of rows.",
            (),
            False,
        ),
        Column("registered", _I32, "Order in which the file was registered, from 0.", (), False),
        Column("bytes", _I64, "Size of the file as stored.", (), False),
        Column("etag", _TEXT, "Fingerprint of the stored file: etag, or size and time of change.", (), False),
        Column("rows", _I64, "Rows in the file, or up to the limit; readable or not.", (), False),
        Column("rejected_rows", _I64, "Rows that could not be read.", (), False),
        Column("taken_down", _I64, "Rows of photos that were taken down: in no other table.", (), False),
        Column("shards", _I32, "Shards the file was cut into.", (), False),
    ),
    ("source_file",),
)

RAW_PHOTOS = Table(
    "raw_photos",
    "One row per readable row of a source file, typed and decoded, nothing filtered.",
    (
        Column("photo_id", _I64, "Photo id; a manifest's other ids become a stable 63-bit hash.", (), False),
        Column("source_id", _TEXT, "Photo id as the source wrote it.", (), False),
        Column("hash", _TEXT, "Download hash: names the image in YFCC100M's bucket layout."),
        Column("user_id", _TEXT, "Who took the photo."),
        Column("taken_at", _STAMP, "When it was taken, local time without zone."),
        Column("title", _TEXT, "Title, decoded."),
        Column("description", _TEXT, "Description, decoded."),
        Column("tags", _TAGS, "Hashtags as written by the user, decoded.", (), False),
        Column("machine_tags", _TAGS, "Machine tags, decoded.", (), False),
        Column("longitude", _F64, "Longitude in degrees as given; null where missing."),
        Column("latitude", _F64, "Latitude in degrees as given; null where missing."),
        Column("accuracy", _I16, "Flickr's accuracy of the location, 1 (world) to 16 (street)."),
        Column("page_url", _TEXT, "The photo's page."),
        Column("download_url", _TEXT, "Where the image is."),
        Column("license", _TEXT, "Name of the licence."),
        Column("extension", _TEXT, "File extension of the original, lower case."),
        Column("is_video", pa.bool_(), "True for a video.", (), False),
        Column("source_file", _TEXT, "Key of the source file.", (), False),
        Column("line_number", _I64, "Line (or row) in the source file, from 1; in SQLite the rowid.", (), False),
    ),
    ("shard",),
)

REJECTED_ROWS = Table(
    "rejected_rows",
    "One row per row of a source file that could not be read.",
    (
        Column("source_file", _TEXT, "Key of the source file.", (), False),
        Column("line_number", _I64, "Line (or row) in the source file, from 1; in SQLite the rowid.", (), False),
        Column("reason", _TEXT, "Why it could not be read.", (), False),
        Column("text", _TEXT, "The row's beginning, bytes that are no text escaped.", (), False),
    ),
    ("shard",),
)

GEOTAGGED_PHOTOS = Table(
    "geotagged_photos",
    "One row per photo that passes the filters, with normalised tags.",
    (
        _photo_id("raw_photos.photo_id"),
        _same("user_id", _TEXT, "Who took the photo.", "raw_photos"),
        _same("taken_at", _STAMP, "When it was taken, local time without zone.", "raw_photos"),
        _same("title", _TEXT, "Title, decoded.", "raw_photos"),
        Column("tags", _TAGS, "Hashtags, normalised, each once.", ("raw_photos.tags",), False),
        *_place("raw_photos"),
        _same("license", _TEXT, "Name of the licence.", "raw_photos"),
        _same("download_url", _TEXT, "Where the image is.", "raw_photos"),
        _same("hash", _TEXT, "Download hash.", "raw_photos"),
        _same("line_number", _I64, "Line in the source file, from 1.", "raw_photos", nullable=False),
    ),
    ("shard",),
)

DROPPED_PHOTOS = Table(
    "dropped_photos",
    "One row per raw row that a filter dropped.",
    (
        _photo_id("raw_photos.photo_id"),
        Column("reason", _TEXT, "Why it was dropped: the first filter it failed.", (), False),
        _same("line_number", _I64, "Line in the source file, from 1.", "raw_photos", nullable=False),
    ),
    ("shard",),
)

DUPLICATE_PHOTOS = Table(
    "duplicate_photos",
    "One row per shard for each photo id that is found in more than one shard.",
    (
        _photo_id("geotagged_photos.photo_id"),
        Column("shard_key", _TEXT, "Shard that holds this row.", (), False),
        Column("kept", pa.bool_(), "True in the shard whose row is kept.", (), False),
    ),
)

TAG_COUNTS = Table(
    "tag_counts",
    "One row per hashtag of a shard.",
    (
        Column("tag", _TEXT, "Normalised hashtag.", ("geotagged_photos.tags",), False),
        Column("photos", _I64, "Photos of the shard that carry it.", ("geotagged_photos.photo_id",), False),
    ),
    ("shard",),
)

VOCABULARY = Table(
    "vocabulary",
    "One row per hashtag that models learn.",
    (
        Column("tag_id", _I32, "0 for the most frequent hashtag kept, contiguous.", ("tag_counts.photos",), False),
        Column("tag", _TEXT, "Normalised hashtag.", ("tag_counts.tag",), False),
        Column("photos", _I64, "Geotagged photos that carry it.", ("tag_counts.photos",), False),
        Column("users", _I64, "Distinct users of those photos.", ("geotagged_photos.user_id",), False),
        Column(
            "is_place",
            pa.bool_(),
            "True if it is the name of a city, country or continent.",
            ("tag_counts.tag",),
            False,
        ),
    ),
)

SKIPPED_TAGS = Table(
    "skipped_tags",
    "The most frequent hashtags, which the vocabulary leaves out.",
    (
        Column("rank", _I32, "0 for the most frequent.", ("tag_counts.photos",), False),
        Column("tag", _TEXT, "Normalised hashtag.", ("tag_counts.tag",), False),
        Column("photos", _I64, "Geotagged photos that carry it.", ("tag_counts.photos",), False),
    ),
)

PHOTOS = Table(
    "photos",
    "One row per photo that models may see: the splits.",
    (
        _photo_id("geotagged_photos.photo_id"),
        _same("user_id", _TEXT, "Who took the photo.", "geotagged_photos"),
        _same("taken_at", _STAMP, "When it was taken, local time without zone.", "geotagged_photos"),
        Column(
            "tags",
            _TAGS,
            "Vocabulary hashtags, in the order of `tag_ids`.",
            ("geotagged_photos.tags",),
            False,
        ),
        Column(
            "tag_ids",
            pa.list_(_I32),
            "Their ids, ascending.",
            ("geotagged_photos.tags", "vocabulary.tag_id"),
            False,
        ),
        *_place("geotagged_photos"),
        Column(
            "city",
            _TEXT,
            "Nearest city in GeoNames.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        Column(
            "country",
            _TEXT,
            "That city's country, two letters.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        Column(
            "continent",
            _TEXT,
            "That country's continent, two letters.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        _same("license", _TEXT, "Name of the licence.", "geotagged_photos"),
        _same("download_url", _TEXT, "Where the image is.", "geotagged_photos"),
        _same("hash", _TEXT, "Download hash.", "geotagged_photos"),
    ),
    ("split", "shard"),
)

UNUSED_PHOTOS = Table(
    "unused_photos",
    "One row per geotagged photo that is in no split.",
    (
        _photo_id("geotagged_photos.photo_id"),
        Column("reason", _TEXT, "no_vocabulary_tag, too_many_tags or duplicate.", (), False),
    ),
    ("shard",),
)

IMAGES = Table(
    "images",
    "One row per photo whose image was fetched, decoded and resized; photos that are no longer wanted stay.",
    (
        _photo_id("photos.photo_id"),
        Column("jpeg", pa.binary(), "The resized image as JPEG.", ("photos.download_url",), False),
        Column("width", _I32, "Width in pixels.", (), False),
        Column("height", _I32, "Height in pixels.", (), False),
        Column("sha256", _TEXT, "SHA-256 of the original bytes, hexadecimal.", (), False),
    ),
    ("shard",),
)

IMAGE_STATUS = Table(
    "image_status",
    "One row per wanted photo: what became of its image; photos that are no longer wanted keep their row.",
    (
        _photo_id("photos.photo_id"),
        Column("status", _TEXT, "ok, missing, transient, undecodable, too_large or not_an_image.", (), False),
        Column("attempts", _I16, "How often it was asked for.", (), False),
        Column("error", _TEXT, "What went wrong, if anything."),
        Column("location", _TEXT, "Where it was asked for in vain, without credentials; null where there is an image."),
    ),
    ("shard",),
)

IMAGE_SURVIVORSHIP = Table(
    "image_survivorship",
    "One row per value of a dimension: how many of its wanted images are there, and what became of the others.",
    (
        Column("dimension", _TEXT, "all, year (the photo was taken), continent or license.", (), False),
        Column(
            "value",
            _TEXT,
            "Value of the dimension; null where the photo does not say.",
            ("photos.taken_at", "photos.continent", "photos.license"),
        ),
        Column("wanted", _I64, "Wanted photos whose image was asked for.", ("photos.photo_id",), False),
        Column("ok", _I64, "Photos whose image is there.", ("image_status.status",), False),
        Column("missing", _I64, "Photos whose image is gone.", ("image_status.status",), False),
        Column(
            "transient", _I64, "Photos whose image failed for a reason that may pass.", ("image_status.status",), False
        ),
        Column(
            "other",
            _I64,
            "Photos whose image cannot be used: undecodable, too large, or no image.",
            ("image_status.status",),
            False,
        ),
        Column("share_ok", _F64, "Share of the wanted images that are there, 0 to 1.", ("image_status.status",), False),
    ),
)

WORD_VECTORS = Table(
    "word_vectors",
    "One row per vocabulary hashtag that has a word vector.",
    (
        _same("tag_id", _I32, "Hashtag id.", "vocabulary", nullable=False),
        _same("tag", _TEXT, "Hashtag.", "vocabulary", nullable=False),
        Column("vector", pa.list_(_F32), "The word's vector as the file gives it.", (), False),
    ),
    width_of="vector",
)


def _image_embeddings(method: str) -> Table:
    return Table(
        f"image_embeddings_{method}",
        f"One row per photo with an image: its {method.upper()} embedding.",
        (
            _photo_id("images.photo_id"),
            Column(
                "embedding",
                pa.list_(pa.float16()),
                "Image embedding, not normalised.",
                ("images.jpeg",),
                False,
            ),
        ),
        ("shard",),
        "embedding",
    )


def _tag_embeddings(method: str) -> Table:
    return Table(
        f"tag_embeddings_{method}",
        f"One row per hashtag: its {method.upper()} embedding.",
        (
            _same("tag_id", _I32, "Hashtag id.", "vocabulary", nullable=False),
            Column("embedding", pa.list_(_F32), "Tag embedding, not normalised.", (), False),
            Column("bias", _F32, "Bias of the classifier's row; null for HER."),
        ),
        width_of="embedding",
    )


RETRIEVAL_QUERIES = Table(
    "retrieval_queries",
    "One row per query: a hashtag, with or without a place.",
    (
        Column("query_id", _I64, "Query id, contiguous from 0.", (), False),
        Column("kind", _TEXT, "photo (a test photo's hashtag and place) or tag (no place).", (), False),
        Column("tag_id", _I32, "The hashtag asked for.", ("photos.tag_ids",), False),
        *_place("photos", nullable=True),
        Column(
            "photo_id",
            _I64,
            "The test photo that the query was made from; null for kind tag.",
            ("photos.photo_id",),
        ),
    ),
)

RETRIEVAL_RANKINGS = Table(
    "retrieval_rankings",
    "One row per query and rank: which test photo a model puts there.",
    (
        _same("query_id", _I64, "Query id.", "retrieval_queries", nullable=False),
        Column("rank", _I16, "1 for the best.", (), False),
        _photo_id("photos.photo_id"),
        Column("score", _F32, "The model's score.", (), False),
        Column(
            "distance_km",
            _F64,
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
        _photo_id("photos.photo_id"),
        Column("rank", _I16, "1 for the best.", (), False),
        _same("tag_id", _I32, "Hashtag id.", "vocabulary", nullable=False),
        Column("score", _F32, "The model's score.", (), False),
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
        Column("model", _TEXT, "Model key.", (), False),
        Column("average", _TEXT, "query (every query counts once) or tag (every hashtag counts once).", (), False),
        Column("granularity", _TEXT, "agnostic, continent, country, region, city or street.", (), False),
        Column("distance_km", _F64, "Distance within which an image counts, in km; null for agnostic."),
        Column(
            "precision_at_10",
            _F64,
            "Precision at 10, 0 to 100.",
            ("retrieval_rankings.has_tag", "retrieval_rankings.distance_km"),
        ),
        Column("queries", _I64, "Queries averaged over.", ("retrieval_rankings.query_id",), False),
        Column(
            "slice",
            _TEXT,
            "all; continent:<two letters> of the query's place; frequency:1 (most frequent third of the hashtags asked "
            "for) to 3; no_places (hashtags that are no names of places); no_self (rankings without the query's own "
            "photo).",
            ("photos.continent", "retrieval_queries.tag_id", "vocabulary.is_place", "retrieval_rankings.photo_id"),
            False,
        ),
        Column("seed", _I64, "Seed of the training.", (), False),
        Column("note", _TEXT, "Why a figure is missing."),
    ),
)

TAGGING_RESULTS = Table(
    "tagging_results",
    "One row per model and slice.",
    (
        Column("model", _TEXT, "Model key.", (), False),
        Column(
            "accuracy_at_1",
            _F64,
            "Photos whose first hashtag is right, in percent.",
            ("tagging_rankings.is_correct",),
        ),
        Column(
            "accuracy_at_10",
            _F64,
            "Photos with a right hashtag among the first ten, in percent.",
            ("tagging_rankings.is_correct",),
        ),
        Column(
            "predicted_tags_pct",
            _F64,
            "Distinct hashtags predicted, in percent of the test photos' distinct hashtags.",
            ("tagging_rankings.tag_id",),
        ),
        Column(
            "correctly_predicted_tags_pct",
            _F64,
            "Distinct hashtags predicted rightly, in the same percent.",
            ("tagging_rankings.tag_id", "tagging_rankings.is_correct"),
        ),
        Column("photos", _I64, "Test photos.", ("tagging_rankings.photo_id",), False),
        Column(
            "slice",
            _TEXT,
            "all; continent:<two letters> of the photo; frequency:1 (most frequent third of their hashtags) to 3, "
            "where only its hashtags count, for photos that carry one; no_places, from tagging_rankings_no_places.",
            ("photos.continent", "photos.tag_ids", "tagging_rankings_no_places.is_correct"),
            False,
        ),
        Column("seed", _I64, "Seed of the training.", (), False),
        Column("note", _TEXT, "Why a figure is missing."),
    ),
)


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
        Column("training", _TEXT, "What was trained, such as mcc or retrieval_raw.", (), False),
        Column("split", _TEXT, "photo, or user: trained on photos of other users than those tested.", (), False),
        Column("steps", _I64, "Optimiser steps.", (), False),
        Column("batch_size", _I64, "Photos or anchors per step.", (), False),
        Column("learning_rate_area", _F64, "Sum of the learning rate over the steps.", (), False),
        Column("weights", _I64, "Weights trained.", (), False),
        Column("training_photos", _I64, "Photos learnt from.", (), False),
        Column("loss", _F64, "Training loss over the last steps.", (), False),
        Column("validation_loss", _F64, "Loss on validation photos after the last step; null where there are none."),
        Column("validation", _TEXT, "All validation metrics after the last step, as JSON.", (), False),
        Column("config", _TEXT, "Configuration of the training, as JSON.", (), False),
    ),
    ("seed",),
)

STUDY_SCORES = Table(
    "study_scores",
    "One row per model, measure and query or tagged photo: what the paired tests compare.",
    (
        Column("model", _TEXT, "Model key.", (), False),
        Column("slice", _TEXT, "all, or users_apart: trained on photos of other users than those tested.", (), False),
        Column("measure", _TEXT, "precision_at_10, accuracy_at_1, or another measure of docs/study.md.", (), False),
        Column("granularity", _TEXT, "agnostic, continent, country, region, city or street; null for tagging."),
        Column("query_id", _I64, "The study's query; null for tagging."),
        Column(
            "photo_id", _I64, "The test photo asked with or tagged; null for a hashtag alone.", ("photos.photo_id",)
        ),
        Column("value", _F64, "The measure, 0 to 100.", (), False),
    ),
    ("seed",),
)

STUDY_TAGGINGS = Table(
    "study_taggings",
    "One row per tagging model and test photo: its first ten hashtags.",
    (
        Column("model", _TEXT, "Model key.", (), False),
        Column("slice", _TEXT, "all, or users_apart.", (), False),
        _photo_id("photos.photo_id"),
        Column("tag_ids", pa.list_(_I32), "Hashtag ids, best first.", ("vocabulary.tag_id",), False),
        Column("is_correct", pa.list_(pa.bool_()), "Whether the photo carries each.", ("photos.tag_ids",), False),
    ),
    ("seed",),
)

_TESTED = (
    Column("effect", _F64, "Mean paired difference in points, as the paper has it if positive; null if not tested."),
    Column("effect_low", _F64, "Lower end of its 95 % interval over users."),
    Column("effect_high", _F64, "Upper end of its 95 % interval over users."),
    Column(
        "p_value",
        _F64,
        "p of a paired test over users, of no difference or of one (docs/study.md).",
    ),
    Column("seeds", _I32, "Seeds that it rests on.", (), False),
    Column("verdict", _TEXT, "holds, does not, or undecided.", (), False),
)

CLAIMS = Table(
    "claims",
    "One row per claim of the paper: whether it holds here.",
    (
        Column("claim", _I32, "Number of the claim, 1 to 8.", (), False),
        Column("statement", _TEXT, "The claim.", (), False),
        *_TESTED,
        Column("reason", _TEXT, "How its comparisons went, and which of them decide.", (), False),
        Column("likely_why", _TEXT, "Why it probably does not hold; of the sample world's study alone."),
    ),
)

CLAIM_PARTS = Table(
    "claim_parts",
    "One row per comparison that a claim is made of.",
    (
        Column("claim", _I32, "Number of the claim.", ("claims.claim",), False),
        Column("part", _TEXT, "The comparison.", (), False),
        *_TESTED,
        Column("higher", _F64, "Mean of the side that the paper has higher, over seeds."),
        Column("lower", _F64, "Mean of the other side, over seeds."),
    ),
)

WORLD_PROPERTIES = Table(
    "world_properties",
    "One row per property of the sample world, beside the range that it was made for.",
    (
        Column("property", _TEXT, "What was measured.", (), False),
        Column("value", _F64, "Measured: a share 0 to 1, of a precision or an accuracy percent, or a number."),
        Column("low", _F64, "Least value that meets the criterion; null where there is none."),
        Column("high", _F64, "Greatest value that meets the criterion; null where there is none."),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SOURCE_FILES,
        RAW_PHOTOS,
        REJECTED_ROWS,
        GEOTAGGED_PHOTOS,
        DROPPED_PHOTOS,
        DUPLICATE_PHOTOS,
        TAG_COUNTS,
        VOCABULARY,
        SKIPPED_TAGS,
        PHOTOS,
        UNUSED_PHOTOS,
        IMAGES,
        IMAGE_STATUS,
        IMAGE_SURVIVORSHIP,
        WORD_VECTORS,
        *(_image_embeddings(method) for method in METHODS),
        *(_tag_embeddings(method) for method in METHODS),
        RETRIEVAL_QUERIES,
        RETRIEVAL_RANKINGS,
        TAGGING_RANKINGS,
        TAGGING_RANKINGS_NO_PLACES,
        RETRIEVAL_RESULTS,
        TAGGING_RESULTS,
        STUDY_RUNS,
        STUDY_RETRIEVAL_RESULTS,
        STUDY_TAGGING_RESULTS,
        STUDY_SCORES,
        STUDY_TAGGINGS,
        CLAIMS,
        CLAIM_PARTS,
        WORLD_PROPERTIES,
    )
}
