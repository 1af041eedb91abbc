"""Reputation entities in v2: the tenants, whose sending status can be changed separately.

There are no reputation findings, so there is no `ReputationImpact`, and AWS's own status stays ENABLED.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses import resources
from sescli.emulator.ses.account import tenants
from sescli.emulator.ses.faults import BadRequest, NotFound
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000
_TYPE = "RESOURCE"


@V2
def GetReputationEntity(region: Region, params: Params) -> dict[str, Any]:
    return {"ReputationEntity": _entity(_load(region, params)[1])}


@V2
def ListReputationEntities(region: Region, params: Params) -> dict[str, Any]:
    asked = params.get("Filter", {})

    def wanted(_name: str, record: Record) -> bool:
        return (
            asked.get("ENTITY_TYPE", _TYPE) == _TYPE
            and "REPUTATION_IMPACT" not in asked
            and asked.get("SENDING_STATUS", tenants.status(record)) == tenants.status(record)
            and record["arn"].startswith(asked.get("ENTITY_REFERENCE_PREFIX", ""))
        )

    found, following = region.page(
        tenants.KIND,
        size=page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE),
        token=params.get("NextToken"),
        wanted=wanted,
    )
    return {"ReputationEntities": [_entity(record) for _, record in found], **following}


@V2
def UpdateReputationEntityCustomerManagedStatus(region: Region, params: Params) -> dict[str, Any]:
    name, record = _to_change(region, params)
    status = {"Status": params["SendingStatus"], "LastUpdatedTimestamp": region.now()}
    region.put(tenants.KIND, name, record | {"own_status": status})
    return {}


@V2
def UpdateReputationEntityPolicy(region: Region, params: Params) -> dict[str, Any]:
    name, record = _to_change(region, params)
    policy = params["ReputationEntityPolicy"]
    if policy not in {tenants.policy_arn(region, each) for each in tenants.POLICIES}:
        raise BadRequest(f"Reputation policy {policy} does not exist.")
    region.put(tenants.KIND, name, record | {"policy": policy})
    return {}


def _load(region: Region, params: Params) -> tuple[str, Record]:
    """Raises NotFound."""
    arn = params["ReputationEntityReference"]
    kind, name, record = resources.by_arn(region, arn)
    if kind != tenants.KIND:
        raise NotFound(f"Reputation entity {arn} does not exist.")
    return name, record


def _to_change(region: Region, params: Params) -> tuple[str, Record]:
    """Load an entity to change. Raises BadRequest, because these operations have no NotFound."""
    try:
        return _load(region, params)
    except NotFound as fault:
        raise BadRequest(fault.message) from fault


def _entity(record: Record) -> dict[str, Any]:
    return {
        "ReputationEntityReference": record["arn"],
        "ReputationEntityType": _TYPE,
        "ReputationManagementPolicy": record["policy"],
        "CustomerManagedStatus": record["own_status"],
        "AwsSesManagedStatus": record["aws_status"],
        "SendingStatusAggregate": tenants.status(record),
    }
