"""From journal entries to the parameters of SendBulkEmail and SendEmail (SES API v2)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from sescli.bulk.unsubscribe import slots, unsubscribe_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.bulk.entries import Entry
    from sescli.bulk.spec import Attachment, Mailing

# Every mail carries these two tags, so that an event record tells the run and the row that it is about.
RUN_TAG, ROW_TAG = "sescli-run", "sescli-row"


class Requests:
    """Builds the calls of one run.

    Template data was merged with the defaults when the batch was loaded: an entry's replacement data replaces
    the default object as a whole in SES. The default data is sent as `{}` all the same.
    """

    def __init__(self, mailing: Mailing, run: str) -> None:
        self._run = run
        self._tags = _named(mailing.tags)
        self._shared = _shared(mailing)
        self._template = _template(mailing)
        self._list = _list_management(mailing)
        self.one_call_each = mailing.one_call_each

    def bulk(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """SendBulkEmail for up to 50 entries."""
        return {
            **self._shared,
            "DefaultEmailTags": self._tags,
            "DefaultContent": {"Template": {**self._template, "TemplateData": "{}"}},
            "BulkEmailEntries": [self._entry(entry) for entry in entries],
        }

    def single(self, entry: Entry) -> dict[str, Any]:
        """SendEmail for one entry: the only call that knows list management."""
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

    def _entry(self, entry: Entry) -> dict[str, Any]:
        built: dict[str, Any] = {
            "Destination": entry.addresses,
            "ReplacementTags": self._entry_tags(entry),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": entry.data}},
        }
        if entry.headers:
            built["ReplacementHeaders"] = _named(json.loads(entry.headers))
        return built

    def _entry_tags(self, entry: Entry) -> list[dict[str, str]]:
        own = [{"Name": RUN_TAG, "Value": self._run}, {"Name": ROW_TAG, "Value": str(entry.row)}]
        return own + _named(json.loads(entry.tags)) if entry.tags else own


def _named(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def _shared(mailing: Mailing) -> dict[str, Any]:
    shared: dict[str, Any] = {"FromEmailAddress": mailing.sender}
    if mailing.reply_to:
        shared["ReplyToAddresses"] = list(mailing.reply_to)
    if mailing.config_set:
        shared["ConfigurationSetName"] = mailing.config_set
    return shared


def _template(mailing: Mailing) -> dict[str, Any]:
    content = mailing.content
    template: dict[str, Any] = (
        {"TemplateContent": {name.title(): text for name, text in content.parts.items()}}
        if content
        else {"TemplateName": mailing.template}
    )
    headers = dict(mailing.headers)
    if not slots(mailing.unsubscribe):
        headers |= unsubscribe_headers(mailing.unsubscribe, {})
    if headers:
        template["Headers"] = _named(headers)
    if mailing.attachments:
        template["Attachments"] = [_attachment(one) for one in mailing.attachments]
    return template


def _attachment(one: Attachment) -> dict[str, Any]:
    built: dict[str, Any] = {
        "FileName": one.name,
        "RawContent": base64.b64decode(one.content),
        # SES's default is SEVEN_BIT, which spoils anything binary.
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "INLINE" if one.content_id else "ATTACHMENT",
    }
    if one.content_type:
        built["ContentType"] = one.content_type
    if one.content_id:
        built["ContentId"] = one.content_id
    return built


def _list_management(mailing: Mailing) -> dict[str, Any]:
    unsubscribe = mailing.unsubscribe
    if unsubscribe is None or unsubscribe.list_name is None:
        return {}
    options = {"ContactListName": unsubscribe.list_name}
    if unsubscribe.topic:
        options["TopicName"] = unsubscribe.topic
    return {"ListManagementOptions": options}
