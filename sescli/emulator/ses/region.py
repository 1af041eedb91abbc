"""The state of SES in one region, and the settings of the whole server."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sescli.emulator.clock import EmulatorClock
from sescli.emulator.ses.faults import BadRequest, Fault, InvalidToken
from sescli.emulator.ses.sending.rate_limiter import SendRateLimiter
from sescli.emulator.store import BadTokenError, Record, Store

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT_ID = "123456789012"


@dataclass
class Controls:
    """Settings of the whole server that do not belong to an account."""

    # 'auto' verifies identities immediately, 'dns' by their DNS records, 'manual' by the control endpoint
    verification: str = "auto"
    failures: deque[Fault] = field(default_factory=deque)  # failures for the next sends
    events_pending: threading.Event = field(
        default_factory=threading.Event
    )  # set if events wait for delivery
    clock: EmulatorClock = field(default_factory=EmulatorClock)


class Region:
    """The state of SES in region `name`. Its methods read and write records of this region only."""

    def __init__(self, name: str, store: Store, controls: Controls) -> None:
        self.name = name
        self.store = store
        self.controls = controls
        self.rate_limiter = SendRateLimiter(time.monotonic)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.controls.clock()

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:ses:{self.name}:{ACCOUNT_ID}:{kind}/{name}"

    def get(self, kind: str, name: str) -> Record | None:
        return self.store.get(self.name, kind, name)

    def put(self, kind: str, name: str, body: Record) -> None:
        self.store.put(self.name, kind, name, body)

    def delete(self, kind: str, name: str) -> bool:
        return self.store.delete(self.name, kind, name)

    def count(self, kind: str) -> int:
        return self.store.count(self.name, kind)

    def page(
        self,
        kind: str,
        *,
        size: int,
        token: str | None,
        wanted: Callable[[str, Record], bool] | None = None,
    ) -> tuple[list[tuple[str, Record]], dict[str, str]]:
        """Return a page of records ordered by name, and `{"NextToken": …}` unless it is the last page.

        Raises InvalidToken.
        """
        try:
            found, following = self.store.page(self.name, kind, size=size, token=token, wanted=wanted)
        except BadTokenError as error:
            raise InvalidToken("The specified next token is invalid.") from error
        return found, {"NextToken": following} if following else {}


def page_size(asked: int | None, *, default: int, maximum: int, minimum: int = 1) -> int:
    """Return the page size. Raises BadRequest with the bounds, as SES does."""
    if asked is None or asked == 0:
        return default
    if not minimum <= asked <= maximum:
        raise BadRequest(f"The PageSize must be at least {minimum} and no more than {maximum}.")
    return asked
