"""GetMessageInsights: the events of one message for each recipient."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.events import contents
from sescli.emulator.ses.faults import NotFound
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.sending import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.ses.events.contents import Event
    from sescli.emulator.ses.region import Region

# Mailbox providers by domain. Other domains get `_OTHER`.
_PROVIDERS = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "yahoo.com": "Yahoo",
    "hotmail.com": "Hotmail",
    "outlook.com": "Hotmail",
    "aol.com": "AOL",
    "icloud.com": "iCloud",
}
_OTHER = "Other"


@V2
def GetMessageInsights(region: Region, params: Params) -> dict[str, Any]:
    """Raises NotFound for a message that this region did not accept."""
    mail = outbox.find(region.store, params["MessageId"])
    if mail is None or mail["region"] != region.name or mail["message_id"] != params["MessageId"]:
        raise NotFound(f"Message with MessageId {params['MessageId']} does not exist.")
    happened = contents.build_events(mail)
    tags = happened[0]["mail"]["tags"]
    return {
        "MessageId": mail["message_id"],
        "FromEmailAddress": mail["from"],
        "Subject": mail["subject"] or "",
        "EmailTags": [{"Name": name, "Value": value} for name, values in tags.items() for value in values],
        "Insights": [_insight(each["address"], happened) for each in mail["recipients"]],
    }


def _insight(address: str, happened: Sequence[Event]) -> dict[str, Any]:
    domain = address.rpartition("@")[2]
    return {
        "Destination": address,
        "Isp": _PROVIDERS.get(domain, _OTHER),
        "Events": [_event(each) for each in happened if address in _recipients(each)],
    }


def _recipients(event: Event) -> list[str]:
    """The recipients of an event. An event without a recipient list applies to all recipients."""
    if event["eventType"] == "Delivery":
        return list(event["delivery"]["recipients"])
    named = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}
    if event["eventType"] in named:
        kind = event["eventType"]
        return [each["emailAddress"] for each in event[kind.lower()][named[kind]]]
    return list(event["mail"]["destination"])


def _event(event: Event) -> dict[str, Any]:
    kind = event["eventType"]
    about = event.get(kind.lower(), {})
    shown: dict[str, Any] = {
        "Timestamp": datetime.fromisoformat(about.get("timestamp", event["mail"]["timestamp"])).timestamp(),
        "Type": kind.upper().replace(" ", "_"),
    }
    if kind == "Bounce":
        shown["Details"] = {
            "Bounce": {
                "BounceType": about["bounceType"].upper(),
                "BounceSubType": about["bounceSubType"],
                "DiagnosticCode": about["bouncedRecipients"][0]["diagnosticCode"],
            }
        }
    if kind == "Complaint":
        detail = {
            "ComplaintSubType": about["complaintSubType"],
            "ComplaintFeedbackType": about["complaintFeedbackType"],
        }
        shown["Details"] = {"Complaint": {name: value for name, value in detail.items() if value}}
    return shown
