"""Tables of embeddings: word vectors, and those of images and hashtags by method."""

import pyarrow as pa

from assets.base.schema import Column, Table
from assets.base.tables.columns import F32, I32, TEXT, photo_id, same

WORD_VECTORS = Table(
    "word_vectors",
    "One row per vocabulary hashtag that has a word vector.",
    (
        same("tag_id", I32, "Hashtag id.", "vocabulary", nullable=False),
        same("tag", TEXT, "Hashtag.", "vocabulary", nullable=False),
        Column("vector", pa.list_(F32), "The word's vector as the file gives it.", (), False),
    ),
    width_of="vector",
)


def image_embeddings(method: str) -> Table:
    """The table of image embeddings of a method."""
    return Table(
        f"image_embeddings_{method}",
        f"One row per photo with an image: its {method.upper()} embedding.",
        (
            photo_id("images.photo_id"),
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


def tag_embeddings(method: str) -> Table:
    """The table of tag embeddings of a method."""
    return Table(
        f"tag_embeddings_{method}",
        f"One row per hashtag: its {method.upper()} embedding.",
        (
            same("tag_id", I32, "Hashtag id.", "vocabulary", nullable=False),
            Column("embedding", pa.list_(F32), "Tag embedding, not normalised.", (), False),
            Column("bias", F32, "Bias of the classifier's row; null for HER."),
        ),
        width_of="embedding",
    )
