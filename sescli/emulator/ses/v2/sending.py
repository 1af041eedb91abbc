"""SendEmail and SendBulkEmail in v2 (docs/ses-behavior.md#recipients-per-message, #bulk-entries)."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest, Fault, QuotaExceeded, Throttled
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.lists import list_management
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.sending import mime, sending
from sescli.emulator.ses.sending.message import (
    Header,
    Message,
    MessageAttachment,
    check_headers,
    merge_headers,
)
from sescli.emulator.ses.sending.raw import raw_message, tenant_name
from sescli.emulator.ses.tags import message_tags
from sescli.emulator.ses.templates import templates

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.ses.sending.sending import SendContext
    from sescli.emulator.store import Record

_MAX_ENTRIES = 50
_EMPTY_DATA = frozenset({"", "{}"})


@V2
def SendEmail(region: Region, params: Params) -> dict[str, Any]:
    sending.raise_requested_failure(region)
    content = params["Content"]
    if len([kind for kind in ("Simple", "Raw", "Template") if kind in content]) != 1:
        raise BadRequest("Exactly one of Simple, Raw or Template must be specified.")
    if "Raw" in content:
        return {"MessageId": _send_raw(region, params, content["Raw"]["Data"])}
    context = _open_context(region, params, "SendEmail")
    message = _addressed(params, params.get("Destination", {}))
    message.tags = message_tags(params.get("EmailTags", []))
    options = params.get("ListManagementOptions")
    managed = list_management.create_subscription(region, message, options) if options else None
    if "Simple" in content:
        _fill_simple(message, content["Simple"])
    else:
        _fill_template(region, message, content["Template"], managed.data if managed else {})
    if managed:
        managed.apply(message)
    return {"MessageId": sending.send(context, message)}


@V2
def SendBulkEmail(region: Region, params: Params) -> dict[str, Any]:
    """Errors of the call (sender, set, template) fail the call. Other errors are reported per entry."""
    sending.raise_requested_failure(region, of_entries=False)
    if "Template" not in params["DefaultContent"]:
        raise BadRequest("DefaultContent must specify a Template.")
    entries = params["BulkEmailEntries"]
    if not 0 < len(entries) <= _MAX_ENTRIES:
        raise BadRequest(f"The number of bulk entries must be between 1 and {_MAX_ENTRIES}.")
    context = _open_context(region, params, "SendBulkEmail")
    bulk = _Bulk(region, context, params)
    results = [bulk.send(entry) for entry in entries]
    if bulk.is_over_limit_for_all(len(entries)):
        raise bulk.faults[0]
    context.save()
    return {"BulkEmailEntryResults": results}


class _Bulk:
    """One SendBulkEmail call: the data that its entries share, read once."""

    def __init__(self, region: Region, context: SendContext, params: Params) -> None:
        self._context = context
        self._params = params
        self._template = params["DefaultContent"]["Template"]
        self._content, self._name = _template_content(region, self._template)
        self._data = templates.read_data(self._template.get("TemplateData"))
        self._headers = check_headers(_headers(self._template))
        self._attachments = _attachments(self._template)
        self._tags = params.get("DefaultEmailTags", [])
        self.faults: list[Fault] = []

    def is_over_limit_for_all(self, entries: int) -> bool:
        """Whether rate or quota refused every entry. Then the call itself fails."""
        over = [fault for fault in self.faults if isinstance(fault, Throttled | QuotaExceeded)]
        return len(over) == entries

    def send(self, entry: Params) -> dict[str, Any]:
        try:
            sending.raise_requested_failure(self._context.region, of_entries=True)
            return {"Status": "SUCCESS", "MessageId": self._context.accept(self._message(entry))}
        except Fault as fault:
            self.faults.append(fault)
            return {"Status": fault.entry, "Error": fault.message}

    def _message(self, entry: Params) -> Message:
        message = _addressed(self._params, entry["Destination"])
        message.tags = message_tags(self._tags, entry.get("ReplacementTags", []))
        message.headers = check_headers(
            merge_headers(self._headers, _headers({"Headers": entry.get("ReplacementHeaders", [])}))
        )
        message.attachments = self._attachments
        message.template = self._name
        replacement = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
        own = replacement.get("ReplacementTemplateData", "").strip()
        # The entry's data, if any, replaces the default data completely
        # (docs/ses-behavior.md#bulk-template-data).
        data = self._data if own in _EMPTY_DATA else templates.read_data(own)
        templates.fill(message, self._content, data)
        return message


def _open_context(region: Region, params: Params, operation: str) -> SendContext:
    source = params.get("FromEmailAddress")
    if not source:
        raise BadRequest("The FromEmailAddress must be specified.")
    context = sending.open_send_context(
        region,
        _senders(region, params, source),
        operation=operation,
        config_set=params.get("ConfigurationSetName"),
    )
    if "TenantName" in params:
        content = params.get("Content") or params["DefaultContent"]
        context.send_for_tenant(params["TenantName"], _template_name(content.get("Template", {})))
    return context


def _senders(region: Region, params: Params, source: str) -> list[str]:
    """The addresses that must be verified: From and the bounce address. Raises NotFound for an unknown ARN."""
    for member in ("FromEmailAddressIdentityArn", "FeedbackForwardingEmailAddressIdentityArn"):
        if member in params:
            identities.load(region, params[member].rpartition("/")[2])
    feedback = params.get("FeedbackForwardingEmailAddress")
    return [source, feedback] if feedback else [source]


def _addressed(params: Params, destination: Params) -> Message:
    return Message(
        source=params["FromEmailAddress"],
        to=destination.get("ToAddresses", []),
        cc=destination.get("CcAddresses", []),
        bcc=destination.get("BccAddresses", []),
        reply_to=params.get("ReplyToAddresses", []),
    )


def _fill_simple(message: Message, simple: Params) -> None:
    body = simple["Body"]
    if "Text" not in body and "Html" not in body:
        raise BadRequest("The body must have a Text or an Html part.")
    message.subject = simple["Subject"]["Data"]
    if message.subject != mime.one_line(message.subject):
        raise BadRequest("The subject contains a line break.")
    message.text = body.get("Text", {}).get("Data")
    message.html = templates.without_open_tracker(body.get("Html", {}).get("Data"))
    message.headers = check_headers(_headers(simple))
    message.attachments = _attachments(simple)


def _fill_template(region: Region, message: Message, template: Params, more: Params) -> None:
    content, message.template = _template_content(region, template)
    message.headers = check_headers(_headers(template))
    message.attachments = _attachments(template)
    templates.fill(message, content, templates.read_data(template.get("TemplateData")) | more)


def _template_content(region: Region, template: Params) -> tuple[Record, str | None]:
    """Return the parts of a stored or inline template, and the name of a stored one. Raises BadRequest, NotFound."""
    name = _template_name(template)
    if ("TemplateContent" in template) == (name is not None):
        raise BadRequest("Exactly one of TemplateName, TemplateArn or TemplateContent must be specified.")
    if name is None:
        inline: Record = template["TemplateContent"]
        templates.check_inline(inline)
        return inline, None
    return templates.load(region, name)["content"], name


def _template_name(template: Params) -> str | None:
    return template.get("TemplateName") or template.get("TemplateArn", "").rpartition("/")[2] or None


def _headers(holder: Params) -> list[Header]:
    return [{"name": each["Name"], "value": each["Value"]} for each in holder.get("Headers", [])]


def _attachments(holder: Params) -> tuple[MessageAttachment, ...]:
    return tuple(
        MessageAttachment(
            name=each["FileName"],
            type=each.get("ContentType")
            or mimetypes.guess_type(each["FileName"])[0]
            or "application/octet-stream",
            content=each["RawContent"],
            disposition=each.get("ContentDisposition", "ATTACHMENT"),
            content_id=each.get("ContentId"),
            description=each.get("ContentDescription"),
        )
        for each in holder.get("Attachments", [])
    )


def _send_raw(region: Region, params: Params, raw: bytes) -> str:
    destination = params.get("Destination", {})
    envelope = [
        *destination.get("ToAddresses", []),
        *destination.get("CcAddresses", []),
        *destination.get("BccAddresses", []),
    ]
    message, senders, config_set = raw_message(
        raw, source=params.get("FromEmailAddress"), envelope=envelope, max_bytes=sending.MAX_BYTES_V2
    )
    message.tags = message.tags | message_tags(params.get("EmailTags", []))
    context = sending.open_send_context(
        region,
        senders,
        operation="SendEmail",
        config_set=params.get("ConfigurationSetName") or config_set,
    )
    name = params.get("TenantName") or tenant_name(message)
    if name:
        context.send_for_tenant(name, None)
    return sending.send(context, message)
