"""Fetching over http: bounded in time, size, redirects and pace, and polite to every host.

One `Web` serves one event loop. What is asked for, and what an answer means for a photo, is decided here; the
pace of each host in `assets.images.pace`, how many photos are under way at once in `assets.images.collect`.
"""

import ipaddress
import re
import socket
import time
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import aiohttp
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)
from yarl import URL

from assets.base.profiles.sections.images import ImageConfig
from assets.base.urls import public_url, without_secrets
from assets.images.outcome import Failure
from assets.images.pace import Pace, retry_after_seconds
from assets.images.stores import too_large

USER_AGENT = f"LocSens/{version('locsens')} (collecting images for research)"

_SCHEMES = {"http", "https"}
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {404, 410}
_LATER = {408, 425, 429}
# where Flickr sends one for a photo that was taken down
_UNAVAILABLE = re.compile(r"/photo_unavailable[^/]*$")
_CHUNK = 1 << 16
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class _TransientError(Exception):
    """It may work when asked again.

    Attributes:
        retry_after: Seconds that the host asks to wait, 0 if it does not say.
        unreachable: Whether there was no connection at all.
    """

    def __init__(self, sentence: str, retry_after: float = 0.0, *, unreachable: bool = False) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.unreachable = unreachable


class _PrivateAddressError(OSError):
    """A redirect leads to an address that is not of the public internet."""


def is_public(address: str) -> bool:
    """Whether an address is of the public internet, also where an IPv6 address stands for one of IPv4.

    Args:
        address: As the resolver gives it, not as a URL spells it.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for one resolved address, refused unless the address is public: the name has no say in it."""
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise _PrivateAddressError("it is private or local")
    return socket.socket(family, kind, protocol)


def _host(url: URL) -> str:
    """Scheme, host and port: what has a pace of its own."""
    return f"{url.scheme}://{url.host}:{url.port}"


