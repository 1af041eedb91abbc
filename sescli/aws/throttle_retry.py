"""Retry throttled calls: one throttled call among many must not end the command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sescli.errors import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Answer = TypeVar("Answer")

# Waits in seconds. Some operations of the SES control plane accept about one call a second
# (docs/ses-behavior.md#control-plane-rate). Reading a long list quickly is throttled for longer.
EACH_SECOND = (1.0,) * 10
LONGER_EACH_TIME = (1.0, 2.0, 4.0, 8.0, 15.0)


def retry_throttled(
    call: Callable[[], Answer],
    *,
    waits: Sequence[float] = EACH_SECOND,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Make a call, and repeat it after each wait while AWS throttles it.

    Raises `ThrottledError` if the last call is throttled too, and any other error at once.
    """
    for wait in waits:
        try:
            return call()
        except ThrottledError:
            sleep(wait)
    return call()
