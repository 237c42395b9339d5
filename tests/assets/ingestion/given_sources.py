"""Sources made for a test: databases as the public bucket's, files found on disk, a web server that can go wrong."""

import re
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Self

from assets.ingestion.database_table import COLUMNS
from assets.ingestion.sources import Source, SourceFile, find_source_files

GOOD = {
    "photoid": 7,
    "uid": "39089491@N00",
    "datetaken": "2012-02-16 09:56:37.0",
    "title": "IMG%5F0520",
    "usertags": "key+west,%E5%85%83",
    "longitude": "-81.804885",
    "latitude": "24.550558",
    "accuracy": "12",
    "downloadurl": "http://example.org/1.jpg",
    "licensename": "Attribution License",
    "ext": "JPG",
    "marker": "0",
}
"""Fields of a row in which all is well; the others are empty."""


class Text(bytes):
    """Bytes that a database is to hold as text, whatever they are."""

    __slots__ = ()


def write_database(
    path: Path,
    rows: Iterable[Sequence[Any] | Mapping[str, Any]],
    table: str = "yfcc100m_dataset",
    types: Mapping[str, str] | None = None,
) -> Path:
    """Write rows into a table, which is made if it is not there.

    Args:
        path: The database.
        rows: 23 values each, or what differs from a good row, its `rowid` perhaps among it.
        table: Name of the table.
        types: Declared types of columns, none by default: values stay what they are.
    """
    declared = ", ".join(f"{column} {(types or {}).get(column, '')}" for column in COLUMNS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({declared})')
        for row in rows:
            fields = GOOD | row if isinstance(row, Mapping) else zip(COLUMNS, row, strict=True)
            values = dict.fromkeys(COLUMNS, "") | dict(fields)
            marks = ", ".join("CAST(? AS TEXT)" if isinstance(value, Text) else "?" for value in values.values())
            plain = [bytes(value) if isinstance(value, Text) else value for value in values.values()]
            connection.execute(f'INSERT INTO "{table}" ({", ".join(values)}) VALUES ({marks})', plain)
    return path


def found(place: object) -> SourceFile:
    """The one source file at a place."""
    (file,) = find_source_files(Source(str(place)))
    return file


@dataclass
class FileServer:
    """A web server with files, by default one that gives pieces of them; a context manager.

    Attributes:
        files: Content by path.
        etags: Etag by path, where it is not that of every file.
        pieces: Whether it gives pieces of a file.
        pause: Seconds before an answer.
        broken: So many answers from now on break off in the middle of their content.
        asked: Path, first and last byte of every piece asked for; None for a whole file.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    pieces: bool = True
    pause: float = 0.0
    broken: int = 0
    asked: list[tuple[str, tuple[int, int] | None]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                owner._answer(self, with_content=False)

            def do_GET(self) -> None:
                owner._answer(self, with_content=True)

            def log_message(self, *args: object) -> None:
                """Keep the test's output quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def url(self, path: str) -> str:
        """Address of a file."""
        return f"http://127.0.0.1:{self._http.server_port}/{path}"

    def _answer(self, request: BaseHTTPRequestHandler, *, with_content: bool) -> None:
        path = request.path.lstrip("/").partition("?")[0]
        data = self.files.get(path)
        if data is None:
            request.send_response(404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", "")) if self.pieces else None
        start, stop = (int(wanted[1]), min(int(wanted[2]) + 1, len(data))) if wanted else (0, len(data))
        if with_content:
            with self._lock:
                self.asked.append((path, (start, stop) if wanted else None))
                breaks = self.broken > 0
                self.broken -= breaks
            time.sleep(self.pause)
        else:
            breaks = False
        request.send_response(206 if wanted else 200)
        if wanted:
            request.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        request.send_header("Content-Length", str(stop - start))
        request.send_header("ETag", f'"{self.etags.get(path, "tag-1")}"')
        request.end_headers()
        if with_content:
            try:
                request.wfile.write(data[start : start + (stop - start) // 2] if breaks else data[start:stop])
            except ConnectionError:
                breaks = True  # a client that was killed, or that has seen enough
        if breaks:
            request.close_connection = True
