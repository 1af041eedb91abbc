"""Tenants and their resources in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses import resources
from sescli.emulator.ses.account import tenants
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def CreateTenant(region: Region, params: Params) -> dict[str, Any]:
    tags = check_tags(params.get("Tags", []))
    record = tenants.create(region, params["TenantName"], tags, params.get("SuppressionAttributes", {}))
    return _whole(params["TenantName"], record)


@V2
def GetTenant(region: Region, params: Params) -> dict[str, Any]:
    return {"Tenant": _whole(params["TenantName"], tenants.load(region, params["TenantName"]))}


@V2
def ListTenants(region: Region, params: Params) -> dict[str, Any]:
    asked = params.get("Filter", {})
    part, status = asked.get("TENANT_NAME_CONTAINS", "").lower(), asked.get("SENDING_STATUS")

    def wanted(name: str, record: Record) -> bool:
        return part in name.lower() and status in {None, tenants.status(record)}

    found, following = region.page(
        tenants.KIND, size=_size(params), token=params.get("NextToken"), wanted=wanted
    )
    return {"Tenants": [_row(name, record) for name, record in found], **following}


@V2
def DeleteTenant(region: Region, params: Params) -> dict[str, Any]:
    tenants.delete(region, params["TenantName"])
    return {}


@V2
def PutTenantSuppressionAttributes(region: Region, params: Params) -> dict[str, Any]:
    name = params.pop("TenantName")
    region.put(tenants.KIND, name, tenants.load(region, name) | {"suppression": params})
    return {}


@V2
def CreateTenantResourceAssociation(region: Region, params: Params) -> dict[str, Any]:
    tenants.load(region, params["TenantName"])
    tenants.resource_type(params["ResourceArn"])
    resources.by_arn(region, params["ResourceArn"])
    tenants.associate(region, params["TenantName"], params["ResourceArn"])
    return {}


@V2
def DeleteTenantResourceAssociation(region: Region, params: Params) -> dict[str, Any]:
    tenants.dissociate(region, params["TenantName"], params["ResourceArn"])
    return {}


@V2
def ListTenantResources(region: Region, params: Params) -> dict[str, Any]:
    tenants.load(region, params["TenantName"])
    kind = params.get("Filter", {}).get("RESOURCE_TYPE")

    def wanted(_arn: str, record: Record) -> bool:
        return kind in {None, record["type"]}

    found, following = region.page(
        tenants.resource_kind(params["TenantName"]),
        size=_size(params),
        token=params.get("NextToken"),
        wanted=wanted,
    )
    rows = [{"ResourceType": record["type"], "ResourceArn": arn} for arn, record in found]
    return {"TenantResources": rows, **following}


@V2
def ListResourceTenants(region: Region, params: Params) -> dict[str, Any]:
    arn = params["ResourceArn"]
    resources.by_arn(region, arn)
    found, following = region.page(
        tenants.tenants_kind(arn), size=_size(params), token=params.get("NextToken")
    )
    rows = [
        {
            "TenantName": name,
            "TenantId": tenants.load(region, name)["id"],
            "ResourceArn": arn,
            "AssociatedTimestamp": record["at"],
        }
        for name, record in found
    ]
    return {"ResourceTenants": rows, **following}


def _size(params: Params) -> int:
    return page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)


def _row(name: str, record: Record) -> dict[str, Any]:
    return {
        "TenantName": name,
        "TenantId": record["id"],
        "TenantArn": record["arn"],
        "CreatedTimestamp": record["created"],
        "SendingStatus": tenants.status(record),
    }


def _whole(name: str, record: Record) -> dict[str, Any]:
    suppression = {"SuppressionScope": "ACCOUNT", **record["suppression"]}
    return _row(name, record) | {"Tags": record["tags"], "SuppressionAttributes": suppression}
