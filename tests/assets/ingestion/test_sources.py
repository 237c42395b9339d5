"""What a source setting names, and what it says when it names nothing usable."""

import bz2
import re
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest

from assets.ingestion.errors import EmptySourceError, SourceError, UnreachableSourceError
from assets.ingestion.read import read_shards
from assets.ingestion.recognise import recognise
from assets.ingestion.sources import (
    Source,
    absolute_url,
    find_source_files,
    parse_source,
    source_file_key,
)

ROW = b"1\tu" + b"\t" * 21 + b"0\n"


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("yfcc100m:data/*.bz2", "data/*.bz2", "yfcc100m"),
        (" manifest: photos.csv ", "photos.csv", "manifest"),
        ("s3://bucket/x", "s3://bucket/x", None),
        ("sample", "sample", None),
    ],
)
def test_settings_text(text: str, place: str, kind: str | None) -> None:
    source = parse_source(text)
    assert (source.place, source.kind) == (place, kind)
    assert source.is_sample == (text == "sample")


@pytest.mark.parametrize("text", ["", "  ", "yfcc100m:", "manifest: "])
def test_nothing_named(text: str) -> None:
    with pytest.raises(SourceError, match="expected 'sample', or a path, glob or URL"):
        parse_source(text)


def test_files_of_a_pattern_come_sorted_with_keys_and_fingerprints(tmp_path: Path) -> None:
    for name in ("b.tsv", "A File (1).tsv.bz2", "c.txt"):
        (tmp_path / name).write_bytes(b"x" * 7)
    (tmp_path / "folder.tsv").mkdir()
    files = find_source_files(Source(str(tmp_path / "*.tsv*")))
    assert [file.url.rpartition("/")[2] for file in files] == ["A File (1).tsv.bz2", "b.tsv"]
    assert all(re.fullmatch("[a-z0-9-]+", file.key) for file in files)
    assert files[0].key.startswith("a-file-1-tsv-bz2-")
    assert [file.bytes for file in files] == [7, 7]
    again = find_source_files(Source(str(tmp_path / "b.tsv")))
    assert again == files[1:]
    (tmp_path / "b.tsv").write_bytes(b"longer than before")
    (changed,) = find_source_files(Source(str(tmp_path / "b.tsv")))
    assert changed.key == files[1].key
    assert changed.etag != files[1].etag


def test_key_is_stable() -> None:
    assert source_file_key("s3://bucket/yfcc100m_dataset-0.bz2") == "yfcc100m-dataset-0-bz2-1f4a7808"
    assert source_file_key("file:///data/写真").startswith("file-")
    assert len(source_file_key(f"s3://bucket/{'x' * 300}")) == 49


def test_relative_and_absolute_paths_are_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tsv").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert find_source_files(Source("a.tsv")) == find_source_files(Source(str(tmp_path / "a.tsv")))


def test_brackets_in_an_existing_name_are_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].tsv").write_bytes(b"x")
    assert len(find_source_files(Source(str(tmp_path / "a[1].tsv")))) == 1


def test_memory_store() -> None:
    place = f"memory://{uuid.uuid4().hex}"
    with fsspec.open(f"{place}/a.tsv", "wb") as file:
        file.write(ROW)
    (found,) = find_source_files(Source(f"{place}/*.tsv"))
    assert found.url == f"{place}/a.tsv".replace("memory://", "memory:///")
    (shard,) = read_shards(found, recognise(found), 10)
    assert shard.rows == 1


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreachableSourceError, match=r"nowhere\.tsv: there is no such file"):
        find_source_files(Source(str(tmp_path / "nowhere.tsv")))


def test_pattern_without_match(tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError, match="the pattern matches nothing"):
        find_source_files(Source(str(tmp_path / "*.bz2")))
    (tmp_path / "a.bz2").mkdir()
    with pytest.raises(EmptySourceError, match="only 1 folders, no file"):
        find_source_files(Source(str(tmp_path / "*.bz2")))


def test_folder_where_a_file_is_expected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a folder, expected a file of metadata.*/\*\.bz2"):
        find_source_files(Source(str(tmp_path)))


def test_file_without_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").touch()
    with pytest.raises(EmptySourceError, match="found 0 bytes"):
        find_source_files(Source(str(tmp_path / "a.tsv")))


def test_unknown_store() -> None:
    with pytest.raises(SourceError, match="this kind of store cannot be opened"):
        find_source_files(Source("gopher://user:secret@host/x"))


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path.startswith("/a.tsv")
            self.send_response(200 if good else 403)
            self.send_header("Content-Length", str(len(ROW)) if good else "0")
            self.send_header("ETag", '"tag-1"')
            self.end_headers()
            if good and self.command == "GET":
                self.wfile.write(ROW)

        do_HEAD = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *args: object) -> None:
            """Keep the test's output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_http_file_is_read_and_its_signature_is_never_shown(server: str) -> None:
    (file,) = find_source_files(Source(f"http://{server}/a.tsv?signature=SECRET"))
    assert (file.url, file.etag, file.bytes) == (f"http://{server}/a.tsv", "tag-1", len(ROW))
    assert "SECRET" not in repr(file)
    (shard,) = read_shards(file, recognise(file), 10)
    assert shard.raw["photo_id"].to_pylist() == [1]


def test_refused_http_file_is_unreachable_and_keeps_its_secrets(server: str) -> None:
    with pytest.raises(UnreachableSourceError) as caught:
        find_source_files(Source(f"http://user:SECRET@{server}/b.tsv?token=SECRET"))
    assert "SECRET" not in str(caught.value)
    assert f"http://{server}/b.tsv" in str(caught.value)


def test_s3_store(bucket: str) -> None:
    fsspec.filesystem("s3").pipe(f"{bucket}/meta/a.tsv.bz2", bz2.compress(ROW * 1000))
    (file,) = find_source_files(Source(f"s3://{bucket}/meta/*.bz2"))
    assert file.url == f"s3://{bucket}/meta/a.tsv.bz2"
    assert re.fullmatch("[0-9a-f]{32}", file.etag)
    assert sum(shard.rows for shard in read_shards(file, recognise(file), 300)) == 1000
    with pytest.raises(SourceError, match="is a folder"):
        find_source_files(Source(f"s3://{bucket}/meta"))
    with pytest.raises(UnreachableSourceError):
        find_source_files(Source(f"s3://{bucket}/nothing.tsv"))
    with pytest.raises((UnreachableSourceError, EmptySourceError)):
        find_source_files(Source(f"s3://{uuid.uuid4().hex}/*.tsv"))


def test_server_that_is_not_there() -> None:
    with pytest.raises(UnreachableSourceError, match="cannot be reached"):
        find_source_files(Source("http://127.0.0.1:1/a.tsv"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@host/a.tsv?X-Amz-Signature=1#f", "https://host/a.tsv"),
        ("s3://key:secret@bucket/a?.tsv", "s3://bucket/a?.tsv"),
        ("/data/a#b.tsv", "file:///data/a#b.tsv"),
        ("simplecache::https://user:pw@host/a?sig=1", "file:///x::https://host/a"),
    ],
)
def test_absolute_url(url: str, shown: str) -> None:
    assert absolute_url(url).rpartition("::")[2] == shown.rpartition("::")[2]
