"""The data contract: every published table, its columns, their meaning and where they come from.

Names and columns given here are fixed; whoever adds a column adds it here first, in the module of its stage.
What a table or column *is* lives in `assets.base.schema`.
"""

from assets.base.keys import METHODS
from assets.base.schema import Table
from assets.base.tables.embeddings import WORD_VECTORS, image_embeddings, tag_embeddings
from assets.base.tables.images import IMAGE_STATUS, IMAGE_SURVIVORSHIP, IMAGES
from assets.base.tables.photos import (
    DROPPED_PHOTOS,
    DUPLICATE_PHOTOS,
    GEOTAGGED_PHOTOS,
    PHOTOS,
    RAW_PHOTOS,
    REJECTED_ROWS,
    SKIPPED_TAGS,
    SOURCE_FILES,
    TAG_COUNTS,
    UNUSED_PHOTOS,
    VOCABULARY,
)
from assets.base.tables.results import (
    RETRIEVAL_QUERIES,
    RETRIEVAL_RANKINGS,
    RETRIEVAL_RESULTS,
    TAGGING_RANKINGS,
    TAGGING_RANKINGS_NO_PLACES,
    TAGGING_RESULTS,
)
from assets.base.tables.study import (
    CLAIM_PARTS,
    CLAIMS,
    STUDY_RETRIEVAL_RESULTS,
    STUDY_RUNS,
    STUDY_SCORES,
    STUDY_TAGGING_RESULTS,
    STUDY_TAGGINGS,
    WORLD_PROPERTIES,
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
        *(image_embeddings(method) for method in METHODS),
        *(tag_embeddings(method) for method in METHODS),
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
