"""The suppression list in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import account, tenants
from sescli.emulator.ses.lists import suppression
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def PutSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    suppression.check_allowed(account.load(region)["production"])
    suppression.put(region, params["EmailAddress"], params["Reason"], _tenant(region, params))
    return {}


@V2
def GetSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    tenant = _tenant(region, params)
    row = _row(params["EmailAddress"], suppression.load(region, params["EmailAddress"], tenant))
    return {"SuppressedDestination": row | ({"TenantName": tenant} if tenant else {})}


@V2
def ListSuppressedDestinations(region: Region, params: Params) -> dict[str, Any]:
    kind = suppression.kind(_tenant(region, params))
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    reasons = params.get("Reasons")
    start, end = params.get("StartDate", float("-inf")), params.get("EndDate", float("inf"))

    def wanted(_address: str, record: Record) -> bool:
        return (not reasons or record["reason"] in reasons) and start <= record["updated"] <= end

    found, following = region.page(kind, size=size, token=params.get("NextToken"), wanted=wanted)
    rows = [_row(address, record) for address, record in found]
    return {"SuppressedDestinationSummaries": rows, **following}


@V2
def DeleteSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    suppression.delete(region, params["EmailAddress"], _tenant(region, params))
    return {}


def _row(address: str, record: Record) -> dict[str, Any]:
    return {"EmailAddress": address, "Reason": record["reason"], "LastUpdateTime": record["updated"]}


def _tenant(region: Region, params: Params) -> str | None:
    """The tenant whose list is used, or None for the account's list. Raises NotFound."""
    name: str | None = params.get("TenantName")
    if name is not None:
        tenants.load(region, name)
    return name
