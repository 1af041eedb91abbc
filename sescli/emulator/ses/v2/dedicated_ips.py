"""Dedicated IPs and pools in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.account import dedicated_ips
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def CreateDedicatedIpPool(region: Region, params: Params) -> dict[str, Any]:
    mode = params.get("ScalingMode", dedicated_ips.STANDARD)
    dedicated_ips.create_pool(region, params["PoolName"], mode, check_tags(params.get("Tags", [])))
    return {}


@V2
def GetDedicatedIpPool(region: Region, params: Params) -> dict[str, Any]:
    name = params["PoolName"]
    record = dedicated_ips.load_pool(region, name)
    return {"DedicatedIpPool": {"PoolName": name, "ScalingMode": record["mode"]}}


@V2
def ListDedicatedIpPools(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    found, following = region.page(dedicated_ips.POOL, size=size, token=params.get("NextToken"))
    return {"DedicatedIpPools": [name for name, _ in found], **following}


@V2
def DeleteDedicatedIpPool(region: Region, params: Params) -> dict[str, Any]:
    dedicated_ips.delete_pool(region, params["PoolName"])
    return {}


@V2
def PutDedicatedIpPoolScalingAttributes(region: Region, params: Params) -> dict[str, Any]:
    dedicated_ips.scale_pool(region, params["PoolName"], params["ScalingMode"])
    return {}


@V2
def GetDedicatedIp(region: Region, params: Params) -> dict[str, Any]:
    return {"DedicatedIp": _row(params["Ip"], dedicated_ips.load_ip(region, params["Ip"]))}


@V2
def GetDedicatedIps(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    pool = params.get("PoolName")
    if pool:
        dedicated_ips.load_pool(region, pool)

    def wanted(_ip: str, record: Record) -> bool:
        return pool in {None, record["pool"]}

    found, following = region.page(
        dedicated_ips.IP, size=size, token=params.get("NextToken"), wanted=wanted if pool else None
    )
    return {"DedicatedIps": [_row(ip, record) for ip, record in found], **following}


@V2
def PutDedicatedIpInPool(region: Region, params: Params) -> dict[str, Any]:
    dedicated_ips.move(region, params["Ip"], params["DestinationPoolName"])
    return {}


@V2
def PutDedicatedIpWarmupAttributes(region: Region, params: Params) -> dict[str, Any]:
    dedicated_ips.warm_up(region, params["Ip"], params["WarmupPercentage"])
    return {}


def _row(ip: str, record: Record) -> dict[str, Any]:
    return {
        "Ip": ip,
        "WarmupStatus": dedicated_ips.warm_up_status(record["percent"]),
        "WarmupPercentage": record["percent"],
        "PoolName": record["pool"],
    }
