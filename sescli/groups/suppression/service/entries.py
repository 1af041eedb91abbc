"""The account's suppression list: addresses that SES does not deliver to, per region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.throttle_retry import LONGER_EACH_TIME, retry_throttled
from sescli.errors import ApiError, NotFoundError, UsageError
from sescli.mail.addresses import parse_address
from sescli.mail.controls import refuse_controls
from sescli.mail.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sescli.aws.gateway import Gateway

REASONS = ("BOUNCE", "COMPLAINT")

# The largest page that ListSuppressedDestinations gives; unlike others of SES it documents no bound.
_PAGE = 1000
_LIST = "ListSuppressedDestinations"


@dataclass(frozen=True)
class SuppressedAddress:
    """An address on the list. `reason` is BOUNCE or COMPLAINT."""

    email: str
    reason: str
    last_update_time: datetime | None


@dataclass(frozen=True)
class SuppressedAddressDetails(SuppressedAddress):
    """The same with the mail that put it there, where SES knows it."""

    message_id: str | None
    feedback_id: str | None


@dataclass(frozen=True)
class SuppressionSettings:
    """What SES puts on the list by itself; none of them means that nothing is."""

    reasons: tuple[str, ...]


def parse_reasons(text: str) -> tuple[str, ...]:
    """`bounce`, `complaint`, both with a comma, or `none`. Raises `UsageError` for anything else."""
    names = tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if names == ("NONE",):
        return ()
    if not names or any(name not in REASONS for name in names):
        raise UsageError(
            f"--reasons is {text!r}", hint="it takes bounce, complaint, bounce,complaint or none"
        )
    return names


def parse_reason(text: str) -> str:
    """`bounce` or `complaint`. Raises `UsageError` for anything else."""
    name = text.strip().upper()
    if name not in REASONS:
        raise UsageError(f"--reason is {text!r}", hint="it takes bounce or complaint")
    return name


def parse_entry(text: str) -> str:
    """An address that may stand on the list: also one that SES took once and `parse_address` does not take.

    Raises `AddressError` for what is no address at all, and `InjectionError` for control characters.
    """
    try:
        return parse_address(text).addr_spec
    except AddressError:
        odd = text.strip()
        refuse_controls(odd, "an address")
        local, _, domain = odd.rpartition("@")
        if not local or not domain:
            raise
        return odd


def settings(aws: Gateway) -> SuppressionSettings:
    """Which reasons suppress automatically (SES API v2 GetAccount)."""
    attributes = aws.read("sesv2", "GetAccount").get("SuppressionAttributes", {})
    return SuppressionSettings(tuple(attributes.get("SuppressedReasons", ())))


def change_settings(aws: Gateway, reasons: Sequence[str]) -> SuppressionSettings:
    """Set the reasons; none turns automatic suppression off (PutAccountSuppressionAttributes)."""
    aws.write("sesv2", "PutAccountSuppressionAttributes", SuppressedReasons=list(reasons))
    return SuppressionSettings(tuple(reasons))


def entries(
    aws: Gateway, *, reasons: Sequence[str] = (), since: datetime | None = None, until: datetime | None = None
) -> Iterator[SuppressedAddress]:
    """The whole list, page by page as it comes (ListSuppressedDestinations)."""
    params: dict[str, Any] = {"PageSize": _PAGE}
    if reasons:
        params["Reasons"] = list(reasons)
    if since:
        params["StartDate"] = since
    if until:
        params["EndDate"] = until
    page = aws.read("sesv2", _LIST, **params)
    while True:
        for found in page.get("SuppressedDestinationSummaries", ()):
            yield SuppressedAddress(found["EmailAddress"], found["Reason"], found.get("LastUpdateTime"))
        token = page.get("NextToken")
        if not token:
            return
        # SES throttles who reads a long list quickly; it is not given up in the middle for that.
        page = retry_throttled(
            partial(aws.read, "sesv2", _LIST, **params, NextToken=token), waits=LONGER_EACH_TIME
        )
        if page.get("NextToken") == token:
            raise ApiError(f"sesv2 {_LIST}: the service repeats its NextToken", code="RepeatedToken")


def check_allowed(aws: Gateway) -> None:
    """Raise `ApiError` in the sandbox, where SES lets nobody change the list (GetAccount)."""
    if not aws.read("sesv2", "GetAccount").get("ProductionAccessEnabled"):
        raise ApiError(
            f"the account is in the sandbox of {aws.region}, where the suppression list cannot be changed",
            hint=Advice(
                "request production access, or use another --region: ",
                NextCommand("sandbox", "request-production"),
            ),
            code="Sandbox",
        )


def add(aws: Gateway, address: str, reason: str) -> str:
    """Put an address on the list; one that is there gets the new reason (PutSuppressedDestination).

    SES refuses this in the sandbox.
    """
    try:
        aws.write("sesv2", "PutSuppressedDestination", EmailAddress=address, Reason=reason)
    except ApiError:
        check_allowed(aws)
        raise
    return address


@dataclass
class StoredSpellings:
    """The spellings in which SES keeps some addresses.

    SES finds an address for Get and Delete only in the case in which it was put
    (docs/ses-behavior.md#suppression-case), so the list is read to its end: once for all of the addresses,
    and only when one is asked for.
    """

    aws: Gateway
    addresses: Sequence[str]

    def take(self, address: str) -> list[str]:
        """All of them, the first time they are asked for. Raises `NotFoundError` where there is none."""
        key = address.casefold()
        if key not in self._stored:
            raise NotFoundError(
                f"{address} is not on the suppression list of {self.aws.region}, in upper or lower case",
                hint=Advice(
                    "the suppression list is per region: use another --region, or see ",
                    NextCommand("suppression", "list"),
                ),
                code="NotFoundException",
            )
        found, self._stored[key] = self._stored[key], []
        return found

    @cached_property
    def _stored(self) -> dict[str, list[str]]:
        wanted = {address.casefold() for address in self.addresses}
        stored: dict[str, list[str]] = {}
        for entry in entries(self.aws):
            key = entry.email.casefold()
            if key in wanted:
                stored.setdefault(key, []).append(entry.email)
        return stored


def show(aws: Gateway, address: str, spellings: StoredSpellings) -> list[SuppressedAddressDetails]:
    """The entries of an address, one for each spelling on the list (GetSuppressedDestination).

    Raises `NotFoundError` when there is none.
    """
    try:
        return [_get(aws, address)]
    except NotFoundError:
        return [_get(aws, stored) for stored in spellings.take(address)]


def remove(aws: Gateway, address: str, spellings: StoredSpellings) -> list[str]:
    """Take an address off the list (DeleteSuppressedDestination), and say how it was spelt there.

    Raises `NotFoundError` when it is not there in any spelling.
    """
    try:
        return [_delete(aws, address)]
    except NotFoundError:
        return [_delete(aws, stored) for stored in spellings.take(address)]


def _delete(aws: Gateway, address: str) -> str:
    aws.write("sesv2", "DeleteSuppressedDestination", EmailAddress=address)
    return address


def _get(aws: Gateway, address: str) -> SuppressedAddressDetails:
    found = aws.read("sesv2", "GetSuppressedDestination", EmailAddress=address)["SuppressedDestination"]
    attributes = found.get("Attributes", {})
    return SuppressedAddressDetails(
        email=found["EmailAddress"],
        reason=found["Reason"],
        last_update_time=found.get("LastUpdateTime"),
        message_id=attributes.get("MessageId"),
        feedback_id=attributes.get("FeedbackId"),
    )
