"""Ctrl-C without an exception: between a claim and its call, one would leave the journal in doubt."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_WHY = {
    "SIGINT": "stopped by the user",
    "SIGTERM": "asked to end (SIGTERM)",
    "SIGHUP": "the terminal was closed",
}
_SIGNALS = {getattr(signal, name): why for name, why in _WHY.items() if hasattr(signal, name)}


def _nothing() -> None:
    """Wake nobody."""


class Interrupt:
    """How often the user asked to stop: once is to finish what is under way, twice is to leave it."""

    def __init__(self) -> None:
        self.count = 0
        self.why = _WHY["SIGINT"]
        self.wake: Callable[[], None] = _nothing

    def request(self, why: str | None = None) -> None:
        """Ask to stop. May be called from a signal handler."""
        if not self.count:
            self.why = why or self.why
        self.count += 1
        self.wake()


@contextmanager
def watching(interrupt: Interrupt) -> Iterator[None]:
    """Let Ctrl-C, a closed terminal and a polite kill count as requests to stop, within this block.

    A signal that the caller has ignored stays so: nohup and disown are there to outlive a terminal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        interrupt.request(_SIGNALS[number])

    heeded = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
