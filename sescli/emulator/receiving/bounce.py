"""The bounce that a rule sends: a delivery status notification (RFC 3464) to the envelope sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.sending import dsn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.receiving.incoming_message import IncomingMessage
    from sescli.mail.addresses import Address


def compose(mail: IncomingMessage, action: dict[str, Any], recipients: Sequence[Address]) -> bytes:
    """Compose the notification about these recipients, with the headers of the received message.

    `action` is a BounceAction: Sender, Message, SmtpReplyCode and, optionally, StatusCode.
    """
    head = mail.raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    notice = dsn.BounceNotice(
        sender=action["Sender"],
        to=mail.sender,
        time=mail.time,
        explanation=_text(action, recipients),
        message={"Reporting-MTA": f"dns; inbound-smtp.{mail.region}.amazonaws.com"},
        recipients=[_fields(action, each) for each in recipients],
        head=head.replace("\r\n", "\n") + "\n",
    )
    return dsn.compose(notice, mail.message_id)


def reply(action: dict[str, Any]) -> str:
    """The SMTP reply of the action, such as `550 5.1.1 Mailbox does not exist`."""
    return " ".join(filter(None, [action["SmtpReplyCode"], action.get("StatusCode"), action["Message"]]))


def _fields(action: dict[str, Any], recipient: Address) -> dict[str, str]:
    return {
        "Final-Recipient": f"rfc822; {recipient.addr_spec}",
        "Action": "failed",
        "Status": action.get("StatusCode") or f"{action['SmtpReplyCode'][:1] or '5'}.0.0",
        "Diagnostic-Code": f"smtp; {reply(action)}",
    }


def _text(action: dict[str, Any], recipients: Sequence[Address]) -> str:
    to = "\n".join(f"  {each.addr_spec}" for each in recipients)
    return (
        "An error occurred while trying to deliver the message to the following recipients:\n"
        f"{to}\n\n{reply(action)}\n"
    )
