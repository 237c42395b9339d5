"""What is shown of a URL never holds what opens it."""

import pytest

from assets.base.urls import public_source, public_url, without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@host:8443/a.tsv?X-Amz-Signature=1#f", "https://host:8443/a.tsv"),
        ("HTTPS://host?sig=1", "HTTPS://host"),
        ("https://host/a?token", "https://host/a"),
        ("s3://key:secret@bucket/part-?.tsv", "s3://bucket/part-?.tsv"),
        ("ftp://me:secret@host/a.jpg?token=secret", "ftp://host/a.jpg"),
        ("simplecache::https://user:pw@host/a?sig=1", "simplecache::https://host/a"),
        ("http://[broken/a?sig=1", "http://[broken/a"),
        ("/data/a#b?.tsv", "/data/a#b?.tsv"),
    ],
)
def test_public_url(url: str, shown: str) -> None:
    assert public_url(url) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("sample", "sample"),
        ("photos.csv", "photos.csv"),
        ("manifest:https://me:pw@host/photos.csv?sig=1", "manifest:https://host/photos.csv"),
        ("yfcc100m: https://me:pw@host/a.bz2?sig=1", "yfcc100m: https://host/a.bz2"),
        ("yfcc100m:/yfcc/yfcc100m_dataset-?.bz2", "yfcc100m:/yfcc/yfcc100m_dataset-?.bz2"),
    ],
)
def test_public_source(source: str, shown: str) -> None:
    assert public_source(source) == shown


def test_errors_lose_their_secrets() -> None:
    error = OSError("GET https://user:pw@host/a?sig=1: no\nmore")
    assert without_secrets(error) == "GET https://host/a no"
