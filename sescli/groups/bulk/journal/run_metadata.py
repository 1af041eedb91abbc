"""What a journal says of its run as a whole: what it is, how far it is, and why recipients were not sent to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.groups.bulk.journal.target import Site
from sescli.groups.bulk.model.entries import PENDING, SENDING

if TYPE_CHECKING:
    from sescli.groups.bulk.model.spec import Limits, Mailing


@dataclass(frozen=True)
class Head:
    """What a run is. Times are seconds since 1970, UTC; `place` as in `Site`; `account` AWS's number of it, if known."""

    run: str
    name: str
    created_at: float
    region: str
    place: str
    source: str
    mailing: Mailing
    limits: Limits
    account: str | None = None

    @property
    def site(self) -> Site:
        """Where its mail goes out."""
        return Site(self.place, self.region)


@dataclass(frozen=True)
class Tally:
    """How far a run is. `seconds` is time spent sending, over all its resumptions."""

    states: dict[str, int]
    started_at: float | None
    finished_at: float | None
    seconds: float
    calls: int
    throttled: int
    stop_code: str | None
    stop_reason: str | None

    @property
    def unfinished(self) -> int:
        """Recipients that still have no outcome."""
        return self.states[PENDING] + self.states[SENDING]


@dataclass(frozen=True)
class Reason:
    """A state's reason, how often it came, and one message as an example."""

    state: str
    code: str
    count: int
    example: str | None
