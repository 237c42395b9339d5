"""A real image server with every way of going wrong; it counts what it is asked for."""

import asyncio
import io
import threading
from collections import Counter
from collections.abc import Awaitable, Callable

import numpy as np
from aiohttp import web
from PIL import Image


def draw(
    seed: int = 0,
    size: tuple[int, int] = (120, 80),
    mode: str = "RGB",
    form: str = "JPEG",
    **options: object,
) -> bytes:
    """A smooth picture, encoded."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


class ImageServer:
    """Serves `/<behaviour>/<anything>` and counts what it is asked for."""

    def __init__(self, good: bytes, host: str = "127.0.0.1", port: int = 0) -> None:
        self.good = good
        self.host = host
        self.port = port
        self.peers: set[tuple[str, int]] = set()
        self.asked: Counter[str] = Counter()
        self.times: dict[str, list[float]] = {}
        self.headers: list[dict[str, str]] = []
        self.under_way: Counter[str] = Counter()  # by the name that the host was called
        self.most_under_way = 0
        self.most_by_host: Counter[str] = Counter()
        self.pause = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/{behaviour}/{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.times.setdefault(request.path, []).append(asyncio.get_running_loop().time())
        self.headers.append(dict(request.headers))
        if request.transport is not None:
            self.peers.add(request.transport.get_extra_info("peername"))
        self.under_way[request.host] += 1
        self.most_under_way = max(self.most_under_way, self.under_way.total())
        self.most_by_host[request.host] = max(self.most_by_host[request.host], self.under_way[request.host])
        try:
            if self.pause:
                await asyncio.sleep(self.pause)
            behaviour: Callable[[web.Request], Awaitable[web.StreamResponse]] = getattr(
                self, "on_" + request.match_info["behaviour"].replace("-", "_")
            )
            return await behaviour(request)
        finally:
            self.under_way[request.host] -= 1

    async def on_good(self, _: web.Request) -> web.Response:
        return web.Response(body=self.good, content_type="image/jpeg")

    async def on_status(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["rest"].split("/")[0]), text="no")

    async def on_busy(self, request: web.Request) -> web.Response:
        """429 with Retry-After first, then good."""
        if self.asked[request.path] == 1:
            return web.Response(status=429, headers={"Retry-After": "1"})
        return await self.on_good(request)

    async def on_leave_me(self, _: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "3600"})

    async def on_shaky(self, request: web.Request) -> web.Response:
        """500 twice, then good."""
        if self.asked[request.path] <= 2:
            return web.Response(status=500)
        return await self.on_good(request)

    async def on_slow(self, request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return await self.on_good(request)

    async def on_endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(10_000))
        except (ConnectionError, asyncio.CancelledError):
            return response

    async def on_trickle(self, request: web.Request) -> web.StreamResponse:
        """A byte now and then: every read is in time, the whole never is."""
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"\xff")
                await asyncio.sleep(0.1)
        except (ConnectionError, asyncio.CancelledError):
            return response

    async def on_huge(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(200_000), content_type="image/jpeg")

    async def on_cut(self, request: web.Request) -> web.StreamResponse:
        """Says how long it is and hangs up half-way."""
        response = web.StreamResponse(headers={"Content-Length": str(len(self.good))})
        await response.prepare(request)
        await response.write(self.good[: len(self.good) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    async def on_half(self, _: web.Request) -> web.Response:
        """A whole answer, half a picture."""
        return web.Response(body=self.good[: len(self.good) // 2], content_type="image/jpeg")

    async def on_text(self, _: web.Request) -> web.Response:
        return web.Response(text="<html>Sign in to see this picture</html>", content_type="image/jpeg")

    async def on_page(self, _: web.Request) -> web.Response:
        return web.Response(text="<html>Sign in to see this picture</html>", content_type="text/html")

    async def on_empty(self, _: web.Request) -> web.Response:
        return web.Response(body=b"", content_type="image/jpeg")

    async def on_loop(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(request.path)

    async def on_moved(self, request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"/good/{request.match_info['rest']}")

    async def on_to(self, request: web.Request) -> web.Response:
        """Redirects to the address in the query."""
        raise web.HTTPFound(request.query["url"])

    async def on_taken_down(self, _: web.Request) -> web.Response:
        raise web.HTTPFound("/good/photo_unavailable.png")
