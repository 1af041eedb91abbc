"""Builds the notifications for the topics of an identity: `notificationType` and no tags.

docs/ses-behavior.md#identity-notifications
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.events import contents

if TYPE_CHECKING:
    from sescli.emulator.ses.events.contents import Event

_IP = "192.0.2.1"  # TEST-NET-1
_HEADERS = ("headersTruncated", "headers", "commonHeaders")


def build_notification(event: Event, *, headers: bool) -> Event:
    """Build the notification for a Bounce, Complaint or Delivery event. `headers`: whether to include headers."""
    kind = event["eventType"]
    about = event[kind.lower()]
    mail = event["mail"]
    shown = {
        "timestamp": mail["timestamp"],
        "source": mail["source"],
        "sourceArn": mail["sourceArn"],
        "sourceIp": contents.SOURCE_IP,
        "callerIdentity": contents.CALLER,
        "sendingAccountId": mail["sendingAccountId"],
        "messageId": mail["messageId"],
        "destination": mail["destination"],
    }
    if headers:
        shown |= {name: mail[name] for name in _HEADERS}
    if kind == "Delivery":
        about = about | {"remoteMtaIp": _IP}
    return {"notificationType": kind, kind.lower(): about, "mail": shown}
