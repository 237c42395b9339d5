"""What the tests of ingestion share: files on disk as source files, a web server, a bucket, where the real data are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from given_sources import FileServer, found
from hypothesis import settings
from object_store import s3_served

from assets.ingestion.sources import SourceFile

# The same examples every time, and no clock: a busy machine is no failure.
settings.register_profile("ingestion", deadline=None, derandomize=True)
settings.load_profile("ingestion")

REAL = Path(__file__).parents[3] / "../shared/data"


@pytest.fixture
def real_rows() -> Path:
    """Folder of real YFCC100M rows; the test is skipped without it."""
    folder = REAL / "yfcc100m"
    if not folder.is_dir():
        pytest.skip("the real YFCC100M rows are not on this machine")
    return folder.resolve()


@pytest.fixture
def real_manifest() -> Path:
    """A real manifest of photos around Sydney; the test is skipped without it."""
    path = REAL / "sydneytrainwalks/photos.csv"
    if not path.is_file():
        pytest.skip("the real manifest is not on this machine")
    return path.resolve()


@pytest.fixture
def source_file(tmp_path: Path) -> Callable[[str, bytes], SourceFile]:
    """Writes a file and finds it as a source file."""

    def write(name: str, data: bytes) -> SourceFile:
        path = tmp_path / name
        path.write_bytes(data)
        return found(path)

    return write


@pytest.fixture
def web() -> Iterator[FileServer]:
    """A web server without files, which a test gives it."""
    with FileServer() as server:
        yield server


@pytest.fixture
def bucket() -> Iterator[str]:
    """An empty bucket of a real S3 server."""
    with s3_served() as (url, _):
        yield url.removeprefix("s3://")
