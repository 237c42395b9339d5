"""An S3 server of moto's on the local machine."""

import uuid

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from assets.base.storage import Storage


@pytest.fixture
def s3_storage(monkeypatch):
    """A storage in a fresh bucket of a real S3 server."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", f"http://{host}:{port}"),
    ):
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex}"
    filesystem = fsspec.filesystem("s3")
    filesystem.clear_instance_cache()
    fsspec.filesystem("s3").mkdir(bucket)
    try:
        yield Storage(f"s3://{bucket}/collection")
    finally:
        server.stop()
        filesystem.clear_instance_cache()
