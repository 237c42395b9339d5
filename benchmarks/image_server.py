"""A small image server for benchmarks: `python -m benchmarks.image_server FOLDER`, files from memory, keep-alive.

It costs little, and says what: `GET /cpu` answers with the seconds of processor time that it has used.
"""

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_END = b"\r\n\r\n"
_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True)
class ImageServer:
    """A running server: where its files are, and what it has cost."""

    url: str

    def cpu(self) -> float:
        """Seconds of processor time that the server has used so far."""
        with urllib.request.urlopen(f"{self.url}/cpu", timeout=_TIMEOUT) as answer:  # noqa: S310 - http, our own
            return float(answer.read())


@contextmanager
def image_server(folder: Path) -> Iterator[ImageServer]:
    """A server of a folder's files in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.image_server", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None, "it was asked for"
        try:
            yield ImageServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    """Answers one request after the other; whoever says so gets the connection closed."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while _END in self._waiting:
            head, _, self._waiting = self._waiting.partition(_END)
            path = head.split(b" ", 2)[1]
            if path == b"/cpu":
                self._transport.write(_answer(f"{time.process_time():.6f}".encode(), b"text/plain"))
            else:
                self._transport.write(self._answers.get(path, _MISSING))
            if b"connection: close" in head.lower() or b" HTTP/1.0" in head:
                self._transport.close()


def _answer(body: bytes, kind: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (kind, len(body), body)


_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


async def _serve(answers: dict[bytes, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(answers), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    files = Path(sys.argv[1]).iterdir()
    asyncio.run(_serve({f"/{path.name}".encode(): _answer(path.read_bytes(), b"image/jpeg") for path in files}))
