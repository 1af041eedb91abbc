"""What a journal stores about its run: what it sends from where, its progress, and why messages were not sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sescli.aws.endpoint import is_aws_url, normalize_url
from sescli.groups.bulk.model.entries import PENDING, SENDING

if TYPE_CHECKING:
    from sescli.groups.bulk.model.spec import MessageSpec, SendLimits

AWS, LOCAL = "AWS", "local"
_MAX_SLUG = 80  # characters


class RunTarget(NamedTuple):
    """Where a run sends: a place (`AWS`, `local` for the local SES emulator, or an endpoint's URL) and a region.

    Each target can have one run of a name.
    """

    place: str
    region: str

    @property
    def slug(self) -> str:
        """The target as a part of a file name."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", f"{self.place}-{self.region}")[:_MAX_SLUG]

    def __str__(self) -> str:
        return self.region if self.place == AWS else self.place


def place_of(url: str) -> str:
    """The place that calls to this URL reach: all endpoints of AWS are one place, because the region tells them apart."""
    return AWS if is_aws_url(url) else normalize_url(url)


def normalize_place(place: str) -> str:
    """One spelling for a place. Journals of earlier versions have the URL as the user typed it."""
    if "://" not in place:
        return place
    return place_of(place)


@dataclass(frozen=True)
class RunMetadata:
    """What identifies a run and what it sends.

    Times are seconds since 1970, UTC. `place` is as in `RunTarget`. `account` is the AWS account ID, if known.
    `rows` and `digest` are of the recipients as they were loaded, `template` is a digest of the template's content.
    `sequence` orders the runs of a folder. All of these are None in journals of version 0.1.
    """

    run: str
    name: str
    created_at: float
    region: str
    place: str
    source: str
    mailing: MessageSpec
    limits: SendLimits
    account: str | None = None
    rows: int | None = None
    digest: str | None = None
    sequence: int | None = None
    template: str | None = None
    skip_suppressed: bool = False

    @property
    def target(self) -> RunTarget:
        """Where it sends."""
        return RunTarget(self.place, self.region)


@dataclass(frozen=True)
class RunCounts:
    """The progress of a run. `seconds` is the time spent sending, over all its resumptions."""

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
        """Recipients that have no outcome yet."""
        return self.states[PENDING] + self.states[SENDING]


@dataclass(frozen=True)
class ReasonCount:
    """A reason for a state, how many recipients have it, and one error message as an example."""

    state: str
    code: str
    count: int
    example: str | None
