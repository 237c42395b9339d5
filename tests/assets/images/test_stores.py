import os
import socket

import fsspec
import pytest

from assets.images.locate import Location
from assets.images.outcome import Failure
from assets.images.stores import read_file, read_object


def failure(answer: bytes | Failure) -> Failure:
    assert isinstance(answer, Failure)
    return answer


def test_a_file_is_read_whole(tmp_path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(range(256)) * 10_000)
    assert read_file(str(path), 3_000_000) == path.read_bytes()
    assert failure(read_file(str(path), 2_559_999)).status == "too_large"
    path.write_bytes(b"")
    assert read_file(str(path), 10) == b""


def test_a_file_that_is_not_there_is_missing(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert failure(read_file(str(tmp_path / "gone.jpg"), 10)).status == "missing"
    assert failure(read_file(str(tmp_path / "file" / "gone.jpg"), 10)).status == "missing"


def test_what_is_no_regular_file_is_refused_at_once(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.jpg"))
        found = {name: read_file(str(tmp_path / name), 10) for name in ("", "pipe.jpg", "socket.jpg")}
    assert "a folder" in failure(found[""]).error
    assert failure(found["pipe.jpg"]).status == "not_an_image"
    assert failure(found["socket.jpg"]).status == "transient"
    assert failure(read_file("/dev/zero", 10)).status == "not_an_image"


def test_a_file_without_a_size_is_bounded_too() -> None:
    assert failure(read_file("/proc/self/maps", 10)).status == "too_large"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_transient(tmp_path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    path.chmod(0)
    assert failure(read_file(str(path), 10)).status == "transient"


def test_an_object_of_a_store() -> None:
    fsspec.filesystem("memory").pipe({"/stores-test/a.jpg": b"12345"})

    def read(name: str, most: int = 10) -> bytes | Failure:
        return read_object(Location("store", f"memory://stores-test/{name}"), most)

    assert read("a.jpg") == b"12345"
    assert failure(read("a.jpg", 4)).status == "too_large"
    assert failure(read("gone.jpg")).status == "missing"
    assert failure(read("")).status == "not_an_image"
