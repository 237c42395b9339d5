"""A photo that is no part of the collection: read, decoded and embedded as the pipeline does it with its own."""

from pathlib import Path

import torch
from torch import Tensor

from assets.base.profiles.sections.images import ImageConfig
from assets.images.collect import sizes_of
from assets.images.decode import decode
from assets.images.outcome import Decoded, Failure
from assets.images.read import decode_square
from assets.images.stores import read_file
from assets.search.errors import SearchError
from models.embedding import EmbeddingModel
from models.extract import extract

UNNAMED = "the photo"


def read_photo(photo: str | Path | bytes, config: ImageConfig) -> tuple[str, bytes]:
    """Name and bytes of a photo.

    Args:
        photo: A local file, or its bytes.
        config: The largest file that is read.

    Raises:
        SearchError: There is no such file, it is none, or it is too large.
    """
    if isinstance(photo, bytes):
        return UNNAMED, photo
    if photo == "":
        raise SearchError("photo '': expected the path of an image file, found nothing")
    path = Path(photo)
    data = read_file(str(path.absolute()), config.max_bytes)
    if isinstance(data, Failure):
        raise SearchError(f"photo {path.name}: {data.error}")
    return path.name, data


def as_stored(name: str, data: bytes, config: ImageConfig) -> Decoded:
    """A photo as the collection stores it.

    Args:
        name: What it is called in messages.
        data: The file.
        config: Sizes.

    Raises:
        SearchError: It is no image, too large, or damaged.
    """
    found = decode(data, sizes_of(config))
    if isinstance(found, Failure):
        raise SearchError(f"photo {name}: {found.error}")
    return found


def seen_by(network: EmbeddingModel, jpeg: bytes) -> Tensor:
    """The embedding of a photo as it is stored.

    Args:
        network: On the device that is to be used.
        jpeg: The stored form.

    Returns:
        float16 [1, D], not normalised, on the CPU.

    Raises:
        OverflowedEmbeddingError: It is not finite.
    """
    return torch.from_numpy(extract(network, decode_square(jpeg, network.architecture.image_side)[None]))
