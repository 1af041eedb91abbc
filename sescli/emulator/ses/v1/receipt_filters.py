"""Receipt IP filters (v1 only)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded
from sescli.emulator.ses.receiving import rule_sets
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V1
def CreateReceiptFilter(region: Region, params: Params) -> dict[str, Any]:
    name = params["Filter"]["Name"]
    if region.get(rule_sets.FILTER_KIND, name) is not None:
        raise AlreadyExists(f"Filter already exists: {name}.")
    if region.count(rule_sets.FILTER_KIND) >= rule_sets.MAX_FILTERS:
        raise LimitExceeded(f"Cannot create more than {rule_sets.MAX_FILTERS} filters.")
    _check_range(params["Filter"]["IpFilter"]["Cidr"])
    region.put(rule_sets.FILTER_KIND, name, params["Filter"])
    return {}


def _check_range(cidr: str) -> None:
    """Raises BadRequest unless it is an IP address or an IP range."""
    try:
        ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise BadRequest(f"Invalid CIDR: {cidr}.") from error


@V1
def DeleteReceiptFilter(region: Region, params: Params) -> dict[str, Any]:
    """No error if the filter does not exist."""
    region.delete(rule_sets.FILTER_KIND, params["FilterName"])
    return {}


@V1
def ListReceiptFilters(region: Region, _params: Params) -> dict[str, Any]:
    return {
        "Filters": [record for _, record in region.store.iter_records(region.name, rule_sets.FILTER_KIND)]
    }
