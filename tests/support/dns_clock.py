"""A clock that skips the wait for a DNS server that stays silent; the servers and the packets are real."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from name_server import NameServer

# Long enough for nearly every answer on loopback; a later one is not lost, only `drain` has to find it.
_PAUSE = 0.02


class SkippingClock:
    """`skipped` is in seconds."""

    def __init__(self, servers: Sequence[NameServer]) -> None:
        self.servers = servers
        self.skipped = 0.0


class _Selector(selectors.DefaultSelector):
    """Skips a time-out once no server has an answer on its way, however slow the machine is."""

    def __init__(self, clock: SkippingClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[Any]:
        if not timeout or timeout < 0:
            return super().select(timeout)
        if ready := super().select(min(timeout, _PAUSE)):
            return ready
        for server in self._clock.servers:
            server.drain()
        ready = super().select(0)
        if not ready:
            self._clock.skipped += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: SkippingClock) -> None:
        self._dns_clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        return super().time() + self._dns_clock.skipped


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, clock: SkippingClock) -> None:
        super().__init__()
        self._clock = clock

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _Loop(self._clock)


@contextlib.contextmanager
def skipping_clock(*servers: NameServer) -> Iterator[SkippingClock]:
    """Each event loop that is made within this block has the clock. UDP only."""
    clock = SkippingClock(servers)
    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(_Policy(clock))
    try:
        yield clock
    finally:
        asyncio.set_event_loop_policy(before)
