"""The sending operations of v1: the same checks and outbox as v2, with v1's names and its limit of 10 MB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest, Fault
from sescli.emulator.ses.registry import V1, Params
from sescli.emulator.ses.sending import mime, sending
from sescli.emulator.ses.sending.message import Message
from sescli.emulator.ses.sending.raw import raw_message, tenant_name
from sescli.emulator.ses.tags import message_tags
from sescli.emulator.ses.templates import templates

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.ses.sending.sending import SendContext
    from sescli.emulator.store import Record

_MAX_ENTRIES = 50
# v1 has other names for three of the statuses (docs/ses-behavior.md#v1-spelling).
_STATUS = {
    "TEMPLATE_NOT_FOUND": "TemplateDoesNotExist",
    "CONFIGURATION_SET_NOT_FOUND": "ConfigurationSetDoesNotExist",
    "INVALID_PARAMETER": "InvalidParameterValue",
}


@V1
def SendEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    context = _open_context(region, params, "SendEmail")
    message = _addressed(params, params["Destination"])
    message.subject = params["Message"]["Subject"]["Data"]
    if message.subject != mime.one_line(message.subject):
        raise BadRequest("The subject contains a line break.")
    body = params["Message"]["Body"]
    message.text = body.get("Text", {}).get("Data")
    message.html = templates.without_open_tracker(body.get("Html", {}).get("Data"))
    message.tags = message_tags(params.get("Tags", []))
    return {"MessageId": sending.send(context, message)}


@V1
def SendRawEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    message, senders, config_set = raw_message(
        params["RawMessage"]["Data"],
        source=params.get("Source"),
        envelope=params.get("Destinations", []),
        max_bytes=sending.MAX_BYTES_V1,
    )
    message.tags = message.tags | message_tags(params.get("Tags", []))
    context = sending.open_send_context(
        region,
        senders,
        operation="SendRawEmail",
        config_set=params.get("ConfigurationSetName") or config_set,
        max_bytes=sending.MAX_BYTES_V1,
    )
    name = tenant_name(message)
    if name:
        context.send_for_tenant(name, None)
    return {"MessageId": sending.send(context, message)}


@V1
def SendTemplatedEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    context = _open_context(region, params, "SendTemplatedEmail")
    content = templates.load(region, params["Template"])["content"]
    message = _addressed(params, params["Destination"])
    message.tags = message_tags(params.get("Tags", []))
    message.template = params["Template"]
    templates.fill(message, content, templates.read_data(params["TemplateData"]))
    return {"MessageId": sending.send(context, message)}


@V1
def SendBulkTemplatedEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    entries = params["Destinations"]
    if not 0 < len(entries) <= _MAX_ENTRIES:
        raise BadRequest(f"The number of destinations must be between 1 and {_MAX_ENTRIES}.")
    context = _open_context(region, params, "SendBulkTemplatedEmail")
    content = templates.load(region, params["Template"])["content"]
    default = templates.read_data(params.get("DefaultTemplateData"))
    results = [_send_entry(context, params, entry, content, default) for entry in entries]
    context.save()
    return {"Status": results}


def _send_entry(
    context: SendContext, params: Params, entry: Params, content: Record, default: dict[str, Any]
) -> dict[str, Any]:
    try:
        message = _addressed(params, entry["Destination"])
        message.tags = message_tags(params.get("DefaultTags", []), entry.get("ReplacementTags", []))
        message.template = params["Template"]
        own = templates.read_data(entry.get("ReplacementTemplateData"))
        templates.fill(message, content, own or default)
        return {"Status": "Success", "MessageId": context.accept(message)}
    except Fault as fault:
        status = _STATUS.get(fault.entry) or fault.entry.title().replace("_", "")
        return {"Status": status, "Error": fault.message}


def _open_context(region: Region, params: Params, operation: str) -> SendContext:
    senders = [params["Source"], *filter(None, [params.get("ReturnPath")])]
    return sending.open_send_context(
        region,
        senders,
        operation=operation,
        config_set=params.get("ConfigurationSetName"),
        max_bytes=sending.MAX_BYTES_V1,
    )


def _addressed(params: Params, destination: Params) -> Message:
    return Message(
        source=params["Source"],
        to=destination.get("ToAddresses", []),
        cc=destination.get("CcAddresses", []),
        bcc=destination.get("BccAddresses", []),
        reply_to=params.get("ReplyToAddresses", []),
    )
