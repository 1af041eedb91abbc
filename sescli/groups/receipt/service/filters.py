"""IP filters: whose mail SES refuses or takes before any rule is asked (SES API v1 only)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import AlreadyExistsError, NotFoundError, UsageError
from sescli.groups.receipt.service.names import checked_filter_name, require_receiving

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

BLOCK, ALLOW = "Block", "Allow"
# Of an account, in one region.
MOST_FILTERS = 100


@dataclass(frozen=True)
class IpFilter:
    """A filter. `policy` is Block or Allow; `cidr` one IP address or a range of them."""

    name: str
    policy: str
    cidr: str


def list_filters(aws: Gateway) -> list[IpFilter]:
    """All filters of the region (ListReceiptFilters has one page)."""
    require_receiving(aws)
    found: list[dict[str, Any]] = aws.read("ses", "ListReceiptFilters").get("Filters", [])
    return [IpFilter(one["Name"], one["IpFilter"]["Policy"], one["IpFilter"]["Cidr"]) for one in found]


def network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The addresses that a range covers. Raises `UsageError`."""
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise UsageError(
            f"{cidr!r} is neither an IP address nor a range of them",
            hint="as in 192.0.2.1 or 192.0.2.0/24",
            code="InvalidCidr",
        ) from error


def add(aws: Gateway, name: str, policy: str, cidr: str) -> IpFilter:
    """Add a filter (CreateReceiptFilter). Raises `AlreadyExistsError`, `UsageError`."""
    checked_filter_name(name)
    network(cidr)
    present = list_filters(aws)
    if any(one.name == name for one in present):
        raise AlreadyExistsError(
            f"the filter {name} exists already in {aws.region}",
            hint=f"to change it: sescli receipt filter delete {name}, then add it again",
            code="AlreadyExists",
        )
    if len(present) >= MOST_FILTERS:
        raise UsageError(
            f"{aws.region} has {len(present)} filters, and an account has at most {MOST_FILTERS}",
            hint="one range may stand for several: sescli receipt filter list",
            code="LimitExceeded",
        )
    made = IpFilter(name, policy, cidr)
    aws.write(
        "ses", "CreateReceiptFilter", Filter={"Name": name, "IpFilter": {"Policy": policy, "Cidr": cidr}}
    )
    return made


def find_filter(aws: Gateway, name: str) -> IpFilter:
    """One filter. Raises `NotFoundError`."""
    for one in list_filters(aws):
        if one.name == name:
            return one
    raise NotFoundError(
        f"there is no filter {name} in {aws.region}",
        hint="sescli receipt filter list shows those there are",
        code="FilterDoesNotExist",
    )


def delete(aws: Gateway, name: str) -> None:
    """Delete a filter (DeleteReceiptFilter). SES says nothing about one that is not there."""
    aws.write("ses", "DeleteReceiptFilter", FilterName=name)
