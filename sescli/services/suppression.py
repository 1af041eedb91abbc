"""The account's suppression list: addresses that SES does not deliver to, per region."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.errors import AwsRefusedError, NotFoundError, ThrottledError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sescli.aws.gateway import Gateway

REASONS = ("BOUNCE", "COMPLAINT")

# The largest page that ListSuppressedDestinations gives; unlike others of SES it documents no bound.
_PAGE = 1000
_LIST = "ListSuppressedDestinations"
# How long to wait for the next page when SES says that this is too fast, in seconds, again and again.
_PATIENCE = (1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True)
class Suppressed:
    """An address on the list. `reason` is BOUNCE or COMPLAINT."""

    email: str
    reason: str
    last_update_time: datetime | None


@dataclass(frozen=True)
class SuppressedInFull(Suppressed):
    """The same with the mail that put it there, where SES knows it."""

    message_id: str | None
    feedback_id: str | None


@dataclass
class Several:
    """Entries that were asked for, and the addresses that are not on the list."""

    entries: list[SuppressedInFull] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass
class Removed:
    """Addresses that were taken off, as SES kept them, and those that were not on the list."""

    removed: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


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
) -> Iterator[Suppressed]:
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
            yield Suppressed(found["EmailAddress"], found["Reason"], found.get("LastUpdateTime"))
        token = page.get("NextToken")
        if not token:
            return
        page = _following(aws, params, token)
        if page.get("NextToken") == token:
            raise AwsRefusedError(f"sesv2 {_LIST}: the service repeats its NextToken", code="RepeatedToken")


def _following(aws: Gateway, params: dict[str, Any], token: str) -> dict[str, Any]:
    """The next page. SES throttles who reads a long list quickly; it is not given up in the middle for that."""
    for wait in _PATIENCE:
        try:
            return aws.read("sesv2", _LIST, **params, NextToken=token)
        except ThrottledError:
            time.sleep(wait)
    return aws.read("sesv2", _LIST, **params, NextToken=token)


def check_allowed(aws: Gateway) -> None:
    """Raise `AwsRefusedError` in the sandbox, where SES lets nobody change the list (GetAccount)."""
    if not aws.read("sesv2", "GetAccount").get("ProductionAccessEnabled"):
        raise AwsRefusedError(
            f"the account is in the sandbox of {aws.region}, where the suppression list cannot be changed",
            hint="sescli sandbox request-production, or name another --region",
            code="Sandbox",
        )


def add(aws: Gateway, addresses: Sequence[str], reason: str) -> list[str]:
    """Put addresses on the list; one that is there gets the new reason (PutSuppressedDestination).

    SES refuses this in the sandbox.
    """
    try:
        for address in addresses:
            aws.write("sesv2", "PutSuppressedDestination", EmailAddress=address, Reason=reason)
    except AwsRefusedError:
        check_allowed(aws)
        raise
    return list(addresses)


def show(aws: Gateway, address: str) -> SuppressedInFull:
    """One entry (GetSuppressedDestination). Raises `NotFoundError` when it is not on the list."""
    try:
        return _get(aws, address)
    except NotFoundError:
        missing: list[str] = []
        stored = _spellings(aws, [address], missing)
        if missing:
            raise absent(aws, missing) from None
        return _get(aws, stored[0])


def show_several(aws: Gateway, addresses: Sequence[str]) -> Several:
    """Entries, as `show`; for what is not there as it is spelt the list is read once for all of them."""
    found = Several()
    missed = []
    for address in addresses:
        try:
            found.entries.append(_get(aws, address))
        except NotFoundError:
            missed.append(address)
    for stored in _spellings(aws, missed, found.absent):
        found.entries.append(_get(aws, stored))
    return found


def remove(aws: Gateway, addresses: Sequence[str]) -> Removed:
    """Take addresses off the list (DeleteSuppressedDestination).

    Those that are not there as they are spelt are looked for in the list, read once for all of them.
    """
    done = Removed()
    missed = []
    for address in addresses:
        try:
            aws.write("sesv2", "DeleteSuppressedDestination", EmailAddress=address)
            done.removed.append(address)
        except NotFoundError:
            missed.append(address)
    for stored in _spellings(aws, missed, done.absent):
        aws.write("sesv2", "DeleteSuppressedDestination", EmailAddress=stored)
        done.removed.append(stored)
    return done


def absent(aws: Gateway, addresses: Sequence[str]) -> NotFoundError:
    """The error for addresses that are not on the list in any spelling."""
    names = ", ".join(addresses)
    verb = "is" if len(addresses) == 1 else "are"
    return NotFoundError(
        f"{names} {verb} not on the suppression list of {aws.region}, in upper or lower case",
        hint="the list is per region: name another with --region; sescli suppression list shows it whole",
        code="NotFoundException",
    )


def _get(aws: Gateway, address: str) -> SuppressedInFull:
    found = aws.read("sesv2", "GetSuppressedDestination", EmailAddress=address)["SuppressedDestination"]
    attributes = found.get("Attributes", {})
    return SuppressedInFull(
        email=found["EmailAddress"],
        reason=found["Reason"],
        last_update_time=found.get("LastUpdateTime"),
        message_id=attributes.get("MessageId"),
        feedback_id=attributes.get("FeedbackId"),
    )


def _spellings(aws: Gateway, addresses: Sequence[str], missing: list[str]) -> list[str]:
    """The spellings in which SES keeps the addresses, all of them; those without one go to `missing`.

    SES finds an address for Get and Delete only in the case in which it was put (ses-facts 3.11), so the list
    is read to its end, once.
    """
    if not addresses:
        return []
    wanted = {address.casefold(): address for address in addresses}
    found = [entry.email for entry in entries(aws) if entry.email.casefold() in wanted]
    there = {address.casefold() for address in found}
    missing.extend(address for key, address in wanted.items() if key not in there)
    return found
