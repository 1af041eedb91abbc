"""Looks up the account's sending rate again during a run: AWS raises it, or lowers it, without notice."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from sescli.errors import SescliError

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds between look-ups: GetAccount allows one call per second for all processes of the account.
INTERVAL = 60.0


class RateWatch:
    """Calls `look_up` every `interval` seconds in a thread. A failed look-up, or None, leaves the rate as it is."""

    def __init__(self, look_up: Callable[[], float | None], interval: float = INTERVAL) -> None:
        self._look_up = look_up
        self._interval = interval
        self._stopped = threading.Event()
        self._found: float | None = None

    def start(self) -> None:
        """Start the thread; where the system allows none, the rate is not looked up again."""
        with suppress(RuntimeError):
            threading.Thread(target=self._run, name="rate", daemon=True).start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def take(self) -> float | None:
        """The rate found since the last call of this method; None if there is none."""
        found, self._found = self._found, None
        return found

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            with suppress(SescliError):
                self._found = self._look_up()
