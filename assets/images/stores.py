"""Reading image files that are not on the web: local files and objects of a store, bounded in size."""

import os
import stat

from assets.base.stores import open_store, store_errors
from assets.images.locate import Location
from assets.images.outcome import Failure

_CHUNK = 1 << 20


def too_large(max_bytes: int, found: str) -> Failure:
    """The failure of a file over the limit."""
    return Failure("too_large", f"expected at most {max_bytes} bytes, found {found}")


def read_file(path: str, max_bytes: int) -> bytes | Failure:
    """Read a local regular file; a folder, pipe or device is refused without waiting for it.

    Args:
        path: Absolute path.
        max_bytes: Largest size that is read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        return Failure("missing", f"expected a file at {path}, found none")
    except OSError as error:
        return Failure("transient", f"cannot open {path}: {error.strerror}")
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            found = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            return Failure("not_an_image", f"expected a file at {path}, found {found}")
        if status.st_size > max_bytes:
            return too_large(max_bytes, str(status.st_size))
        return _read_bounded(descriptor, max_bytes)
    except OSError as error:
        return Failure("transient", f"cannot read {path}: {error.strerror}")
    finally:
        os.close(descriptor)


def _read_bounded(descriptor: int, max_bytes: int) -> bytes | Failure:
    """All there is, however large the file said it was."""
    pieces: list[bytes] = []
    read = 0
    while piece := os.read(descriptor, min(_CHUNK, max_bytes + 1 - read)):
        pieces.append(piece)
        read += len(piece)
        if read > max_bytes:
            return too_large(max_bytes, "more")
    return b"".join(pieces)


def read_object(location: Location, max_bytes: int) -> bytes | Failure:
    """Read an object of an fsspec store.

    Args:
        location: An fsspec URL; options (keys, anonymous reads) come from fsspec's own configuration.
        max_bytes: Largest size that is read.
    """
    filesystem, path = open_store(location.target)
    try:
        info = filesystem.info(path)
        if info["type"] != "file":
            return Failure("not_an_image", f"expected a file at {location.shown}, found a {info['type']}")
        if info["size"] is not None and info["size"] > max_bytes:
            return too_large(max_bytes, str(info["size"]))
        data = bytes(filesystem.cat_file(path))
    except FileNotFoundError:
        return Failure("missing", f"expected a file at {location.shown}, found none")
    except IsADirectoryError:
        return Failure("not_an_image", f"expected a file at {location.shown}, found a folder")
    except store_errors() as error:
        return Failure("transient", f"cannot read {location.shown}: {type(error).__name__}")
    return too_large(max_bytes, str(len(data))) if len(data) > max_bytes else data
