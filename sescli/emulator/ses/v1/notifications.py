"""Identity notifications: topics for bounces, complaints and deliveries, and email forwarding (v1 only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.events import destinations
from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.registry import V1, Params
from sescli.emulator.ses.v1.identities import existing_identities

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region

_KINDS = ("Bounce", "Complaint", "Delivery")


@V1
def GetIdentityNotificationAttributes(region: Region, params: Params) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, record in existing_identities(region, params):
        attributes: dict[str, Any] = {"ForwardingEnabled": record["feedback_forwarding"]}
        for kind in _KINDS:
            attributes[f"{kind}Topic"] = record["topics"].get(kind, "")
            attributes[f"HeadersIn{kind}NotificationsEnabled"] = record["topic_headers"].get(kind, False)
        found[name] = attributes
    return {"NotificationAttributes": found}


@V1
def SetIdentityNotificationTopic(region: Region, params: Params) -> dict[str, Any]:
    """Set the topic for a notification type. Without a topic, these notifications stop."""
    record = identities.load(region, params["Identity"])
    if params.get("SnsTopic"):
        record["topics"][params["NotificationType"]] = params["SnsTopic"]
        destinations.queue_identity_notice(
            region, record["name"], params["NotificationType"], params["SnsTopic"]
        )
    else:
        record["topics"].pop(params["NotificationType"], None)
    identities.save(region, record)
    return {}


@V1
def SetIdentityHeadersInNotificationsEnabled(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["Identity"])
    if params["Enabled"] and params["NotificationType"] not in record["topics"]:
        raise BadRequest(f"There is no topic for {params['NotificationType']} notifications.")
    record["topic_headers"][params["NotificationType"]] = params["Enabled"]
    identities.save(region, record)
    return {}


@V1
def SetIdentityFeedbackForwardingEnabled(region: Region, params: Params) -> dict[str, Any]:
    record = identities.load(region, params["Identity"])
    if not params["ForwardingEnabled"] and not record["topics"].keys() >= {"Bounce", "Complaint"}:
        raise BadRequest("Forwarding can be disabled only while Bounce and Complaint have topics.")
    record["feedback_forwarding"] = params["ForwardingEnabled"]
    identities.save(region, record)
    return {}
