"""Waiting until an identity is verified: SES is asked again and again, and DNS beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.dns.check import check_records
from sescli.dns.names import DOMAIN
from sescli.dns.records import SENDING, WantedRecords
from sescli.errors import RetryableError
from sescli.groups.identity.service.identities import SUCCESS, get, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sescli.aws.gateway import Gateway
    from sescli.dns.findings import CheckedRecord
    from sescli.dns.names import IdentityName
    from sescli.dns.records import Record
    from sescli.dns.sources import Sources
    from sescli.groups.identity.service.identities import Identity

VERIFIED, FAILED, WAITING, TIMED_OUT = "verified", "failed", "waiting", "timeout"
_GAVE_UP = "FAILED"
# Not begun, or of an identity that has none: nothing is waited for.
_NOT_BEGUN = "NOT_STARTED"


@dataclass(frozen=True)
class Waiting:
    """How an identity stands while it is waited for. `outcome` is one of the four above.

    Statuses are spelt as the API spells them; `last_checked` is when SES looked into DNS last, `error_type` what
    it found wrong. `records` are what DNS says, empty where it was not asked.
    """

    identity: str
    region: str
    outcome: str
    verification_status: str
    dkim_status: str | None
    mail_from_domain: str | None
    mail_from_status: str | None
    sending_enabled: bool
    last_checked: datetime | None
    error_type: str | None
    records: tuple[CheckedRecord, ...]


@dataclass(frozen=True)
class Look:
    """One look at SES and DNS. `trouble` says why SES could not be asked this time; the rest is then older."""

    identity: Identity
    region: str
    records: tuple[CheckedRecord, ...] = ()
    trouble: str | None = None

    @property
    def statuses(self) -> dict[str, str]:
        """SES's own statuses of what is waited for, by name."""
        identity = self.identity
        found = {"verification": identity.verification_status}
        if identity.type == DOMAIN and identity.dkim.signing_enabled and identity.dkim.status:
            found["DKIM"] = identity.dkim.status
        if identity.mail_from_status:
            found["MAIL FROM"] = identity.mail_from_status
        return {
            name: status for name, status in found.items() if name == "verification" or status != _NOT_BEGUN
        }

    @property
    def outcome(self) -> str:
        """`verified` when SES has found all of it, `failed` when it has given up on a part, else `waiting`."""
        statuses = set(self.statuses.values())
        if _GAVE_UP in statuses:
            return FAILED
        return VERIFIED if statuses == {SUCCESS} else WAITING

    def told(self, outcome: str | None = None) -> Waiting:
        """The same as data; `outcome` overrides its own."""
        identity = self.identity
        return Waiting(
            identity=identity.identity,
            region=self.region,
            outcome=outcome or self.outcome,
            verification_status=identity.verification_status,
            dkim_status=identity.dkim_status,
            mail_from_domain=identity.mail_from_domain,
            mail_from_status=identity.mail_from_status,
            sending_enabled=identity.sending_enabled,
            last_checked=identity.verification_info.last_checked,
            error_type=identity.verification_info.error_type,
            records=self.records,
        )


@dataclass(frozen=True)
class Wait:
    """What is waited for, and how. `timeout` and `interval` are in seconds; SES takes one look a second.

    `records` are those to look for in DNS; None has them made of what SES says, for sending.
    """

    name: IdentityName
    timeout: float
    interval: float
    sources: Sources | None
    records: Sequence[Record] | None = None


def looks(
    aws: Gateway, wait: Wait, *, sleep: Callable[[float], None], clock: Callable[[], float]
) -> Iterator[Look]:
    """Look (SES API v2 GetEmailIdentity) until it is no longer waited for; the last look is the outcome.

    At the time-out the last one still says `waiting`. An identity that is verified at the first look has DNS left
    alone. What passes by itself (the network, a throttled call) is waited out, but for the first look. Raises
    `NotFoundError`.
    """
    end = clock() + wait.timeout
    last: Look | None = None
    while True:
        began = clock()
        last = _look(aws, wait, last)
        yield last
        if last.outcome != WAITING or clock() >= end:
            return
        sleep(max(0.0, min(began + wait.interval, end) - clock()))


def _look(aws: Gateway, wait: Wait, last: Look | None) -> Look:
    try:
        answer = get(aws, wait.name)
    except RetryableError as error:
        if last is None:
            raise
        return replace(last, trouble=error.message)
    seen = Look(whole(wait.name.text, answer), aws.region)
    if last is None and seen.outcome == VERIFIED:
        return seen
    return replace(seen, records=_checked(aws, wait, answer))


def _checked(aws: Gateway, wait: Wait, answer: Mapping[str, Any]) -> tuple[CheckedRecord, ...]:
    records = wait.records
    if records is None:
        wanted = WantedRecords(wait.name.text, answer, aws.region)
        records = wanted.for_address() if wait.name.is_address else wanted.for_purpose(SENDING)
    if not records or wait.sources is None:
        return ()
    return check_records(records, wait.name.domain, wait.sources).records
