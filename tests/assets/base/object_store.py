"""A real S3 server for tests (moto's, over http), and a proxy before it that fails by a seeded schedule."""

import asyncio
import logging
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import fsspec
import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer
from yarl import URL

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}

FAULTS = ("500", "slow_down", "cut_put", "cut_after_put", "cut_get")
"""`cut_put`: half of the body arrives and is handed on; `cut_after_put`: it arrives whole, its answer does not;
`cut_get`: half of an answer."""

Schedule = Callable[[int, str], str]
"""From the number of a request and its method to a fault, empty for none."""


def now_and_then(seed: int, share: float) -> Schedule:
    """Each request fails with that probability, as its number and the seed say."""

    def fault(number: int, method: str) -> str:
        draw = random.Random(f"{seed} {number}")
        if draw.random() >= share:
            return ""
        possible = {"PUT": FAULTS[:4], "GET": ("500", "slow_down", "cut_get")}
        return draw.choice(possible.get(method, FAULTS[:2]))

    return fault


class FaultyProxy:
    """Hands requests on to a server, but for those that its schedule lets fail.

    Attributes:
        schedule: What fails; may be changed while it runs.
        requests: How many requests came.
        failed: How often which fault was made.
    """

    def __init__(self, server: str, schedule: Schedule) -> None:
        self.schedule = schedule
        self.requests = 0
        self.failed: Counter[str] = Counter()
        self._server = URL(server)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> str:
        """Begin to serve; returns the address."""
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(20)

    def stop(self) -> None:
        """End."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _start(self) -> str:
        self._client = aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"])
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        fault = self.schedule(self.requests, request.method)
        self.failed[fault] += bool(fault)
        if fault in ("500", "slow_down"):
            await request.read()
            code, status = {"500": ("InternalError", 500), "slow_down": ("SlowDown", 503)}[fault]
            text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>try again</Message></Error>"
            return web.Response(status=status, text=text, content_type="application/xml")
        body = await request.read()
        assert request.transport is not None
        if fault == "cut_put":
            await self._hand_on_half(request, body)
            request.transport.abort()
            return web.Response()
        status, headers, content = await self._handed_on(request, body)
        if fault == "cut_after_put":
            request.transport.abort()
            return web.Response()
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = int(headers.get("Content-Length", len(content)))
        await response.prepare(request)
        if fault == "cut_get":
            await response.write(content[: len(content) // 2])
            request.transport.close()
            return response
        await response.write(content)
        return response

    def _url(self, request: web.Request) -> URL:
        return URL(f"{self._server.origin()}{request.raw_path}", encoded=True)

    async def _handed_on(self, request: web.Request, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        url, headers = self._url(request), _end_to_end(request.headers)
        async with self._client.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            return answer.status, _end_to_end(answer.headers), await answer.read()

    async def _hand_on_half(self, request: web.Request, body: bytes) -> None:
        """The server gets the head and half of the body, then the connection ends."""
        assert self._server.host is not None
        assert self._server.port is not None
        _, writer = await asyncio.open_connection(self._server.host, self._server.port)
        lines = [f"{request.method} {request.raw_path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in _end_to_end(request.headers).items()]
        lines += [f"Content-Length: {len(body)}"] if "Content-Length" not in request.headers else []
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body[: len(body) // 2])
        await writer.drain()
        writer.close()


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    own = {"connection", "transfer-encoding", "expect", "keep-alive", "date", "server"}
    return {name: value for name, value in headers.items() if name.lower() not in own}


@contextmanager
def s3_served(schedule: Schedule | None = None, **settings: object) -> Iterator[tuple[str, FaultyProxy | None]]:
    """An S3 server with a fresh bucket, as `s3://` is understood within the block.

    Args:
        schedule: Puts a proxy before the server that fails by it.
        **settings: fsspec's settings of `s3` within the block.

    Yields:
        The URL of the bucket, and the proxy.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    proxy = None if schedule is None else FaultyProxy(address, schedule)
    bucket = f"bucket-{uuid.uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": address}.items():
            patch.setenv(name, value)
        filesystem = fsspec.get_filesystem_class("s3")
        filesystem.clear_instance_cache()
        fsspec.filesystem("s3").mkdir(bucket)
        filesystem.clear_instance_cache()
        if proxy is not None:
            patch.setenv("AWS_ENDPOINT_URL", proxy.start())
        patch.setitem(fsspec.config.conf, "s3", settings)
        try:
            yield f"s3://{bucket}", proxy
        finally:
            filesystem.clear_instance_cache()
            if proxy is not None:
                proxy.stop()
            server.stop()
