"""Sending-authorization policies in v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.identities import identities, policies
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V1
def PutIdentityPolicy(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["Identity"])
    policies.put(record, params["PolicyName"], params["Policy"])
    identities.save(region, record)
    return {}


@V1
def GetIdentityPolicies(region: Region, params: Params) -> dict[str, Any]:
    held = identities.load(region, params["Identity"])["policies"]
    return {"Policies": {name: held[name] for name in params["PolicyNames"] if name in held}}


@V1
def ListIdentityPolicies(region: Region, params: Params) -> dict[str, Any]:
    return {"PolicyNames": sorted(identities.load(region, params["Identity"])["policies"])}


@V1
def DeleteIdentityPolicy(region: Region, params: Params) -> dict[str, Any]:
    """No error if the policy does not exist."""
    record = identities.load(region, params["Identity"])
    record["policies"].pop(params["PolicyName"], None)
    identities.save(region, record)
    return {}
