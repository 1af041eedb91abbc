"""The list of identities: quick also where there are 10,000 of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from sescli.aws.throttle_retry import retry_throttled
from sescli.dns.names import DOMAIN, EMAIL_ADDRESS
from sescli.errors import AccessError, ApiError, UsageError
from sescli.groups.identity.service.identities import IdentitySummary, v2_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway

TYPES = {"email": EMAIL_ADDRESS, "domain": DOMAIN}
STATUSES = ("PENDING", "SUCCESS", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED")

_PAGE = 1000  # the most that ListEmailIdentities gives
_NAMES_A_CALL = 100  # the most that the attribute calls of API v1 take


@dataclass(frozen=True)
class Wanted:
    """Which identities; None is all. `type` and `status` are spelt as the API spells them."""

    type: str | None = None
    status: str | None = None
    contains: str | None = None

    def filter(self) -> dict[str, str]:
        """As the Filter of ListEmailIdentities."""
        given = {
            "IDENTITY_TYPE": self.type,
            "VERIFICATION_STATUS": self.status,
            "IDENTITY_NAME_CONTAINS": self.contains,
        }
        return {key: value for key, value in given.items() if value}

    def holds(self, found: Mapping[str, Any]) -> bool:
        """The same here, for endpoints that do not know the Filter yet."""
        return (
            self.type in {None, found.get("IdentityType")}
            and self.status in {None, found.get("VerificationStatus")}
            and (self.contains or "").casefold() in str(found["IdentityName"]).casefold()
        )


def parse_type(text: str) -> str:
    """`email` or `domain`, or as the API spells them. Raises `UsageError`."""
    name = text.strip().lower()
    for short, long in TYPES.items():
        if name in {short, long.lower()}:
            return long
    raise UsageError(f"--type is {text!r}", hint="it takes email or domain")


def parse_status(text: str) -> str:
    """A status, in capitals or not. Raises `UsageError`."""
    name = text.strip().upper().replace("-", "_")
    if name not in STATUSES:
        raise UsageError(f"--status is {text!r}", hint=f"it takes {', '.join(STATUSES).lower()}")
    return name


def identities(
    aws: Gateway,
    wanted: Wanted,
    *,
    limit: int | None = None,
    warn: Callable[[str], None],
    sleep: Callable[[float], None],
) -> Iterator[IdentitySummary]:
    """All identities, a hundred at a time as they come.

    SES API v2 ListEmailIdentities for the names; v1 GetIdentityDkimAttributes and
    GetIdentityMailFromDomainAttributes for the rest: they take 100 names a call, where GetEmailIdentity
    takes one. A look-up that is denied is warned of once and leaves None.
    """
    found = islice(_names(aws, wanted, limit), limit)
    dkim = _Lookup(aws, "GetIdentityDkimAttributes", "DkimAttributes", warn, sleep)
    mail_from = _Lookup(aws, "GetIdentityMailFromDomainAttributes", "MailFromDomainAttributes", warn, sleep)
    with ThreadPoolExecutor(max_workers=2) as both:
        while batch := list(islice(found, _NAMES_A_CALL)):
            names = [identity["IdentityName"] for identity in batch]
            signing, sender = both.map(lambda lookup: lookup.of(names), (dkim, mail_from))  # noqa: B023
            for identity in batch:
                name = identity["IdentityName"]
                yield _summary(identity, signing.get(name, {}), sender.get(name, {}))


def _names(aws: Gateway, wanted: Wanted, limit: int | None) -> Iterator[dict[str, Any]]:
    asked = wanted.filter()
    params: dict[str, Any] = {"PageSize": min(_PAGE, limit or _PAGE), **({"Filter": asked} if asked else {})}
    pages = aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", **params)
    return (identity for identity in pages if wanted.holds(identity))


@dataclass
class _Lookup:
    """An attribute call of API v1; once refused it is not tried again."""

    aws: Gateway
    operation: str
    key: str
    warn: Callable[[str], None]
    sleep: Callable[[float], None]
    refused: bool = field(default=False)

    def of(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The attributes of those names that SES knows, by name."""
        if self.refused:
            return {}
        try:
            return retry_throttled(lambda: self._once(names), sleep=self.sleep)
        except (AccessError, ApiError) as error:
            self.refused = True
            self.warn(f"left empty what only {self.operation} tells: {error.message}")
            return {}

    def _once(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
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
        dkim_status=v2_status(signing) if signing else None,
        mail_from_domain=domain,
        mail_from_status=v2_status(status) if domain and status else None,
        sending_enabled=sending,
    )
