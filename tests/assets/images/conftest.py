"""The image server, and settings to fetch from it quickly."""

import socket
from collections.abc import Callable, Iterator

import pytest
from image_server import ImageServer, draw

from assets.base.profiles.sections.images import ImageConfig

Draw = Callable[..., bytes]


@pytest.fixture(scope="session")
def picture() -> Draw:
    """Draws a smooth picture and encodes it: `picture(seed, size, mode, format, **save options)`."""

    return draw


@pytest.fixture
def config() -> ImageConfig:
    """Small, quick settings."""
    return ImageConfig(
        short_side=48,
        part_size=8,
        max_bytes=100_000,
        concurrency=8,
        requests_per_second=10_000,
        connect_timeout=2,
        read_timeout=0.5,
        total_timeout=1.0,
        max_redirects=3,
        retry_wait=0.01,
        max_wait=2.0,
        tries=3,
        max_attempts=6,
        decode_workers=1,
    )


@pytest.fixture
def server(picture: Draw) -> Iterator[ImageServer]:
    """A running image server."""
    one = ImageServer(picture(1))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
