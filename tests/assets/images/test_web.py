import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from image_server import ImageServer

from assets.base.profiles.sections.images import ImageConfig
from assets.images.outcome import Failure
from assets.images.pace import retry_after_seconds
from assets.images.web import Web, is_public


def fetch(config: ImageConfig, *urls: str, tries: int = 3) -> list[tuple[bytes | Failure, int]]:
    async def go() -> list[tuple[bytes | Failure, int]]:
        async with Web(config) as web:
            return [await web.fetch(url, tries) for url in urls]

    return asyncio.run(go())


def one(config: ImageConfig, url: str, tries: int = 3) -> tuple[Any, int]:
    return fetch(config, url, tries=tries)[0]


def test_a_good_answer_is_the_file(server, config) -> None:
    assert one(config, f"{server.url}/good/1.jpg") == (server.good, 1)
    assert server.headers[0]["User-Agent"].startswith("LocSens/")
    assert server.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_is_gone_is_asked_for_once(server, config, status: int) -> None:
    answer, sent = one(config, f"{server.url}/status/{status}/1.jpg?key=secret")
    assert (answer.status, sent) == ("missing", 1)
    assert str(status) in answer.error
    assert "secret" not in answer.error
    assert sum(server.asked.values()) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_for_again(server, config, status: int) -> None:
    answer, sent = one(config, f"{server.url}/status/{status}/1.jpg")
    assert (answer.status, sent) == ("transient", 3)
    assert str(status) in answer.error
    assert sum(server.asked.values()) == 3


def test_two_errors_then_good(server, config) -> None:
    assert one(config, f"{server.url}/shaky/1.jpg") == (server.good, 3)


def test_retry_after_is_obeyed(server, config) -> None:
    assert one(config, f"{server.url}/busy/1.jpg") == (server.good, 2)
    first, second = server.times["/busy/1.jpg"]
    assert second - first >= 0.99


def test_a_host_that_wants_an_hour_is_left_alone_for_this_run(server, config) -> None:
    (first, sent), (second, sent_then) = fetch(config, f"{server.url}/leave-me/1.jpg", f"{server.url}/good/2.jpg")
    assert (first.status, sent) == ("transient", 1)
    assert (second.status, sent_then) == ("transient", 0)
    assert "left alone" in second.error
    assert sum(server.asked.values()) == 1


@pytest.mark.parametrize("behaviour", ["slow", "trickle", "cut"])
def test_what_does_not_arrive_is_transient(server, config, behaviour: str) -> None:
    answer, sent = one(config, f"{server.url}/{behaviour}/1.jpg", tries=2)
    assert (answer.status, sent) == ("transient", 2)


@pytest.mark.parametrize("behaviour", ["huge", "endless"])
def test_what_is_too_large_is_cut_off(server, config, behaviour: str) -> None:
    answer, sent = one(config, f"{server.url}/{behaviour}/1.jpg")
    assert (answer.status, sent) == ("too_large", 1)
    assert "at most 100000 bytes" in answer.error


def test_redirects_are_followed_and_bounded(server, config) -> None:
    assert one(config, f"{server.url}/moved/1.jpg") == (server.good, 1)
    answer, _ = one(config, f"{server.url}/loop/1.jpg")
    assert (answer.status, "at most 3 redirects" in answer.error) == ("missing", True)
    assert server.asked["/loop/1.jpg"] == 4


