"""The suppression list in v2 (appendix A, "Suppression list")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.local.ses import account, suppression
from sescli.local.ses.faults import NotFound
from sescli.local.ses.region import page_size
from sescli.local.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.local.ses.region import Region
    from sescli.local.store import Record

_PAGE = 1000


@V2
def PutSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    _no_tenant(params)
    suppression.check_allowed(account.load(region)["production"])
    suppression.put(region, params["EmailAddress"], params["Reason"])
    return {}


@V2
def GetSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    _no_tenant(params)
    return {
        "SuppressedDestination": _row(
            params["EmailAddress"], suppression.load(region, params["EmailAddress"])
        )
    }


@V2
def ListSuppressedDestinations(region: Region, params: Params) -> dict[str, Any]:
    _no_tenant(params)
    size = page_size(params.get("PageSize"), default=_PAGE, most=_PAGE)
    reasons = params.get("Reasons")
    start, end = params.get("StartDate", float("-inf")), params.get("EndDate", float("inf"))

    def wanted(_address: str, record: Record) -> bool:
        return (not reasons or record["reason"] in reasons) and start <= record["updated"] <= end

    found, following = region.page(suppression.KIND, size=size, token=params.get("NextToken"), wanted=wanted)
    rows = [_row(address, record) for address, record in found]
    return {"SuppressedDestinationSummaries": rows, **following}


@V2
def DeleteSuppressedDestination(region: Region, params: Params) -> dict[str, Any]:
    _no_tenant(params)
    suppression.delete(region, params["EmailAddress"])
    return {}


def _row(address: str, record: Record) -> dict[str, Any]:
    return {"EmailAddress": address, "Reason": record["reason"], "LastUpdateTime": record["updated"]}


def _no_tenant(params: Params) -> None:
    if "TenantName" in params:
        raise NotFound(f"Tenant {params['TenantName']} does not exist.")
