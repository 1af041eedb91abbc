"""Requests of SendBulkEmail and SendEmail (SES API v2): as JSON text to send, as parameters for a dry run."""

from __future__ import annotations

import base64
import json
from json.encoder import encode_basestring_ascii as _quoted
from typing import TYPE_CHECKING, Any

from sescli.groups.bulk.batch.unsubscribe import placeholders, unsubscribe_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.groups.bulk.model.entries import Entry
    from sescli.groups.bulk.model.spec import BatchAttachment, MessageSpec

# Every message carries these two tags, so that each event record names its run and row.
RUN_TAG, ROW_TAG = "sescli-run", "sescli-row"


class RequestBuilder:
    """Builds the requests of one run.

    Template data is merged with the defaults when the batch is loaded, because in SES an entry's replacement data
    replaces the default object as one value. SES requires default data, so `{}` is sent.
    """

    def __init__(self, mailing: MessageSpec, run: str) -> None:
        self._run = run
        self._tags = _named(mailing.tags)
        self._shared = _shared(mailing)
        self._template = _template(mailing)
        self._list = _list_management(mailing)
        content = {"Template": {**self._template, "TemplateData": "{}"}}
        self._bulk = {**self._shared, "DefaultEmailTags": self._tags, "DefaultContent": content}
        self._bulk_start = f'{_text(self._bulk)[:-1]},"BulkEmailEntries":['
        self._run_tag = _text({"Name": RUN_TAG, "Value": run})
        self.one_call_each = mailing.one_call_each

    def build(self, entries: Sequence[Entry]) -> tuple[str, str]:
        """The operation for these entries (at most 50), and the JSON text of its parameters."""
        if self.one_call_each:
            return "SendEmail", _text(self.single_params(entries[0]))
        return "SendBulkEmail", f"{self._bulk_start}{','.join(map(self._entry, entries))}]}}"

    def bulk_params(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """The parameters of SendBulkEmail for up to 50 entries."""
        return {**self._bulk, "BulkEmailEntries": [json.loads(self._entry(entry)) for entry in entries]}

    def single_params(self, entry: Entry) -> dict[str, Any]:
        """The parameters of SendEmail for one entry: the only call that supports list management."""
        template = {**self._template, "TemplateData": entry.data}
        if entry.headers:
            own = json.loads(entry.headers)
            kept = [one for one in template.get("Headers", ()) if one["Name"] not in own]
            template["Headers"] = [*kept, *_named(own)]
        return {
            **self._shared,
            **self._list,
            "Destination": entry.addresses,
            "EmailTags": self._tags + self._entry_tags(entry),
            "Content": {"Template": template},
        }

    def _entry(self, entry: Entry) -> str:
        """A BulkEmailEntry as JSON text; concatenated for speed, because it is built for every recipient."""
        destination = entry.destination or f'{{"ToAddresses":[{_quoted(entry.address)}]}}'
        tags = f'{self._run_tag},{{"Name":"{ROW_TAG}","Value":"{entry.row}"}}{_more(entry.tags)}'
        headers = f',"ReplacementHeaders":[{_more(entry.headers)[1:]}]' if entry.headers else ""
        return (
            f'{{"Destination":{destination},"ReplacementTags":[{tags}]{headers},"ReplacementEmailContent":'
            f'{{"ReplacementTemplate":{{"ReplacementTemplateData":{_quoted(entry.data)}}}}}}}'
        )

    def _entry_tags(self, entry: Entry) -> list[dict[str, str]]:
        own = [{"Name": RUN_TAG, "Value": self._run}, {"Name": ROW_TAG, "Value": str(entry.row)}]
        return own + _named(json.loads(entry.tags)) if entry.tags else own


def _text(parameters: Mapping[str, Any]) -> str:
    """Parameters as REST-JSON: bytes are base64."""
    return json.dumps(parameters, default=lambda blob: base64.b64encode(blob).decode())


def _more(pairs: str | None) -> str:
    """The JSON text of name → value as more elements of a list of Name and Value."""
    return "".join(f",{_text(pair)}" for pair in _named(json.loads(pairs))) if pairs else ""


def _named(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def _shared(mailing: MessageSpec) -> dict[str, Any]:
    shared: dict[str, Any] = {"FromEmailAddress": mailing.sender}
    if mailing.reply_to:
        shared["ReplyToAddresses"] = list(mailing.reply_to)
    if mailing.config_set:
        shared["ConfigurationSetName"] = mailing.config_set
    return shared


def _template(mailing: MessageSpec) -> dict[str, Any]:
    content = mailing.content
    template: dict[str, Any] = (
        {"TemplateContent": {name.title(): text for name, text in content.parts.items()}}
        if content
        else {"TemplateName": mailing.template}
    )
    headers = dict(mailing.headers)
    if not placeholders(mailing.unsubscribe):
        headers |= unsubscribe_headers(mailing.unsubscribe, {})
    if headers:
        template["Headers"] = _named(headers)
    if mailing.attachments:
        template["Attachments"] = [_attachment(one) for one in mailing.attachments]
    return template


def _attachment(one: BatchAttachment) -> dict[str, Any]:
    built: dict[str, Any] = {
        "FileName": one.name,
        "RawContent": base64.b64decode(one.content),
        # SES's default is SEVEN_BIT, which breaks binary content.
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "INLINE" if one.content_id else "ATTACHMENT",
    }
    if one.content_type:
        built["ContentType"] = one.content_type
    if one.content_id:
        built["ContentId"] = one.content_id
    return built


def _list_management(mailing: MessageSpec) -> dict[str, Any]:
    unsubscribe = mailing.unsubscribe
    if unsubscribe is None or unsubscribe.list_name is None:
        return {}
    options = {"ContactListName": unsubscribe.list_name}
    if unsubscribe.topic:
        options["TopicName"] = unsubscribe.topic
    return {"ListManagementOptions": options}