def test_flickrs_picture_for_a_photo_taken_down_is_not_fetched(server, config) -> None:
    answer, _ = one(config, f"{server.url}/taken-down/1.jpg")
    assert (answer.status, "unavailable" in answer.error) == ("missing", True)
    assert not server.asked["/good/photo_unavailable.png"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a.jpg", "data:image/png,x"])
def test_a_redirect_to_another_scheme_is_refused(server, config, target: str) -> None:
    answer, _ = one(config, f"{server.url}/to/1.jpg?url={target}")
    assert (answer.status, "redirect to http" in answer.error) == ("missing", True)


PRIVATE = [
    "127.0.0.1",
    "localhost",
    "10.255.255.1",
    "169.254.169.254",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "me:secret@127.0.0.1",
]


@pytest.fixture
def neighbour(picture) -> Iterator[ImageServer]:
    """Another server of this machine."""
    other = ImageServer(picture(2))
    other.start()
    yield other
    other.stop()


@pytest.mark.parametrize("host", PRIVATE)
def test_a_redirect_to_a_private_address_is_refused_however_it_is_spelt(server, neighbour, config, host: str) -> None:
    answer, sent = one(config, f"{server.url}/to/1.jpg?url=http://{host}:{neighbour.port}/good/1.jpg")
    assert (answer.status, sent) == ("missing", 1)
    assert "private" in answer.error or "not a canonical IPv4 address" in answer.error
    assert "secret" not in answer.error
    assert not neighbour.asked


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a00:1", False),
        ("2002:808:808::", True),
        ("2002:a00:1::", False),
        ("::ffff:192.168.1.1", False),
        ("::127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("172.16.0.1", False),
        ("192.0.2.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_public_addresses_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.fixture
def second(server, picture) -> Iterator[ImageServer]:
    """Another address of this machine, the same port."""
    other = ImageServer(picture(2), "127.0.0.2", server.port)
    other.start()
    yield other
    other.stop()


@pytest.fixture
def several(monkeypatch) -> None:
    """The name `several.test` has two addresses of this machine, and the second passes for public."""
    found = socket.getaddrinfo

    def resolve(host, port, *args, **options):
        if host != "several.test":
            return found(host, port, *args, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", port)) for last in (1, 2)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("assets.images.web.is_public", lambda address: address == "127.0.0.2")


def test_a_name_with_several_addresses_is_asked_at_its_public_ones_only(server, second, several, config) -> None:
    url = f"{server.url}/to/1.jpg?url=http://several.test:{server.port}/good/1.jpg"
    assert one(config, url) == (second.good, 1)
    assert (server.asked["/good/1.jpg"], second.asked["/good/1.jpg"]) == (0, 1)


def test_a_private_address_is_not_asked_where_the_public_one_does_not_answer(server, several, config) -> None:
    url = f"{server.url}/to/1.jpg?url=http://several.test:{server.port}/good/1.jpg"
    answer, _ = one(config, url, tries=1)
    assert answer.status == "transient"
    assert not server.asked["/good/1.jpg"]


def test_a_redirect_back_to_where_it_began_is_followed(server, second, several, config) -> None:
    back = f"{second.url}/to/2.jpg?url={server.url}/good/3.jpg"
    assert one(config, f"{server.url}/to/1.jpg?url={quote(back)}") == (server.good, 1)
    assert second.asked["/to/2.jpg"] == 1
    start = f"{second.url}/to/4.jpg?url={server.url}/good/5.jpg"  # began elsewhere: there it is a private address
    assert one(config, start)[0].status == "missing"
    assert server.asked["/good/5.jpg"] == 0


@pytest.mark.parametrize("user", ["me:secret@", "secret@", "me:se@cret-secret@", "me:%73ecret-secret@"])
@pytest.mark.parametrize("path", ["status/404/1.jpg", "status/503/1.jpg", "cut/1.jpg", "huge/1.jpg", "loop/1.jpg"])
def test_no_failure_names_a_password(server, config, user: str, path: str) -> None:
    address = server.url.removeprefix("http://")
    answer, _ = one(config, f"http://{user}{address}/{path}?token=secret", tries=1)
    assert isinstance(answer, Failure)
    assert "secret" not in answer.error


@pytest.mark.parametrize(
    "bad",
    ["http://me:secret@exa mple.org/", "http://me:secret@host:x/", "http://me:se@cret:secret@[::1/", "ftp://secret@h/"],
)
def test_no_refused_url_or_redirect_names_a_password(server, config, closed_port, bad: str) -> None:
    for url in (bad, f"{server.url}/to/1.jpg?url={quote(bad)}", f"http://me:secret@127.0.0.1:{closed_port}/secret?a=b"):
        answer, _ = one(config, url, tries=1)
        assert isinstance(answer, Failure)
        assert "secret@" not in answer.error
        assert ":secret" not in answer.error


def test_a_redirect_to_a_private_address_may_be_allowed(server, config) -> None:
    allowed = config.model_copy(update={"redirect_to_private": True})
    url = f"{server.url}/to/1.jpg?url=http://localhost:{server.port}/good/1.jpg"
    assert one(allowed, url) == (server.good, 1)
    assert one(config, url)[0].status == "missing"


def test_nobody_listens(config, closed_port) -> None:
    answer, sent = one(config, f"http://127.0.0.1:{closed_port}/1.jpg")
    assert (answer.status, sent) == ("transient", 3)
    assert "no connection" in answer.error


def test_a_connection_that_is_not_made_in_time_is_transient(config) -> None:
    hasty = config.model_copy(update={"connect_timeout": 0.2, "total_timeout": 30.0})
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # nobody accepts: what comes after them gets no answer
        for one_more in waiting:
            one_more.setblocking(False)
            one_more.connect_ex(full.getsockname())
        answer, sent = one(hasty, f"http://127.0.0.1:{full.getsockname()[1]}/1.jpg", tries=2)
        for one_more in waiting:
            one_more.close()
    assert (answer.status, sent) == ("transient", 2)
    assert "in time" in answer.error


def test_connections_are_used_again(server, config) -> None:
    assert len(fetch(config, *(f"{server.url}/good/{n}.jpg" for n in range(20)))) == 20
    assert len(server.peers) == 1


def test_a_host_that_cannot_be_reached_is_given_up(config, closed_port, server) -> None:
    patient = config.model_copy(update={"give_up_host_after": 4})
    dead = f"http://127.0.0.1:{closed_port}"
    answers = fetch(patient, *(f"{dead}/{n}.jpg" for n in range(4)), f"{server.url}/good/1.jpg", tries=2)
    assert [sent for _, sent in answers] == [2, 2, 0, 0, 1]
    assert [getattr(answer, "status", "ok") for answer, _ in answers] == ["transient"] * 4 + ["ok"]


@pytest.mark.parametrize("url", ["http://", "http://exa mple.org:x/", "ftp://example.org/a", "nonsense", ""])
def test_what_is_no_url_is_missing(config, url: str) -> None:
    answer, sent = one(config, url)
    assert (answer.status, sent) == ("missing", 0)


def test_a_host_gets_no_more_than_its_rate(server, config) -> None:
    slow = config.model_copy(update={"requests_per_second": 20.0})
    fetch(slow, *(f"{server.url}/good/{n}.jpg" for n in range(5)))
    times = sorted(moment for moments in server.times.values() for moment in moments)
    assert times[-1] - times[0] >= 4 / 20 - 0.03


def test_where_redirects_lead_has_its_own_pace(server, config) -> None:
    slow = config.model_copy(update={"requests_per_second": 20.0, "redirect_to_private": True})
    target = f"http://localhost:{server.port}"
    fetch(slow, *(f"{server.url}/to/{n}.jpg?url={target}/good/{n}.jpg" for n in range(2)), f"{target}/good/9.jpg")
    times = sorted(moment for path, moments in server.times.items() if "good" in path for moment in moments)
    assert times[-1] - times[0] >= 2 / 20 - 0.03


def test_a_host_that_redirects_lead_to_is_left_alone_when_it_asks_for_it(server, config) -> None:
    allowed = config.model_copy(update={"redirect_to_private": True})
    target = f"http://localhost:{server.port}"
    (first, sent), (second, sent_then), (third, _) = fetch(
        allowed,
        f"{server.url}/to/1.jpg?url={target}/leave-me/1.jpg",
        f"{target}/good/2.jpg",
        f"{server.url}/good/3.jpg",
    )
    assert (first.status, sent, second.status, sent_then) == ("transient", 1, "transient", 0)
    assert (server.asked["/leave-me/1.jpg"], server.asked["/good/2.jpg"]) == (1, 0)
    assert third == server.good


def test_no_more_than_so_many_requests_are_under_way_to_one_host(server, config) -> None:
    narrow = config.model_copy(update={"concurrency_per_host": 2, "redirect_to_private": True})
    server.pause = 0.03
    target = f"http://localhost:{server.port}"
    urls = [
        f"{target}/good/{n}.jpg" if n % 2 else f"{server.url}/to/{n}.jpg?url={target}/good/{n}.jpg" for n in range(12)
    ]

    async def at_once() -> list[tuple[bytes | Failure, int]]:
        async with Web(narrow) as web:
            return await asyncio.gather(*(web.fetch(url, 1) for url in urls))

    assert asyncio.run(at_once()) == [(server.good, 1)] * 12
    assert set(server.most_by_host.values()) == {2}


def test_a_certificate_that_is_not_valid_is_transient(config, tmp_path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + timedelta(days=1))
    written = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "host.pem").write_bytes(written + own)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "host.pem")

    async def go() -> tuple[bytes | Failure, int]:
        host = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls)
        async with host, Web(config) as web:
            return await web.fetch(f"https://127.0.0.1:{host.sockets[0].getsockname()[1]}/1.jpg", 2)

    answer, sent = asyncio.run(go())
    assert isinstance(answer, Failure)
    assert (answer.status, sent, "certificate" in answer.error) == ("transient", 2, True)


def test_retry_after_is_a_number_or_a_date() -> None:
    now = 1_600_000_000.0
    assert retry_after_seconds(None, now) == 0
    assert retry_after_seconds(" 120 ", now) == 120
    assert retry_after_seconds(formatdate(now + 90, usegmt=True), now) == 90
    assert retry_after_seconds(formatdate(now - 90, usegmt=True), now) == 0
    assert retry_after_seconds("soon", now) == 0


@given(st.text())
def test_any_retry_after_is_a_time_to_wait(text: str) -> None:
    assert retry_after_seconds(text, time.time()) >= 0
