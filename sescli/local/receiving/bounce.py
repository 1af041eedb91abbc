"""The bounce that a rule sends: a delivery status notification (RFC 3464) to the sender of the envelope."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.local.receiving.arrival import Arrival
    from sescli.mail.addresses import Address


def compose(mail: Arrival, action: dict[str, Any], recipients: Sequence[Address]) -> bytes:
    """The notification about these recipients, with the headers of the mail that came.

    `action` is a BounceAction: Sender, Message, SmtpReplyCode and, where it has one, StatusCode.
    """
    notice = EmailMessage()
    notice["From"] = action["Sender"]
    notice["To"] = mail.sender
    notice["Subject"] = "Delivery Status Notification (Failure)"
    notice["Date"] = format_datetime(mail.time)
    notice["Auto-Submitted"] = "auto-replied"
    notice.set_content(_text(action, recipients))
    notice.make_mixed()
    notice.attach(_status(mail, action, recipients))
    notice.attach(_original_headers(mail))
    notice.replace_header("Content-Type", "multipart/report")
    notice.set_param("report-type", "delivery-status")
    notice.set_boundary(f"_bounce_{mail.message_id}")
    return notice.as_bytes()


def reply(action: dict[str, Any]) -> str:
    """The SMTP reply that it stands for, as `550 5.1.1 Mailbox does not exist`."""
    return " ".join(filter(None, [action["SmtpReplyCode"], action.get("StatusCode"), action["Message"]]))


def _text(action: dict[str, Any], recipients: Sequence[Address]) -> str:
    to = "\n".join(f"  {each.addr_spec}" for each in recipients)
    return f"An error occurred while trying to deliver the mail to the following recipients:\n{to}\n\n{reply(action)}\n"


def _status(mail: Arrival, action: dict[str, Any], recipients: Sequence[Address]) -> EmailMessage:
    """One group of fields for the message, and one for each recipient (RFC 3464 section 2)."""
    status = action.get("StatusCode") or f"{action['SmtpReplyCode'][0]}.0.0"
    groups: list[Any] = [_group({"Reporting-MTA": f"dns; inbound-smtp.{mail.region}.amazonaws.com"})]
    for each in recipients:
        fields = {
            "Final-Recipient": f"rfc822; {each.addr_spec}",
            "Action": "failed",
            "Status": status,
            "Diagnostic-Code": f"smtp; {reply(action)}",
        }
        groups.append(_group(fields))
    part = EmailMessage()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload(groups)
    return part


def _group(fields: dict[str, str]) -> EmailMessage:
    group = EmailMessage()
    for name, value in fields.items():
        group[name] = value
    return group


def _original_headers(mail: Arrival) -> EmailMessage:
    head = mail.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    part = EmailMessage()
    part.set_content(head.replace("\r\n", "\n") + "\n", subtype="rfc822-headers")
    return part
