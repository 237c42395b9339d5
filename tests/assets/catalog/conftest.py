"""A storage on a real S3 server."""

from collections.abc import Iterator

import pytest
from object_store import s3_served

from assets.base.storage import Storage


@pytest.fixture
def s3_storage() -> Iterator[Storage]:
    """A storage in a fresh bucket."""
    with s3_served() as (bucket, _):
        yield Storage(f"{bucket}/collection")
