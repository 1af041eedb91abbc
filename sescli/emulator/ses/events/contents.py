"""Builds the events of a message as SES publishes them (docs/ses-behavior.md#event-contents), from its outbox entry.

Events are not stored: the same message always gives the same bytes, for the inbox page and for the destinations.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.region import ACCOUNT_ID
from sescli.emulator.ses.sending import mime, simulator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.emulator.store import Record

SOURCE_IP = "127.0.0.1"  # the server listens on loopback only
CALLER = "local"
_OUTGOING_IP = "192.0.2.0"  # TEST-NET-1, as in the guide's examples
_MAX_HEADER_BYTES = 10 * 1024
_SUPPRESSED_MTA = "dns; amazonses.com"
_AGENT = "Amazon SES Mailbox Simulator"
_DIAGNOSES = {
    "OnAccountSuppressionList": (
        "Amazon SES did not send the message to this address because it is on the suppression list for your"
        " account. For more information about removing addresses from the suppression list, see the Amazon SES"
        " Developer Guide at https://docs.aws.amazon.com/ses/latest/DeveloperGuide/sending-email-suppression-list.html"
    ),
    "OnTenantSuppressionList": (
        "Amazon SES did not send the message to this address because it is on the suppression list of the tenant."
    ),
    "Suppressed": (
        "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an"
        " invalid address. For more information about how to remove an address from the suppression list, see"
        " the Amazon SES Developer Guide:"
        " http://docs.aws.amazon.com/ses/latest/DeveloperGuide/remove-from-suppressionlist.html"
    ),
    "UnsubscribedRecipient": "Amazon SES did not send the message: the recipient is unsubscribed from the list.",
}

Event = dict[str, Any]


def build_events(mail: Mapping[str, Any]) -> list[Event]:
    """Build the events of a message from `outbox`, in the order in which they happen.

    Recipients with the same domain and outcome share one event, as in one SMTP session.
    """
    recipients: list[Record] = mail["recipients"]
    first = recipients[0]
    if first["status"] == "rendering_failed":
        # There are no headers of a message that could not be rendered.
        failure = {"errorMessage": first["reason"], "templateName": mail["template"] or ""}
        return [{"eventType": "Rendering Failure", "mail": _without_headers(mail), "failure": failure}]
    about = _mail(mail)
    sent: Event = {"eventType": "Send", "mail": about, "send": {}}
    if first["status"] == "rejected":
        return [sent, {"eventType": "Reject", "mail": about, "reject": {"reason": first["reason"]}}]
    groups = _group_recipients(recipients)
    return [
        sent,
        *(event for n, group in enumerate(groups) for event in _events_of_group(mail, about, group, n)),
    ]


def _group_recipients(recipients: Sequence[Record]) -> list[list[Record]]:
    groups: dict[tuple[str, str | None, str], list[Record]] = {}
    for each in recipients:
        key = (each["status"], each["reason"], each["address"].rpartition("@")[2])
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _events_of_group(mail: Mapping[str, Any], about: Record, group: list[Record], number: int) -> list[Event]:
    status = group[0]["status"]
    if status in {"bounced", "suppressed"}:
        return [{"eventType": "Bounce", "bounce": _bounce(mail, group, number), "mail": about}]
    tagged = about | {"tags": about["tags"] | {"ses:outgoing-ip": [_OUTGOING_IP]}}
    delivery = _delivery(mail, group, number)
    events: list[Event] = [{"eventType": "Delivery", "mail": tagged, "delivery": delivery}]
    if status == "complained":
        complaint = _complaint(mail, group, number, delivery["timestamp"])
        events.append({"eventType": "Complaint", "complaint": complaint, "mail": about})
    return events


# The objects of the events


def _delivery(mail: Mapping[str, Any], group: list[Record], number: int) -> Record:
    duration = _milliseconds(mail, number)
    domain = group[0]["address"].rpartition("@")[2]
    return {
        "timestamp": _time(mail, duration),
        "processingTimeMillis": duration,
        "recipients": [each["address"] for each in group],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": f"mta.{domain}",
    }


def _bounce(mail: Mapping[str, Any], group: list[Record], number: int) -> Record:
    sub_type = _sub_type(group[0])
    diagnosis = _DIAGNOSES.get(sub_type, group[0]["reason"])
    return {
        "bounceType": "Permanent",
        "bounceSubType": sub_type,
        "bouncedRecipients": [
            {
                "emailAddress": each["address"],
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": diagnosis,
            }
            for each in group
        ],
        "timestamp": _time(mail, _milliseconds(mail, number)),
        "feedbackId": _feedback_id(mail, f"bounce {number}"),
        "reportingMTA": _SUPPRESSED_MTA
        if sub_type in _DIAGNOSES
        else f"dns; mta.{group[0]['address'].rpartition('@')[2]}",
    }


def _sub_type(recipient: Record) -> str:
    if recipient["status"] == "suppressed":
        return str(recipient["reason"])
    if recipient["reason"] == simulator.ON_GLOBAL_LIST:
        return "Suppressed"
    return "UnsubscribedRecipient" if recipient["reason"] == "UnsubscribedRecipient" else "General"


def _complaint(mail: Mapping[str, Any], group: list[Record], number: int, arrived: str) -> Record:
    return {
        "feedbackId": _feedback_id(mail, f"complaint {number}"),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": each["address"]} for each in group],
        "timestamp": _time(mail, 2 * _milliseconds(mail, number)),
        "userAgent": _AGENT,
        "complaintFeedbackType": group[0]["reason"],
        "arrivalDate": arrived,
    }


# The message in an event


def _mail(mail: Mapping[str, Any]) -> Record:
    all_headers = _headers(mail)
    headers = _truncate(all_headers, _MAX_HEADER_BYTES)
    return _without_headers(mail) | {
        "headersTruncated": len(headers) < len(all_headers),
        "headers": headers,
        "commonHeaders": _common_headers(mail, all_headers),
        "tags": _tags(mail),
    }


def _without_headers(mail: Mapping[str, Any]) -> Record:
    domain = _from_domain(mail)
    identity = f"arn:aws:ses:{mail['region']}:{ACCOUNT_ID}:identity/{mail.get('identity') or domain}"
    return {
        "timestamp": mail["at"],
        "source": mail["from"],
        "sourceArn": identity,
        "sendingAccountId": ACCOUNT_ID,
        "messageId": mail["message_id"],
        "destination": [each["address"] for each in mail["recipients"]],
        "headersTruncated": False,
        "tags": _tags(mail),
    }


def _tags(mail: Mapping[str, Any]) -> dict[str, list[str]]:
    """The sender's tags and those that SES adds. Every value is a list.

    docs/ses-behavior.md#automatic-tags
    """
    own = {
        "ses:operation": mail.get("operation") or "SendEmail",
        "ses:configuration-set": mail["config_set"],
        "ses:source-ip": SOURCE_IP,
        "ses:from-domain": _from_domain(mail),
        "ses:caller-identity": CALLER,
    }
    return {name: [value] for name, value in (own | mail["tags"]).items() if value}


def _from_domain(mail: Mapping[str, Any]) -> str:
    return str(mail["from"]).rpartition("@")[2].rstrip("> ").lower()


def _headers(mail: Mapping[str, Any]) -> list[Record]:
    """The headers of a raw message as received, or those that SES writes for an API message."""
    given: list[Record] = mail["headers"]
    if any(header["name"].lower() == "from" for header in given):
        return given
    lists = {"To": mail["to"], "Cc": mail["cc"], "Reply-To": mail["reply_to"]}
    addressed = [{"name": name, "value": ", ".join(boxes)} for name, boxes in lists.items() if boxes]
    return [
        {"name": "From", "value": mail["from"]},
        *addressed,
        {"name": "Subject", "value": mail["subject"] or ""},
        *given,
        {"name": "MIME-Version", "value": "1.0"},
        {"name": "Content-Type", "value": mime.content_type(mail)},
    ]


def _truncate(headers: list[Record], maximum: int) -> list[Record]:
    kept: list[Record] = []
    for header in headers:
        maximum -= sum(len(part.encode("utf-8", "replace")) for part in header.values())
        if maximum < 0:
            break
        kept.append(header)
    return kept


def _common_headers(mail: Mapping[str, Any], headers: list[Record]) -> Record:
    dates = [header["value"] for header in headers if header["name"].lower() == "date"]
    values: Record = {
        "from": [mail["from"]],
        "date": dates[0] if dates else None,
        "replyTo": mail["reply_to"],
        "to": mail["to"],
        "cc": mail["cc"],
        "messageId": mail["message_id"],
        "subject": mail["subject"],
    }
    return {name: value for name, value in values.items() if value}


# Times and IDs


def _time(mail: Mapping[str, Any], after: int) -> str:
    """The time `after` milliseconds after the message was accepted."""
    moment = datetime.fromisoformat(mail["at"]).astimezone(UTC) + timedelta(milliseconds=after)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(mail: Mapping[str, Any], number: int) -> int:
    """The delivery time: some hundredths of a second, always the same for one message."""
    return 20 + int(_digest(mail, f"took {number}")[:4], 16) % 100


def _feedback_id(mail: Mapping[str, Any], what: str) -> str:
    noise = _digest(mail, what)
    spaced = f"{noise[:8]}-{noise[8:12]}-{noise[12:16]}-{noise[16:20]}-{noise[20:32]}"
    return f"{mail['message_id'][:16]}-{spaced}-000000"


def _digest(mail: Mapping[str, Any], what: str) -> str:
    return hashlib.sha256(f"{mail['message_id']} {what}".encode()).hexdigest()
