"""Multi-region endpoints in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import endpoints
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def CreateMultiRegionEndpoint(region: Region, params: Params) -> dict[str, Any]:
    routes = [route["Region"] for route in params["Details"]["RoutesDetails"]]
    tags = check_tags(params.get("Tags", []))
    record = endpoints.create(region, params["EndpointName"], routes, tags)
    return {"Status": endpoints.status(record), "EndpointId": record["id"]}


@V2
def GetMultiRegionEndpoint(region: Region, params: Params) -> dict[str, Any]:
    name = params["EndpointName"]
    record = endpoints.load(region, name)
    if not record["looked_at"]:
        region.put(endpoints.KIND, name, record | {"looked_at": True})
    routes = {"Routes": [{"Region": each} for each in record["regions"]]}
    return _row(name, record) | routes


@V2
def ListMultiRegionEndpoints(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    found, following = region.page(endpoints.KIND, size=size, token=params.get("NextToken"))
    rows = [_row(name, record) | {"Regions": record["regions"]} for name, record in found]
    return {"MultiRegionEndpoints": rows, **following}


@V2
def DeleteMultiRegionEndpoint(region: Region, params: Params) -> dict[str, Any]:
    endpoints.load(region, params["EndpointName"])
    region.delete(endpoints.KIND, params["EndpointName"])
    return {"Status": "DELETING"}


def _row(name: str, record: Record) -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointId": record["id"],
        "Status": endpoints.status(record),
        "CreatedTimestamp": record["created"],
        "LastUpdatedTimestamp": record["created"],
    }
