"""Composes a delivery status notification (RFC 3464), as SendBounce does from its parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_FIELD_NAME = re.compile("[!-9;-~]+")
# Status and diagnostic code of each BounceType, from SES's bounce templates for receipt rules.
_TYPES = {
    "DoesNotExist": ("5.1.1", "550 5.1.1 Mailbox does not exist"),
    "MessageTooLarge": ("5.3.4", "552 5.3.4 Message too large"),
    "ExceededQuota": ("5.2.2", "552 5.2.2 Mailbox full"),
    "ContentRejected": ("5.6.1", "500 5.6.1 Message content rejected"),
    "Undefined": ("5.0.0", "550 5.0.0 Undefined"),
    "TemporaryFailure": ("4.0.0", "450 4.0.0 Temporary failure"),
}


@dataclass(frozen=True)
class BounceNotice:
    """The content of a notification. `head` has the headers of the bounced message."""

    sender: str
    to: str
    time: datetime
    explanation: str | None
    message: Mapping[str, str]  # fields of the message
    recipients: Sequence[Mapping[str, str]] = field(default_factory=list)  # fields of each recipient
    head: str = ""


def recipient_fields(info: Mapping[str, Any]) -> dict[str, str]:
    """Build the fields of one BouncedRecipientInfo, which has a BounceType or custom fields."""
    given = info.get("RecipientDsnFields", {})
    status, diagnosis = _TYPES[info["BounceType"]] if "BounceType" in info else (given["Status"], "")
    fields = {
        "Final-Recipient": f"rfc822; {given.get('FinalRecipient') or info['Recipient']}",
        "Action": given.get("Action", "failed"),
        "Status": given.get("Status", status),
    }
    diagnosis = given.get("DiagnosticCode") or (f"smtp; {diagnosis}" if diagnosis else "")
    more = {"Remote-MTA": given.get("RemoteMta"), "Diagnostic-Code": diagnosis}
    return fields | {name: value for name, value in more.items() if value} | extensions(given)


def extensions(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the caller's extension fields. Raises BadRequest for an invalid name (RFC 5322 section 2.2)."""
    fields = {each["Name"]: each["Value"] for each in given.get("ExtensionFields", [])}
    for name in fields:
        if not _FIELD_NAME.fullmatch(name):
            raise BadRequest(f"{name!r} is not a valid header field name.")
    return fields


def compose(notice: BounceNotice, message_id: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = notice.sender
    mail["To"] = notice.to
    mail["Subject"] = "Delivery Status Notification (Failure)"
    mail["Date"] = format_datetime(notice.time)
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(notice.explanation or "Your message could not be delivered.\n")
    mail.make_mixed()
    status = EmailMessage()
    status["Content-Type"] = "message/delivery-status"
    groups: Any = [_group(fields) for fields in (notice.message, *notice.recipients)]
    status.set_payload(groups)
    mail.attach(status)
    head = EmailMessage()
    head.set_content(notice.head, subtype="rfc822-headers")
    mail.attach(head)
    mail.replace_header("Content-Type", "multipart/report")
    mail.set_param("report-type", "delivery-status")
    mail.set_boundary(f"_bounce_{message_id[:34]}")
    return mail.as_bytes()


def _group(fields: Mapping[str, str]) -> EmailMessage:
    group = EmailMessage()
    for name, value in fields.items():
        group[name] = " ".join(value.split())
    return group
