"""The emulator's clock: the machine's time, a shifted time, or a stopped time.

With it, tests can check a 24-hour quota, the age of a message or the 72 hours of a verification immediately. The
sending rate uses real time, because it limits how fast a program calls. The other services of the process (S3, SNS …)
do not use this clock.
"""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sescli.emulator.store import Store

_SHIFT = re.compile(r"([+-])(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
REAL = "real"
_RECORD = ("", "control", "clock")  # region "" means the whole server


class ClockError(ValueError):
    """A setting that is not valid or leaves the supported years."""


@dataclass
class EmulatorClock:
    """Call it for the time in seconds since 1970. `frozen` is the time at which the clock is stopped."""

    offset: float = 0.0  # seconds ahead of the machine's clock
    frozen: float | None = None

    def __call__(self) -> float:
        return time.time() + self.offset if self.frozen is None else self.frozen

    def set(self, setting: str) -> None:
        """`+25h` or `-10m` shifts the clock, an ISO 8601 time stops it at that time, `real` returns to the real time.

        Raises ClockError.
        """
        if setting == REAL:
            self.offset, self.frozen = 0.0, None
        elif shift := _SHIFT.fullmatch(setting):
            self._shift(timedelta(**{_UNITS[shift[3]]: int(shift[1] + shift[2])}).total_seconds())
        else:
            self.frozen = _parse_time(setting)

    def _shift(self, seconds: float) -> None:
        _check(self() + seconds)
        if self.frozen is None:
            self.offset += seconds
        else:
            self.frozen += seconds

    def describe(self) -> dict[str, Any]:
        """Return the time and mode for `local control`."""
        mode = "frozen" if self.frozen is not None else "shifted" if self.offset else REAL
        at = datetime.fromtimestamp(self(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"mode": mode, "now": at, "offset_seconds": round(self() - time.time())}


def load(store: Store) -> EmulatorClock:
    """Load the saved clock, which survives a restart of the server."""
    return EmulatorClock(**(store.get(*_RECORD) or {}))


def save(store: Store, clock: EmulatorClock) -> None:
    store.put(*_RECORD, asdict(clock))


def _parse_time(setting: str) -> float:
    try:
        parsed = datetime.fromisoformat(setting)
    except ValueError as error:
        raise ClockError(
            f"clock must be a shift such as +25h or -10m, a time such as 2026-11-01T12:00Z, or {REAL}, not {setting}"
        ) from error
    try:
        return _check((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
    except OverflowError as error:
        raise ClockError(f"clock cannot be set to {setting}") from error


def _check(at: float) -> float:
    """Raise ClockError outside of the years 1970 to 9000, which other code cannot handle."""
    if not 0 <= at < 221_845_392_000:  # noqa: PLR2004  the year 9000
        raise ClockError("clock must be between the years 1970 and 9000")
    return at
