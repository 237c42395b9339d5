"""How fast and how long a host may be asked: its rate, the pauses it asks for, when it is given up."""

import asyncio
import email.utils
from collections import defaultdict
from dataclasses import dataclass

from assets.base.profiles.sections.images import ImageConfig
from assets.images.outcome import Failure


@dataclass
class _Host:
    """How one host is doing.

    Attributes:
        next_request: Time of the loop from which it may be asked again.
        lost_in_a_row: Connections in a row that failed.
    """

    next_request: float = 0.0
    lost_in_a_row: int = 0


class Pace:
    """The pace of every host, for the coroutines of one event loop."""

    def __init__(self, config: ImageConfig) -> None:
        self._config = config
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(config.concurrency_per_host)
        )

    def turns(self, name: str) -> asyncio.Semaphore:
        """To be held while a host is asked: so many requests may be under way to it at once."""
        return self._turns[name]

    async def wait(self, name: str) -> Failure | None:
        """Wait until a host may be asked.

        Args:
            name: Scheme, host and port.

        Returns:
            A transient failure if the host is not to be asked in this run.
        """
        host = self._hosts[name]
        if host.lost_in_a_row >= self._config.give_up_host_after:
            return Failure("transient", f"not asked: {name} could not be reached {host.lost_in_a_row} times in a row")
        now = asyncio.get_running_loop().time()
        turn = max(now, host.next_request)
        if turn - now > self._config.max_wait:
            return Failure("transient", f"not asked: {name} wants to be left alone for {turn - now:.0f} seconds")
        host.next_request = turn + 1 / self._config.requests_per_second
        if turn > now:
            await asyncio.sleep(turn - now)
        return None

    def answered(self, name: str) -> None:
        """Note that a host answered."""
        self._hosts[name].lost_in_a_row = 0

    def failed(self, name: str, retry_after: float, *, unreachable: bool) -> None:
        """Note a transient failure.

        Args:
            name: Scheme, host and port.
            retry_after: Seconds that the host asks to be left alone.
            unreachable: Whether there was no connection at all.
        """
        host = self._hosts[name]
        host.next_request = max(host.next_request, asyncio.get_running_loop().time() + retry_after)
        host.lost_in_a_row = host.lost_in_a_row + 1 if unreachable else 0


def retry_after_seconds(value: str | None, now: float) -> float:
    """Seconds to wait by a `Retry-After` header: a number or an http date; 0 if it says neither.

    Args:
        value: The header.
        now: Time now, seconds since 1970.
    """
    if value is None:
        return 0.0
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
