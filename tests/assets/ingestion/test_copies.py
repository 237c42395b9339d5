"""A remote file is copied once, gone on with after a kill, and never taken for what it is not."""

import logging
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest
from given_sources import FileServer, found

from assets.base import progress
from assets.ingestion import copies
from assets.ingestion.copies import copy_file
from assets.ingestion.errors import DamagedSourceError, SourceError, UnreachableSourceError

ROOT = Path(__file__).parents[3]
LOG = logging.getLogger("tests")
DATA = bytes(number * 7 % 251 for number in range(300_001))
PIECE = 10_000

CHILD = f"""
import logging, sys
from pathlib import Path
from types import SimpleNamespace
from assets.ingestion import copies
from assets.ingestion.sources import Source, find_source_files

copies.PIECE_BYTES = {PIECE}
(file,) = find_source_files(Source(sys.argv[1]))
copies.copy_file(file, Path(sys.argv[2]), logging.getLogger("child"))
"""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(copies, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(copies, "LONGEST_WAIT", 0.002)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copies/a"


@pytest.fixture
def served(web: FileServer) -> FileServer:
    web.files["a.sql"] = DATA
    return web


def pieces(server: FileServer) -> list[tuple[int, int]]:
    """Pieces asked for, without the byte that only tries whether pieces are given."""
    return sorted(piece for _, piece in server.asked if piece is not None and piece != (1, 2))


@pytest.mark.parametrize("protocol", ["http", "memory", "s3"])
def test_a_copy_of_any_store(protocol: str, request: pytest.FixtureRequest, folder: Path, web: FileServer) -> None:
    web.files["a.sql"] = DATA
    name = request.getfixturevalue("bucket") if protocol == "s3" else uuid.uuid4().hex
    place = web.url("a.sql") if protocol == "http" else f"{protocol}://{name}/a.sql"
    if protocol != "http":
        with fsspec.open(place, "wb") as target:
            target.write(DATA)
    assert copy_file(found(place), folder, LOG).read_bytes() == DATA


def test_each_byte_is_asked_for_once_and_a_copy_that_is_there_is_taken(served: FileServer, folder: Path) -> None:
    path = copy_file(found(served.url("a.sql")), folder, LOG)
    starts = range(0, len(DATA), PIECE)
    assert pieces(served) == [(start, min(start + PIECE, len(DATA))) for start in starts]
    served.asked.clear()
    assert copy_file(found(served.url("a.sql")), folder, LOG) == path
    assert served.asked == []


def test_killed_it_goes_on_where_it_was(served: FileServer, folder: Path) -> None:
    served.pause = 0.02
    child = subprocess.Popen([sys.executable, "-c", CHILD, served.url("a.sql"), str(folder)], cwd=ROOT)
    part = folder / "part"
    while child.poll() is None and not (part.exists() and part.stat().st_size >= 5 * PIECE):
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "it ended before it could be killed"
    there = part.stat().st_size
    assert 0 < there < len(DATA)
    assert part.read_bytes() == DATA[:there]
    served.asked.clear()
    assert copy_file(found(served.url("a.sql")), folder, LOG).read_bytes() == DATA
    assert pieces(served)[0][0] == there
    assert sum(stop - start for start, stop in pieces(served)) == len(DATA) - there


def test_answers_that_break_off_are_asked_for_again(served: FileServer, folder: Path) -> None:
    file = found(served.url("a.sql"))
    served.broken = 3
    assert copy_file(file, folder, LOG).read_bytes() == DATA


def test_a_server_that_is_lost_and_comes_back(served: FileServer, folder: Path) -> None:
    file = found(f"{served.url('a.sql')}?token=secret")
    folder.mkdir(parents=True)
    (folder / "part").write_bytes(b"of nothing known")
    served.broken = 10_000
    with pytest.raises(
        UnreachableSourceError, match=r"its copy stopped at byte 0 of 300,001, where the next run goes on \(Client"
    ) as caught:
        copy_file(file, folder, LOG)
    assert "secret" not in str(caught.value)
    served.broken = 0
    assert copy_file(file, folder, LOG).read_bytes() == DATA


def test_another_version_is_copied_anew(served: FileServer, folder: Path) -> None:
    copy_file(found(served.url("a.sql")), folder, LOG)
    served.files["a.sql"], served.etags["a.sql"] = DATA[::-1], "tag-2"
    assert copy_file(found(served.url("a.sql")), folder, LOG).read_bytes() == DATA[::-1]
    (folder / "whole").replace(folder / "part")
    served.etags["a.sql"] = "tag-3"
    assert copy_file(found(served.url("a.sql")), folder, LOG).read_bytes() == DATA[::-1]


@pytest.mark.parametrize(("data", "etag"), [(DATA[::-1], "tag-2"), (DATA + b"x", "tag-1")])
def test_a_file_that_changes_while_it_is_copied(served: FileServer, folder: Path, data: bytes, etag: str) -> None:
    file = found(served.url("a.sql"))
    served.files["a.sql"], served.etags["a.sql"] = data, etag
    with pytest.raises(
        DamagedSourceError, match=r"a\.sql changed while it was read, from 300,001 bytes \(etag tag-1\)"
    ):
        copy_file(file, folder, LOG)
    assert [path.name for path in folder.iterdir()] == ["version.json"]
    assert copy_file(found(served.url("a.sql")), folder, LOG).read_bytes() == data


def test_a_file_that_becomes_shorter(served: FileServer, folder: Path) -> None:
    file = found(served.url("a.sql"))
    served.files["a.sql"] = DATA[:100_000]
    with pytest.raises(UnreachableSourceError, match="its copy stopped at byte 80,000 of 300,001"):
        copy_file(file, folder, LOG)


def test_a_server_that_gives_no_pieces(served: FileServer, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    served.pieces = False
    file = found(served.url("a.sql"))
    folder.mkdir(parents=True)
    served.broken = 1_000
    with pytest.raises(UnreachableSourceError, match="its copy stopped at byte"):
        copy_file(file, folder, LOG)
    served.broken = 0
    assert copy_file(file, folder, LOG).read_bytes() == DATA
    assert "its server gives no pieces of a file; after a kill it is copied from its beginning" in caplog.text


def test_a_full_disk(served: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=200_000))
    with pytest.raises(
        SourceError,
        match=rf"its copy needs 300\.0 kB in {folder}, where 200\.0 kB are free: set LOCSENS_WORK .*--limit-rows",
    ):
        copy_file(found(served.url("a.sql")), folder, LOG)
    (folder / "part").write_bytes(DATA[:150_000])  # what is there already needs no room
    assert copy_file(found(served.url("a.sql")), folder, LOG).read_bytes() == DATA


def test_progress_is_told(
    served: FileServer, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with caplog.at_level(logging.INFO):
        copy_file(found(f"{served.url('a.sql')}?token=secret"), folder, LOG)
    told = [line for line in caplog.messages if line.startswith("copying")]
    assert told[-1] == f"copying {served.url('a.sql')}: 300.0 kB of 300.0 kB"
    assert "secret" not in caplog.text
