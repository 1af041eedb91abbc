"""The list of identities, fast even with 10,000 of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.aws.throttle_retry import retry_throttled
from sescli.aws.try_read import try_read
from sescli.dns.names import DOMAIN, EMAIL_ADDRESS
from sescli.errors import UsageError
from sescli.groups.identity.service.identities import MAX_NAMES_PER_CALL, IdentitySummary, to_v2_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway

TYPES = {"email": EMAIL_ADDRESS, "domain": DOMAIN}
STATUSES = ("PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED")

_MAX_PAGE_SIZE = 1000  # of ListEmailIdentities


@dataclass(frozen=True)
class IdentityFilter:
    """Which identities to list. None selects all. `type` and `status` are spelled as in the API."""

    type: str | None = None
    status: str | None = None
    contains: str | None = None

    def to_api_filter(self) -> dict[str, str]:
        """The Filter parameter of ListEmailIdentities."""
        given = {
            "IDENTITY_TYPE": self.type,
            "VERIFICATION_STATUS": self.status,
            "IDENTITY_NAME_CONTAINS": self.contains,
        }
        return {key: value for key, value in given.items() if value}

    def matches(self, found: Mapping[str, Any]) -> bool:
        """Whether an identity passes the filter, for endpoints that do not support the Filter parameter yet."""
        return (
            self.type in {None, found.get("IdentityType")}
            and self.status in {None, found.get("VerificationStatus")}
            and (self.contains or "").casefold() in str(found["IdentityName"]).casefold()
        )


def parse_type(text: str) -> str:
    """`email` or `domain`, or the API's own spelling. Raises `UsageError`."""
    name = text.strip().lower()
    for short, long in TYPES.items():
        if name in {short, long.lower()}:
            return long
    raise UsageError(f"--type {text!r} is not valid", hint="use email or domain")


def parse_status(text: str) -> str:
    """A verification status in any case. Raises `UsageError`."""
    name = text.strip().upper().replace("-", "_")
    if name not in STATUSES:
        raise UsageError(f"--status {text!r} is not valid", hint=f"use {', '.join(STATUSES).lower()}")
    return name


def list_identities(
    aws: Gateway,
    wanted: IdentityFilter,
    *,
    limit: int | None = None,
    warn: Callable[[str], None],
    sleep: Callable[[float], None],
) -> Iterator[IdentitySummary]:
    """All matching identities, yielded in batches of 100.

    SES API v2 ListEmailIdentities for the names; v1 GetIdentityDkimAttributes and
    GetIdentityMailFromDomainAttributes for the rest, because they accept 100 names a call where GetEmailIdentity
    accepts one. A look-up that is denied calls `warn` once and leaves None.
    """
    found = islice(_names(aws, wanted, limit), limit)
    dkim = _AttributeLookup(aws, "DKIM status", "GetIdentityDkimAttributes", "DkimAttributes", warn, sleep)
    mail_from = _AttributeLookup(
        aws,
        "MAIL FROM domains",
        "GetIdentityMailFromDomainAttributes",
        "MailFromDomainAttributes",
        warn,
        sleep,
    )
    with ThreadPoolExecutor(max_workers=2) as both:
        while batch := list(islice(found, MAX_NAMES_PER_CALL)):
            names = [identity["IdentityName"] for identity in batch]
            signing, sender = both.map(lambda lookup: lookup.of(names), (dkim, mail_from))  # noqa: B023
            for identity in batch:
                name = identity["IdentityName"]
                yield _summary(identity, signing.get(name, {}), sender.get(name, {}))


def _names(aws: Gateway, wanted: IdentityFilter, limit: int | None) -> Iterator[dict[str, Any]]:
    chosen = wanted.to_api_filter()
    params: dict[str, Any] = {
        "PageSize": min(_MAX_PAGE_SIZE, limit or _MAX_PAGE_SIZE),
        **({"Filter": chosen} if chosen else {}),
    }
    pages = aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", **params)
    return (identity for identity in pages if wanted.matches(identity))


@dataclass
class _AttributeLookup:
    """An attribute call of API v1. After one failure it is not tried again."""

    aws: Gateway
    subject: str
    operation: str
    key: str
    warn: Callable[[str], None]
    sleep: Callable[[float], None]
    has_failed: bool = field(default=False)

    def of(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The attributes by name, for the names that SES knows."""
        if self.has_failed:
            return {}
        found = try_read(
            self.subject,
            lambda: retry_throttled(lambda: self._read(names), sleep=self.sleep),
            warn=self.warn,
        )
        self.has_failed = found is None
        return found or {}

    def _read(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.aws.read("ses", self.operation, Identities=list(names))[
            self.key
        ]
        return found


def _summary(
    identity: Mapping[str, Any], dkim: Mapping[str, Any], mail_from: Mapping[str, Any]
) -> IdentitySummary:
    domain = mail_from.get("MailFromDomain") or None
    status = mail_from.get("MailFromDomainStatus")
    signing = dkim.get("DkimVerificationStatus")
    sending = bool(identity.get("SendingEnabled"))
    return IdentitySummary(
        identity=identity["IdentityName"],
        type=identity.get("IdentityType", ""),
        verification_status=identity.get("VerificationStatus") or ("SUCCESS" if sending else "PENDING"),
        dkim_status=to_v2_status(signing) if signing else None,
        mail_from_domain=domain,
        mail_from_status=to_v2_status(status) if domain and status else None,
        sending_enabled=sending,
    )
