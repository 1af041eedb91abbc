"""Waiting out SES's rate limits where a call in the middle of many must not end them all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sescli.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Answer = TypeVar("Answer")

# Waits in seconds. The control plane of SES takes about one call a second where it is strict
# (docs/ses-behavior.md#control-plane-rate); who reads a long list quickly is throttled for longer.
EACH_SECOND = (1.0,) * 10
LONGER_EACH_TIME = (1.0, 2.0, 4.0, 8.0, 15.0)


def retry_throttled(
    call: Callable[[], Answer],
    *,
    waits: Sequence[float] = EACH_SECOND,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """What the call answers, made again after each wait while SES throttles it.

    Raises `ThrottledError` when the last one is throttled too, and any other error at once.
    """
    for wait in waits:
        try:
            return call()
        except ThrottledError:
            sleep(wait)
    return call()
