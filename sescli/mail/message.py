"""From the parts of a mail to the parameters of SES API v2 SendEmail, each part checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
# What a part costs beside its content: boundary, headers.
_PART_OVERHEAD = 512
_UTF8 = "UTF-8"
_CONFIG_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Envelope:
    """Who a mail is from and to, and how SES should handle it. Strings are as the user wrote them.

    `list_management` is a contact list and perhaps a topic: SES then writes the unsubscribe headers itself, and
    takes one recipient only.
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
        """Every recipient, To then Cc then Bcc, parsed. Raises AddressError."""
        return [parse_address(text) for text in (*self.to, *self.cc, *self.bcc)]

    def params(self) -> dict[str, Any]:
        """The parameters of SendEmail but for `Content`; at least 1 recipient and at most 50 (SES quota)."""
        count = len(self.recipients())
        if not count:
            raise MailError("the mail has no recipient", hint="name one with --to, --cc or --bcc")
        if count > MAX_RECIPIENTS:
            raise MailError(
                f"{count} recipients, and SES takes {MAX_RECIPIENTS} a mail",
                hint="send to each by itself: sescli bulk init",
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
                f"with --list a mail has one recipient, and here are {count}",
                hint="SES writes an unsubscribe link for one person: send to each by itself",
            )
        return {"ContactListName": name, **({"TopicName": topic} if topic else {})}


def check_config_set(name: str) -> str:
    """The name of a configuration set: 1 to 64 letters, digits, `_` and `-`."""
    if not _CONFIG_SET.fullmatch(name):
        raise MailError(
            f"'{name}' is not the name of a configuration set: letters, digits, '_' and '-', up to 64"
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
    """SES API v2 `Content` of a simple mail, in UTF-8; up to 40 MB after base64.

    An HTML body without a text one gets a text part made from it. Raises MailError, InjectionError.
    """
    refuse_controls(subject, "the subject")
    if text is None and html is None:
        raise MailError("the mail has no body", hint="give --text, --html or both")
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
    """SES API v2 `Content` of a templated mail; `data` is a JSON object as text."""
    _check_size([data.encode(), *(attachment.content for attachment in attachments)])
    return {"Template": {"TemplateName": name, "TemplateData": data} | _extras(headers, attachments)}


def parse_list(text: str) -> tuple[str, str | None]:
    """`NAME[:TOPIC]` of a contact list."""
    refuse_controls(text, "the contact list")
    name, _, topic = text.partition(":")
    if not name:
        raise MailError(f"'{text}' names no contact list", hint="write NAME or NAME:TOPIC")
    return name, topic or None


def _formatted(addresses: Sequence[str]) -> list[str]:
    return [parse_address(text).format() for text in addresses]


def _body(data: str, kind: str) -> dict[str, str]:
    if any("\ud800" <= char <= "\udfff" for char in data):
        raise MailError(f"the {kind.lower()} body holds half a surrogate pair: it is not UTF-8")
    return {"Data": data, "Charset": _UTF8}


def _extras(headers: Sequence[tuple[str, str]], attachments: Sequence[Attachment]) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if headers:
        extras["Headers"] = header_params(headers)
    if attachments:
        extras["Attachments"] = [attachment.params() for attachment in attachments]
    return extras


def _check_size(parts: Sequence[bytes]) -> None:
    # base64 in lines of 76 characters and a line break.
    size = sum(-(-len(part) // 57) * 78 + _PART_OVERHEAD for part in parts)
    if size > MAX_MESSAGE:
        raise MailError(
            f"the mail has {size / 1e6:.1f} MB after base64, and SES takes 40 MB",
            hint="send links in place of attachments",
            code="MessageTooLarge",
        )
