"""Three photos and six queries, for tests of results by hand."""

import polars as pl

from assets.evaluation.candidates import to_test_photos

PHOTOS = to_test_photos(
    pl.DataFrame(
        {
            "photo_id": [1, 2, 3],
            "latitude": [0.0, 0.0, 10.0],
            "longitude": [0.0, 0.1, 10.0],
            "continent": ["EU", "EU", "AS"],
            "tag_ids": [[0, 1], [1], [2]],
        },
        schema_overrides={"tag_ids": pl.List(pl.Int32)},
    )
)
QUERIES = pl.DataFrame(
    {
        "query_id": [0, 1, 2, 3, 4, 5],
        "kind": ["photo", "photo", "photo", "tag", "tag", "tag"],
        "tag_id": [1, 1, 2, 0, 1, 2],
        "latitude": [0.0, 0.0, 10.0, None, None, None],
        "longitude": [0.0, 0.1, 10.0, None, None, None],
        "photo_id": [1, 2, 3, None, None, None],
    }
)
