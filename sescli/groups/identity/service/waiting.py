"""Wait until an identity is verified: poll SES and DNS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.dns.check import check_records
from sescli.dns.names import DOMAIN
from sescli.dns.records import SENDING, WantedRecords
from sescli.errors import RetryableError
from sescli.groups.identity.service.identities import SUCCESS, build_identity, get_email_identity

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
# SES has not started, or the identity does not have the feature. There is nothing to wait for.
_NOT_STARTED = "NOT_STARTED"


@dataclass(frozen=True)
class WaitStatus:
    """The status of an identity during the wait, as JSON output has it. `outcome` is one of the four above.

    Statuses are spelled as in the API. `last_checked` is the time of the last DNS check of SES, `error_type` what was
    wrong. `records` are the results of sescli's own DNS check, empty if DNS was not queried.
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
class VerificationPoll:
    """The result of one poll of SES and DNS.

    `failure` says why SES could not be polled this time. The rest is then from the poll before.
    """

    identity: Identity
    region: str
    records: tuple[CheckedRecord, ...] = ()
    failure: str | None = None

    @property
    def statuses(self) -> dict[str, str]:
        """The SES statuses that the wait depends on, by name."""
        identity = self.identity
        found = {"verification": identity.verification_status}
        if identity.type == DOMAIN and identity.dkim.signing_enabled and identity.dkim.status:
            found["DKIM"] = identity.dkim.status
        if identity.mail_from_status:
            found["MAIL FROM"] = identity.mail_from_status
        return {
            name: status for name, status in found.items() if name == "verification" or status != _NOT_STARTED
        }

    @property
    def outcome(self) -> str:
        """`verified` if SES has found everything, `failed` if it gave up on a part, otherwise `waiting`."""
        statuses = set(self.statuses.values())
        if _GAVE_UP in statuses:
            return FAILED
        return VERIFIED if statuses == {SUCCESS} else WAITING

    def to_data(self, outcome: str | None = None) -> WaitStatus:
        """The status as data. `outcome` replaces its own."""
        identity = self.identity
        return WaitStatus(
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
class VerificationWait:
    """What to wait for, and how. `timeout` and `interval` are in seconds. SES allows one poll a second.

    `records` are the ones to look for in DNS. None means the records that SES requires for sending.
    """

    name: IdentityName
    timeout: float
    interval: float
    sources: Sources | None
    records: Sequence[Record] | None = None


def poll_verification(
    aws: Gateway, wait: VerificationWait, *, sleep: Callable[[float], None], clock: Callable[[], float]
) -> Iterator[VerificationPoll]:
    """Poll (SES API v2 GetEmailIdentity) until the outcome is known or the timeout is reached. The last poll is final.

    At the timeout its outcome is still `waiting`. If the first poll finds the identity verified, DNS is not queried.
    After the first poll, temporary failures (network, throttling) do not end the wait. Raises `NotFoundError`.
    """
    end = clock() + wait.timeout
    last: VerificationPoll | None = None
    while True:
        began = clock()
        last = _poll(aws, wait, last)
        yield last
        if last.outcome != WAITING or clock() >= end:
            return
        sleep(max(0.0, min(began + wait.interval, end) - clock()))


def _poll(aws: Gateway, wait: VerificationWait, last: VerificationPoll | None) -> VerificationPoll:
    try:
        answer = get_email_identity(aws, wait.name)
    except RetryableError as error:
        if last is None:
            raise
        return replace(last, failure=error.message)
    seen = VerificationPoll(build_identity(wait.name.text, answer), aws.region)
    if last is None and seen.outcome == VERIFIED:
        return seen
    return replace(seen, records=_checked(aws, wait, answer))


def _checked(aws: Gateway, wait: VerificationWait, answer: Mapping[str, Any]) -> tuple[CheckedRecord, ...]:
    records = wait.records
    if records is None:
        wanted = WantedRecords(wait.name.text, answer, aws.region)
        records = wanted.for_address() if wait.name.is_address else wanted.for_purpose(SENDING)
    if not records or wait.sources is None:
        return ()
    return check_records(records, wait.name.domain, wait.sources).records
