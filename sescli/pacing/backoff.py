"""Exponential backoff with full jitter, so that many senders do not retry at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = 0.4
LONGEST = 30.0


def pause(strike: int, random: Callable[[], float]) -> float:
    """Seconds to wait after `strike` failures in a row (from 1); `random` returns 0 ≤ x < 1."""
    return random() * min(LONGEST, BASE * 2.0 ** min(strike, 16))
