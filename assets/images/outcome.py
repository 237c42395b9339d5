"""What can become of a wanted photo's image: the words of the column `status`, failures, images as stored.

Only `transient` may ever be asked for again; every other failure is permanent.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["ok", "missing", "transient", "undecodable", "too_large", "not_an_image"]
STATUSES: tuple[Status, ...] = get_args(Status)
OK: Status = "ok"
MISSING: Status = "missing"
TRANSIENT: Status = "transient"

UNAVAILABLE = "the picture that stands for a photo that was taken down"
"""Why a photo is missing whose image is known by its hash to be none."""


def words(counts: Counter[str]) -> str:
    """Counts by status in words, the most frequent first."""
    return ", ".join(f"{count:,} {status}" for status, count in counts.most_common()) or "none"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no image of a photo.

    Attributes:
        status: One of `STATUSES`, never `ok`.
        error: One sentence that says what was expected and what was found, without secrets.
    """

    status: Status
    error: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is made of every image.

    Attributes:
        short_side: Short side of the result in pixels; smaller images keep their size.
        jpeg_quality: Quality of the result, 1 to 100.
        max_pixels: Largest image that is decoded, in pixels.
    """

    short_side: int
    jpeg_quality: int
    max_pixels: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image as it is stored.

    Attributes:
        jpeg: The resized image, RGB, upright, without metadata.
        width: Its width in pixels.
        height: Its height in pixels.
        sha256: Hash of the original bytes, hexadecimal.
    """

    jpeg: bytes
    width: int
    height: int
    sha256: str
