"""IP filters: addresses that SES blocks or allows before any rule runs (SES API v1 only)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AlreadyExistsError, NotFoundError, UsageError
from sescli.groups.receipt.service.names import checked_filter_name, require_receiving

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

BLOCK, ALLOW = "Block", "Allow"
# Per account and region.
MOST_FILTERS = 100


@dataclass(frozen=True)
class IpFilter:
    """An IP filter. `policy` is Block or Allow; `cidr` is an IP address or a range."""

    name: str
    policy: str
    cidr: str


def list_filters(aws: Gateway) -> list[IpFilter]:
    """All IP filters of the region (ListReceiptFilters, which has one page)."""
    require_receiving(aws)
    found: list[dict[str, Any]] = aws.read("ses", "ListReceiptFilters").get("Filters", [])
    return [IpFilter(one["Name"], one["IpFilter"]["Policy"], one["IpFilter"]["Cidr"]) for one in found]


def network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An IP address or range, parsed. Raises `UsageError`."""
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise UsageError(
            f"{cidr!r} is not an IP address or range",
            hint="write it as 192.0.2.1 or 192.0.2.0/24",
            code="InvalidCidr",
        ) from error


def add(aws: Gateway, name: str, policy: str, cidr: str) -> IpFilter:
    """Add an IP filter (CreateReceiptFilter). Raises `AlreadyExistsError`, `UsageError`."""
    checked_filter_name(name)
    network(cidr)
    present = list_filters(aws)
    if any(one.name == name for one in present):
        raise AlreadyExistsError(
            f"IP filter {name} already exists in {aws.region}",
            hint=Advice(
                "to change it, delete it and add it again: ", NextCommand("receipt", "filter", "delete", name)
            ),
            code="AlreadyExists",
        )
    if len(present) >= MOST_FILTERS:
        raise UsageError(
            f"{aws.region} has {len(present)} IP filters; SES allows at most {MOST_FILTERS}",
            hint=Advice(
                "replace several filters with one range; list them: ",
                NextCommand("receipt", "filter", "list"),
            ),
            code="LimitExceeded",
        )
    made = IpFilter(name, policy, cidr)
    aws.write(
        "ses", "CreateReceiptFilter", Filter={"Name": name, "IpFilter": {"Policy": policy, "Cidr": cidr}}
    )
    return made


def find_filter(aws: Gateway, name: str) -> IpFilter:
    """One IP filter. Raises `NotFoundError`."""
    for one in list_filters(aws):
        if one.name == name:
            return one
    raise NotFoundError(
        f"IP filter {name} not found in {aws.region}",
        hint=NextCommand("receipt", "filter", "list"),
        code="FilterDoesNotExist",
    )


def delete(aws: Gateway, name: str) -> None:
    """Delete an IP filter (DeleteReceiptFilter). SES reports no error for a missing one."""
    aws.write("ses", "DeleteReceiptFilter", FilterName=name)
