"""Sending-authorization policies in v2 (limits in docs/ses-behavior.md#identity-policies)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, NotFound
from sescli.emulator.ses.identities import identities, policies
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V2
def CreateEmailIdentityPolicy(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    if params["PolicyName"] in record["policies"]:
        raise AlreadyExists(f"Policy {params['PolicyName']} already exists.")
    policies.put(record, params["PolicyName"], params["Policy"])
    identities.save(region, record)
    return {}


@V2
def UpdateEmailIdentityPolicy(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    if params["PolicyName"] not in record["policies"]:
        raise NotFound(f"Policy {params['PolicyName']} does not exist.")
    policies.put(record, params["PolicyName"], params["Policy"])
    identities.save(region, record)
    return {}


@V2
def DeleteEmailIdentityPolicy(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["EmailIdentity"])
    if record["policies"].pop(params["PolicyName"], None) is None:
        raise NotFound(f"Policy {params['PolicyName']} does not exist.")
    identities.save(region, record)
    return {}


@V2
def GetEmailIdentityPolicies(region: Region, params: Params) -> dict[str, Any]:
    return {"Policies": identities.load(region, params["EmailIdentity"])["policies"]}
