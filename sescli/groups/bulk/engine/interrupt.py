"""Ctrl-C without an exception: one raised between a claim and its call would leave the outcome unknown."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_REASONS = {
    "SIGINT": "stopped by the user",
    "SIGTERM": "terminated (SIGTERM)",
    "SIGHUP": "the terminal was closed",
}
_SIGNALS = {getattr(signal, name): reason for name, reason in _REASONS.items() if hasattr(signal, name)}


def _do_nothing() -> None:
    """Wake no thread."""


class Interrupt:
    """How often the user asked to stop. Once: finish the calls in flight. Twice: do not wait for them."""

    def __init__(self) -> None:
        self.count = 0
        self.reason = _REASONS["SIGINT"]
        self.wake: Callable[[], None] = _do_nothing

    def request(self, reason: str | None = None) -> None:
        """Ask to stop. May be called from a signal handler."""
        if not self.count:
            self.reason = reason or self.reason
        self.count += 1
        self.wake()


@contextmanager
def handle_signals(interrupt: Interrupt) -> Iterator[None]:
    """Count Ctrl-C, SIGTERM and a closed terminal (SIGHUP) as requests to stop, within this block.

    A signal that the parent process ignores stays ignored: nohup and disown keep a run alive without a terminal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        interrupt.request(_SIGNALS[number])

    handled = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