class Web:
    """Fetches image files over http and https."""

    def __init__(self, config: ImageConfig) -> None:
        self._config = config
        self._pace = Pace(config)

    def _session(self, *, only_public: bool) -> aiohttp.ClientSession:
        config = self._config
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=config.concurrency,
                socket_factory=_public_socket if only_public else None,
            ),
            timeout=aiohttp.ClientTimeout(
                total=config.total_timeout, sock_connect=config.connect_timeout, sock_read=config.read_timeout
            ),
            headers={"User-Agent": USER_AGENT, "Accept": "image/*, */*;q=0.1", "Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a picture needs none, and a bomb would get past the size limit
        )

    async def __aenter__(self) -> Self:
        self._open = self._session(only_public=False)
        self._guarded = self._session(only_public=not self._config.redirect_to_private)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.close()
        await self._guarded.close()

    async def fetch(self, url: str, tries: int) -> tuple[bytes | Failure, int]:
        """Fetch one file, asking again while it fails transiently.

        Args:
            url: http or https.
            tries: Most requests (redirects not counted).

        Returns:
            The bytes or why not, and how many requests were sent.
        """
        sent = 0
        try:
            start = URL(url)
        except (ValueError, TypeError) as error:
            return Failure(
                "missing", f"expected a URL, found {public_url(url)[:200]!r} ({without_secrets(error)})"
            ), sent
        if start.scheme not in _SCHEMES or not start.host:
            return Failure("missing", f"expected a URL of http or https, found {public_url(url)[:200]!r}"), sent
        try:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(tries),
                wait=self._wait,
                retry=retry_if_exception(self._worthwhile),
                reraise=True,
            ):
                with attempt:
                    refusal = await self._pace.wait(_host(start))
                    if refusal is not None:
                        return refusal, sent
                    sent += 1
                    return await self._follow(start), sent
        except _TransientError as error:
            return Failure("transient", str(error)), sent
        raise AssertionError("unreachable: the loop returns or raises")

    def _worthwhile(self, error: BaseException) -> bool:
        """Whether to ask again in this run; a host that asks for a longer pause is left for another one."""
        return isinstance(error, _TransientError) and error.retry_after <= self._config.max_wait

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next request: doubled each time, with jitter, and no less than the host asks for."""
        error = state.outcome.exception() if state.outcome is not None else None
        backoff = wait_exponential_jitter(
            multiplier=self._config.retry_wait, max=self._config.max_wait, jitter=self._config.retry_wait
        )
        return max(backoff(state), error.retry_after if isinstance(error, _TransientError) else 0.0)

    async def _follow(self, start: URL) -> bytes | Failure:
        """One request with its redirects; every host on the way is asked at its own pace.

        Raises:
            _TransientError: It may work when asked again.
        """
        url = start
        for _ in range(self._config.max_redirects + 1):
            if url is not start:
                refusal = await self._pace.wait(_host(url))
                if refusal is not None:
                    return refusal
            answer = await self._ask(self._open if url.origin() == start.origin() else self._guarded, url)
            if not isinstance(answer, URL):
                return answer
            url = answer
            if _UNAVAILABLE.search(url.path):
                return Failure("missing", "the host says that the photo is unavailable")
            if url.scheme not in _SCHEMES or not url.host:
                return Failure("missing", f"expected a redirect to http or https, found {url.scheme!r}")
        return Failure("missing", f"expected at most {self._config.max_redirects} redirects, found more")

    async def _ask(self, session: aiohttp.ClientSession, url: URL) -> bytes | Failure | URL:
        """One exchange, noted in the host's pace."""
        host = _host(url)
        try:
            async with self._pace.turns(host):
                answer = await self._get(session, url)
        except _TransientError as error:
            self._pace.failed(host, error.retry_after, unreachable=error.unreachable)
            raise
        self._pace.answered(host)
        return answer

    async def _get(self, session: aiohttp.ClientSession, url: URL) -> bytes | Failure | URL:
        """One http exchange: the file, a failure, or where the redirect leads."""
        shown = public_url(str(url))
        try:
            async with session.get(url, allow_redirects=False) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    return url.join(URL(response.headers["Location"]))
                if response.status == 200:
                    return await self._body(response)
                return self._refusal(response, shown)
        except _PrivateAddressError as error:
            return Failure("missing", f"expected a redirect to a public address, but {error}")
        except (TimeoutError, aiohttp.ConnectionTimeoutError) as error:
            lost = isinstance(error, aiohttp.ConnectionTimeoutError)
            raise _TransientError(f"no complete answer from {shown} in time", unreachable=lost) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _PrivateAddressError):
                return Failure("missing", f"expected a redirect to a public address, but {error.os_error}")
            raise _TransientError(f"no connection to {shown}: {error.os_error}", unreachable=True) from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            return Failure(
                "missing", f"expected a URL that can be fetched, found {shown[:200]!r} ({without_secrets(error)})"
            )
        except (aiohttp.ClientError, OSError) as error:
            raise _TransientError(f"the answer from {shown} broke off: {type(error).__name__}") from error

    def _refusal(self, response: aiohttp.ClientResponse, shown: str) -> Failure:
        status = response.status
        if status in _LATER or status >= 500:
            wait = retry_after_seconds(response.headers.get("Retry-After"), time.time())
            raise _TransientError(f"HTTP {status} from {shown}", wait)
        if status in _GONE:
            return Failure("missing", f"HTTP {status} from {shown}")
        return Failure("missing", f"expected HTTP 200 from {shown}, found HTTP {status}")

    async def _body(self, response: aiohttp.ClientResponse) -> bytes | Failure:
        most = self._config.max_bytes
        if response.content_length is not None and response.content_length > most:
            return too_large(most, str(response.content_length))
        pieces: list[bytes] = []
        read = 0
        async for piece in response.content.iter_chunked(_CHUNK):
            read += len(piece)
            if read > most:
                return too_large(most, "more")
            pieces.append(piece)
        return b"".join(pieces)
