"""SendBounce: notify the sender of a received message that it bounced (v1 only)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.receiving import received_messages
from sescli.emulator.ses.registry import V1, Params
from sescli.emulator.ses.sending import dsn, mime, sending
from sescli.emulator.ses.sending.address import parse_address
from sescli.emulator.ses.sending.message import Message

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V1
def SendBounce(region: Region, params: Params) -> dict[str, Any]:
    """Raises MessageRejected for a message older than 24 hours and for a sender that is not verified."""
    sending.raise_requested_failure(region)
    infos = params["BouncedRecipientInfoList"]
    if not infos:
        raise BadRequest("At least one bounced recipient must be specified.")
    for info in infos:
        parse_address(info["Recipient"])
        if "BounceType" not in info and "RecipientDsnFields" not in info:
            raise BadRequest(f"{info['Recipient']} needs a BounceType or RecipientDsnFields.")
    context = sending.open_send_context(
        region,
        [params["BounceSender"]],
        operation="SendBounce",
        config_set=None,
        max_bytes=sending.MAX_BYTES_V1,
    )
    original = received_messages.load(region, params["OriginalMessageId"])
    about = params.get("MessageDsn", {})
    reporting = about.get("ReportingMta") or f"dns; inbound-smtp.{region.name}.amazonaws.com"
    notice = dsn.BounceNotice(
        sender=params["BounceSender"],
        to=original["sender"],
        time=datetime.fromtimestamp(region.now(), UTC),
        explanation=params.get("Explanation"),
        message={"Reporting-MTA": reporting, **dsn.extensions(about)},
        recipients=[dsn.recipient_fields(info) for info in infos],
        head=original["head"],
    )
    raw = dsn.compose(notice, params["OriginalMessageId"])
    parsed = mime.read_raw(raw)
    message = Message(
        source=params["BounceSender"],
        to=[original["sender"]],
        subject=parsed.header("Subject"),
        text=parsed.body("plain"),
        headers=parsed.headers(),
        raw=raw,
    )
    return {"MessageId": sending.send(context, message)}
