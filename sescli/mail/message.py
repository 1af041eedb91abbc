"""Turn the parts of a message into parameters of SES API v2 SendEmail, and check each part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.mail.addresses import Address, parse_address
from sescli.mail.body import text_from_html
from sescli.mail.controls import refuse_controls
from sescli.mail.errors import MailError
from sescli.mail.headers import header_params
from sescli.mail.tags import tag_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.mail.attachments import Attachment

MAX_RECIPIENTS = 50
# SES counts the message after base64.
MAX_MESSAGE = 40 * 1024 * 1024
# Bytes of a part beside its content: boundary, headers.
_PART_OVERHEAD = 512
_UTF8 = "UTF-8"
_CONFIG_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Envelope:
    """Sender, recipients and handling of a message. Strings are as the user wrote them.

    `list_management` is a contact list with an optional topic: SES then writes the unsubscribe headers and accepts
    only one recipient.
    """

    sender: str
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: Sequence[str] = ()
    tags: Sequence[tuple[str, str]] = ()
    config_set: str | None = None
    list_management: tuple[str, str | None] | None = None

    def recipients(self) -> list[Address]:
        """All recipients (To, then Cc, then Bcc), parsed. Raises `AddressError`."""
        return [parse_address(text) for text in (*self.to, *self.cc, *self.bcc)]

    def params(self) -> dict[str, Any]:
        """The parameters of SendEmail except `Content`; at least 1 recipient and at most 50 (SES quota)."""
        count = len(self.recipients())
        if not count:
            raise MailError("the message has no recipient", hint="add one with --to, --cc or --bcc")
        if count > MAX_RECIPIENTS:
            raise MailError(
                f"the message has {count} recipients, and SES accepts at most {MAX_RECIPIENTS}",
                hint=Advice("send one message to each recipient: ", NextCommand("bulk", "init")),
                code="TooManyRecipients",
            )
        params: dict[str, Any] = {
            "FromEmailAddress": parse_address(self.sender).format(),
            "Destination": destination(self.to, self.cc, self.bcc),
        }
        if self.reply_to:
            params["ReplyToAddresses"] = _formatted(self.reply_to)
        if self.tags:
            params["EmailTags"] = tag_params(self.tags)
        if self.config_set:
            params["ConfigurationSetName"] = check_config_set(self.config_set)
        if self.list_management:
            params["ListManagementOptions"] = self._list_options(count)
        return params

    def _list_options(self, count: int) -> dict[str, str]:
        name, topic = self.list_management or ("", None)
        if count > 1:
            raise MailError(
                f"a message with --list has one recipient, and {count} are given",
                hint="send one message to each recipient: SES writes an unsubscribe link for one",
            )
        return {"ContactListName": name, **({"TopicName": topic} if topic else {})}


def check_config_set(name: str) -> str:
    """Check the name of a configuration set: 1 to 64 letters, digits, `_` and `-`."""
    if not _CONFIG_SET.fullmatch(name):
        raise MailError(
            f"'{name}' is not a valid configuration set name: up to 64 letters, digits, '_' and '-'"
        )
    return name


def destination(to: Sequence[str], cc: Sequence[str] = (), bcc: Sequence[str] = ()) -> dict[str, list[str]]:
    """SES API v2 `Destination`, each address parsed and formatted."""
    named = {"ToAddresses": to, "CcAddresses": cc, "BccAddresses": bcc}
    return {key: _formatted(addresses) for key, addresses in named.items() if addresses}


def simple_content(
    *,
    subject: str,
    text: str | None,
    html: str | None,
    headers: Sequence[tuple[str, str]] = (),
    attachments: Sequence[Attachment] = (),
) -> dict[str, Any]:
    """SES API v2 `Content` of a simple message, in UTF-8; up to 40 MB after base64.

    If there is only an HTML body, the text part is made from it. Raises `MailError` and `InjectionError`.
    """
    refuse_controls(subject, "the subject")
    if text is None and html is None:
        raise MailError("the message has no body", hint="add --text, --html or both")
    text = text_from_html(html) if text is None and html is not None else text
    body = {kind: _body(part, kind) for kind, part in (("Text", text), ("Html", html)) if part is not None}
    simple: dict[str, Any] = {"Subject": {"Data": subject, "Charset": _UTF8}, "Body": body}
    _check_size([*(part["Data"].encode() for part in body.values()), *(a.content for a in attachments)])
    return {"Simple": simple | _extras(headers, attachments)}


def template_content(
    *,
    name: str,
    data: str,
    headers: Sequence[tuple[str, str]] = (),
    attachments: Sequence[Attachment] = (),
) -> dict[str, Any]:
    """SES API v2 `Content` of a templated message; `data` is a JSON object as text."""
    _check_size([data.encode(), *(attachment.content for attachment in attachments)])
    return {"Template": {"TemplateName": name, "TemplateData": data} | _extras(headers, attachments)}


def parse_list(text: str) -> tuple[str, str | None]:
    """Parse `NAME[:TOPIC]` of a contact list."""
    refuse_controls(text, "the contact list")
    name, _, topic = text.partition(":")
    if not name:
        raise MailError(f"'{text}' has no name of a contact list", hint="write NAME or NAME:TOPIC")
    return name, topic or None


def _formatted(addresses: Sequence[str]) -> list[str]:
    return [parse_address(text).format() for text in addresses]


def _body(data: str, kind: str) -> dict[str, str]:
    if any("\ud800" <= char <= "\udfff" for char in data):
        raise MailError(f"the {kind.lower()} body contains half a surrogate pair, which is not valid UTF-8")
    return {"Data": data, "Charset": _UTF8}


def _extras(headers: Sequence[tuple[str, str]], attachments: Sequence[Attachment]) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if headers:
        extras["Headers"] = header_params(headers)
    if attachments:
        extras["Attachments"] = [attachment.params() for attachment in attachments]
    return extras


def _check_size(parts: Sequence[bytes]) -> None:
    # base64 in lines of 76 characters with a line break.
    size = sum(-(-len(part) // 57) * 78 + _PART_OVERHEAD for part in parts)
    if size > MAX_MESSAGE:
        raise MailError(
            f"the message has {size / 1e6:.1f} MB after base64, and SES accepts at most 40 MB",
            hint="send links instead of attachments",
            code="MessageTooLarge",
        )
