"""Tables of images: the pictures themselves, and what became of those that were asked for."""

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.tables.columns import F64, I16, I32, I64, TEXT, photo_id

IMAGES = Table(
    "images",
    "One row per photo whose image was fetched, decoded and resized; photos that are no longer wanted stay.",
    (
        photo_id("photos.photo_id"),
        Column("jpeg", pa.binary(), "The resized image as JPEG.", ("photos.download_url",), False),
        Column("width", I32, "Width in pixels.", (), False),
        Column("height", I32, "Height in pixels.", (), False),
        Column("sha256", TEXT, "SHA-256 of the original bytes, hexadecimal.", (), False),
    ),
    ("shard",),
)

IMAGE_STATUS = Table(
    "image_status",
    "One row per wanted photo: what became of its image; photos that are no longer wanted keep their row.",
    (
        photo_id("photos.photo_id"),
        Column("status", TEXT, "ok, missing, transient, undecodable, too_large or not_an_image.", (), False),
        Column("attempts", I16, "How often it was asked for.", (), False),
        Column("error", TEXT, "What went wrong, if anything."),
        Column("location", TEXT, "Where it was asked for in vain, without credentials; null where there is an image."),
    ),
    ("shard",),
)

IMAGE_SURVIVORSHIP = Table(
    "image_survivorship",
    "One row per value of a dimension: how many of its wanted images are there, and what became of the others.",
    (
        Column("dimension", TEXT, "all, year (the photo was taken), continent or license.", (), False),
        Column(
            "value",
            TEXT,
            "Value of the dimension; null where the photo does not say.",
            ("photos.taken_at", "photos.continent", "photos.license"),
        ),
        Column("wanted", I64, "Wanted photos whose image was asked for.", ("photos.photo_id",), False),
        Column("ok", I64, "Photos whose image is there.", ("image_status.status",), False),
        Column("missing", I64, "Photos whose image is gone.", ("image_status.status",), False),
        Column(
            "transient", I64, "Photos whose image failed for a reason that may pass.", ("image_status.status",), False
        ),
        Column(
            "other",
            I64,
            "Photos whose image cannot be used: undecodable, too large, or no image.",
            ("image_status.status",),
            False,
        ),
        Column("share_ok", F64, "Share of the wanted images that are there, 0 to 1.", ("image_status.status",), False),
    ),
)
