import asyncio
import time
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.base.profiles.sections.images import ImageConfig
from assets.images.outcome import Failure
from assets.images.pace import retry_after_seconds
from assets.images.web import Web


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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.255.255.1", "169.254.169.254"])
def test_a_redirect_to_a_private_address_is_refused(server, config, closed_port, host: str) -> None:
    answer, sent = one(config, f"{server.url}/to/1.jpg?url=http://{host}:{closed_port}/a.jpg")
    assert (answer.status, sent) == ("missing", 1)
    assert "private" in answer.error


def test_a_redirect_to_a_private_address_may_be_allowed(server, config) -> None:
    allowed = config.model_copy(update={"redirect_to_private": True})
    url = f"{server.url}/to/1.jpg?url=http://localhost:{server.port}/good/1.jpg"
    assert one(allowed, url) == (server.good, 1)
    assert one(config, url)[0].status == "missing"


def test_nobody_listens(config, closed_port) -> None:
    answer, sent = one(config, f"http://127.0.0.1:{closed_port}/1.jpg")
    assert (answer.status, sent) == ("transient", 3)
    assert "no connection" in answer.error


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
