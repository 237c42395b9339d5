"""Tables of photos and hashtags: what was read, what was kept and what not, the vocabulary and the splits."""

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.tables.columns import F64, I16, I32, I64, STAMP, TAGS, TEXT, photo_id, place, same

_LINE = "Line in the source file, from 1; of a manifest its row, the header not counted; in SQLite the rowid."

SOURCE_FILES = Table(
    "source_files",
    "One row per ingested file of metadata.",
    (
        Column("url", TEXT, "Where the file was read from, without credentials.", (), False),
        Column(
            "format",
            TEXT,
            "How it was read: yfcc100m or manifest, layout and compression, a limit of rows.",
            (),
            False,
        ),
        Column("registered", I32, "Order in which the file was registered, from 0.", (), False),
        Column("bytes", I64, "Size of the file as stored.", (), False),
        Column("etag", TEXT, "Fingerprint of the stored file: etag, or size and time of change.", (), False),
        Column("rows", I64, "Rows in the file, or up to the limit; readable or not.", (), False),
        Column("rejected_rows", I64, "Rows that could not be read.", (), False),
        Column("taken_down", I64, "Rows of photos that were taken down: in no other table.", (), False),
        Column("shards", I32, "Shards the file was cut into.", (), False),
    ),
    ("source_file",),
)

RAW_PHOTOS = Table(
    "raw_photos",
    "One row per readable row of a source file, typed and decoded, nothing filtered.",
    (
        Column("photo_id", I64, "Photo id; a manifest's other ids become a stable 63-bit hash.", (), False),
        Column("source_id", TEXT, "Photo id as the source wrote it.", (), False),
        Column("hash", TEXT, "Download hash: names the image in YFCC100M's bucket layout."),
        Column("user_id", TEXT, "Who took the photo."),
        Column("taken_at", STAMP, "When it was taken, local time without zone."),
        Column("title", TEXT, "Title, decoded."),
        Column("description", TEXT, "Description, decoded."),
        Column("tags", TAGS, "Hashtags as written by the user, decoded.", (), False),
        Column("machine_tags", TAGS, "Machine tags, decoded.", (), False),
        Column("longitude", F64, "Longitude in degrees as given; null where missing."),
        Column("latitude", F64, "Latitude in degrees as given; null where missing."),
        Column("accuracy", I16, "Flickr's accuracy of the location, 1 (world) to 16 (street)."),
        Column("page_url", TEXT, "The photo's page."),
        Column("download_url", TEXT, "Where the image is."),
        Column("license", TEXT, "Name of the licence."),
        Column("extension", TEXT, "File extension of the original, lower case."),
        Column("is_video", pa.bool_(), "True for a video.", (), False),
        Column("source_file", TEXT, "Key of the source file.", (), False),
        Column("line_number", I64, _LINE, (), False),
    ),
    ("shard",),
)

REJECTED_ROWS = Table(
    "rejected_rows",
    "One row per row of a source file that could not be read.",
    (
        Column("source_file", TEXT, "Key of the source file.", (), False),
        Column("line_number", I64, _LINE, (), False),
        Column("reason", TEXT, "Why it could not be read.", (), False),
        Column("text", TEXT, "The row's beginning, bytes that are no text escaped.", (), False),
    ),
    ("shard",),
)

GEOTAGGED_PHOTOS = Table(
    "geotagged_photos",
    "One row per photo that passes the filters, with normalised tags.",
    (
        photo_id("raw_photos.photo_id"),
        same("user_id", TEXT, "Who took the photo.", "raw_photos"),
        same("taken_at", STAMP, "When it was taken, local time without zone.", "raw_photos"),
        same("title", TEXT, "Title, decoded.", "raw_photos"),
        Column("tags", TAGS, "Hashtags, normalised, each once.", ("raw_photos.tags",), False),
        *place("raw_photos"),
        same("license", TEXT, "Name of the licence.", "raw_photos"),
        same("download_url", TEXT, "Where the image is.", "raw_photos"),
        same("hash", TEXT, "Download hash.", "raw_photos"),
        same("line_number", I64, "Line in the source file, from 1.", "raw_photos", nullable=False),
    ),
    ("shard",),
)

