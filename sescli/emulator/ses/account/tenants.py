"""Tenants, their resources, and their effect on sending.

docs/ses-behavior.md#tenant-suppression-list, #tenants
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound, SendingPaused
from sescli.emulator.ses.lists import suppression

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "tenant"
POLICIES = ("standard", "strict", "none")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_COUNT = 10_000
_RESOURCE_TYPES = {
    "identity": "EMAIL_IDENTITY",
    "configuration-set": "CONFIGURATION_SET",
    "template": "EMAIL_TEMPLATE",
}


def create(region: Region, name: str, tags: list[dict[str, str]], suppressing: Record) -> Record:
    """Raises AlreadyExists, BadRequest, LimitExceeded."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"Invalid tenant name <{name}>.")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(f"Tenant <{name}> already exists.")
    if region.count(KIND) >= _MAX_COUNT:
        raise LimitExceeded(f"Cannot create more than {_MAX_COUNT} tenants.")
    tenant_id = f"tn-{secrets.token_hex(15)}"
    enabled = {"Status": "ENABLED", "LastUpdatedTimestamp": region.now()}
    record: Record = {
        "id": tenant_id,
        "arn": region.arn("tenant", f"{name}/{tenant_id}"),
        "created": region.now(),
        "tags": tags,
        "suppression": suppressing,
        "policy": policy_arn(region, "standard"),
        "own_status": enabled,
        "aws_status": enabled,
    }
    region.put(KIND, name, record)
    return record


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(f"Tenant <{name}> does not exist.")
    return record


def delete(region: Region, name: str) -> None:
    """Delete the tenant, its associations and its suppression list, but not the resources. Raises NotFound."""
    load(region, name)
    for arn, _ in list(region.store.iter_records(region.name, resource_kind(name))):
        _remove_association(region, name, arn)
    suppression.clear(region, name)
    region.delete(KIND, name)


def policy_arn(region: Region, policy: str) -> str:
    """The ARN of a reputation policy of AWS."""
    return f"arn:aws:ses:{region.name}:aws:reputation-policy/{policy}"


def status(record: Record) -> str:
    """The `SendingStatus`: DISABLED if the customer or AWS disabled it (docs/ses-behavior.md#tenant-status)."""
    own, aws = record["own_status"]["Status"], record["aws_status"]["Status"]
    return "DISABLED" if "DISABLED" in {own, aws} else str(own)


# Resources


def resource_kind(tenant: str) -> str:
    """The record kind of the resources of one tenant."""
    return f"tenant-resource:{tenant}"


def tenants_kind(arn: str) -> str:
    """The record kind of the tenants of one resource."""
    return f"resource-tenant:{arn}"


def resource_type(arn: str) -> str:
    """Raises BadRequest for a resource that tenants cannot have."""
    word = arn.rpartition(":")[2].partition("/")[0]
    if word not in _RESOURCE_TYPES:
        raise BadRequest(f"Resource {arn} cannot be associated with a tenant.")
    return _RESOURCE_TYPES[word]


def associate(region: Region, name: str, arn: str) -> None:
    """Raises AlreadyExists, BadRequest, NotFound."""
    load(region, name)
    kind = resource_type(arn)
    if region.get(resource_kind(name), arn) is not None:
        raise AlreadyExists(f"Resource {arn} is already associated with tenant <{name}>.")
    record = {"type": kind, "at": region.now()}
    region.put(resource_kind(name), arn, record)
    region.put(tenants_kind(arn), name, record)


def dissociate(region: Region, name: str, arn: str) -> None:
    """Raises NotFound."""
    load(region, name)
    if region.get(resource_kind(name), arn) is None:
        raise NotFound(f"Resource {arn} is not associated with tenant <{name}>.")
    _remove_association(region, name, arn)


def tenants_of_resource(region: Region, arn: str) -> list[str]:
    """The tenants that a resource is associated with."""
    return [name for name, _ in region.store.iter_records(region.name, tenants_kind(arn))]


def _remove_association(region: Region, name: str, arn: str) -> None:
    region.delete(resource_kind(name), arn)
    region.delete(tenants_kind(arn), name)


# Sending


def check_sending(region: Region, name: str, needed: dict[str, str | None]) -> Record:
    """Return the tenant for which a message is sent. `needed`: names of the used resources by resource type.

    Raises BadRequest for a resource that is not associated with the tenant, NotFound, SendingPaused.
    """
    record = load(region, name)
    for word, resource in needed.items():
        arn = region.arn(word, resource) if resource else None
        if arn and region.get(resource_kind(name), arn) is None:
            raise BadRequest(f"Resource {arn} is not associated with tenant <{name}>.")
    if status(record) == "DISABLED":
        raise SendingPaused(f"Sending paused for tenant <{name}>.")
    return record


def has_own_list(record: Record, set_options: dict[str, Any]) -> bool:
    """Whether the tenant's own suppression list applies. The configuration set's option overrides the tenant's.

    docs/ses-behavior.md#suppression-layers
    """
    scope = set_options.get("SuppressionScope") or record["suppression"].get("SuppressionScope", "ACCOUNT")
    return bool(scope == "TENANT")