DROPPED_PHOTOS = Table(
    "dropped_photos",
    "One row per raw row that a filter dropped.",
    (
        photo_id("raw_photos.photo_id"),
        Column("reason", TEXT, "Why it was dropped: the first filter it failed.", (), False),
        same("line_number", I64, "Line in the source file, from 1.", "raw_photos", nullable=False),
    ),
    ("shard",),
)

DUPLICATE_PHOTOS = Table(
    "duplicate_photos",
    "One row per shard for each photo id that is found in more than one shard.",
    (
        photo_id("geotagged_photos.photo_id"),
        Column("shard_key", TEXT, "Shard that holds this row.", (), False),
        Column("kept", pa.bool_(), "True in the shard whose row is kept.", (), False),
    ),
)

TAG_COUNTS = Table(
    "tag_counts",
    "One row per hashtag of a shard.",
    (
        Column("tag", TEXT, "Normalised hashtag.", ("geotagged_photos.tags",), False),
        Column("photos", I64, "Photos of the shard that carry it.", ("geotagged_photos.photo_id",), False),
    ),
    ("shard",),
)

VOCABULARY = Table(
    "vocabulary",
    "One row per hashtag that models learn.",
    (
        Column("tag_id", I32, "0 for the most frequent hashtag kept, contiguous.", ("tag_counts.photos",), False),
        Column("tag", TEXT, "Normalised hashtag.", ("tag_counts.tag",), False),
        Column("photos", I64, "Geotagged photos that carry it.", ("tag_counts.photos",), False),
        Column("users", I64, "Distinct users of those photos.", ("geotagged_photos.user_id",), False),
        Column(
            "is_place",
            pa.bool_(),
            "True if it is the name of a city, country or continent, also a word that some city happens to be called.",
            ("tag_counts.tag",),
            False,
        ),
    ),
)

SKIPPED_TAGS = Table(
    "skipped_tags",
    "The most frequent hashtags, which the vocabulary leaves out.",
    (
        Column("rank", I32, "0 for the most frequent.", ("tag_counts.photos",), False),
        Column("tag", TEXT, "Normalised hashtag.", ("tag_counts.tag",), False),
        Column("photos", I64, "Geotagged photos that carry it.", ("tag_counts.photos",), False),
    ),
)

PHOTOS = Table(
    "photos",
    "One row per photo that models may see: the splits.",
    (
        photo_id("geotagged_photos.photo_id"),
        same("user_id", TEXT, "Who took the photo.", "geotagged_photos"),
        same("taken_at", STAMP, "When it was taken, local time without zone.", "geotagged_photos"),
        Column(
            "tags",
            TAGS,
            "Vocabulary hashtags, in the order of `tag_ids`.",
            ("geotagged_photos.tags",),
            False,
        ),
        Column(
            "tag_ids",
            pa.list_(I32),
            "Their ids, ascending.",
            ("geotagged_photos.tags", "vocabulary.tag_id"),
            False,
        ),
        *place("geotagged_photos"),
        Column(
            "city",
            TEXT,
            "Nearest city in GeoNames; if that is a quarter of a greater one, the greater one.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        Column(
            "country",
            TEXT,
            "That city's country, two letters.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        Column(
            "continent",
            TEXT,
            "That country's continent, two letters.",
            ("geotagged_photos.latitude", "geotagged_photos.longitude"),
        ),
        same("license", TEXT, "Name of the licence.", "geotagged_photos"),
        same("download_url", TEXT, "Where the image is.", "geotagged_photos"),
        same("hash", TEXT, "Download hash.", "geotagged_photos"),
    ),
    ("split", "shard"),
)

UNUSED_PHOTOS = Table(
    "unused_photos",
    "One row per geotagged photo that is in no split.",
    (
        photo_id("geotagged_photos.photo_id"),
        Column("reason", TEXT, "no_vocabulary_tag, too_many_tags or duplicate.", (), False),
    ),
    ("shard",),
)
