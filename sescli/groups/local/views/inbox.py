"""How messages in the inbox of the emulator look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.emulator.client import InboxMessage
    from sescli.output.results import Field

MESSAGE_COLUMNS = (
    Column("ID", "id"),
    Column("sent at", "at", "time"),
    Column("status", "status", "status"),
    Column("to", lambda message: [*message.to, *message.cc, *message.bcc]),
    Column("subject", "subject", "prose"),
)
_ATTACHMENT_COLUMNS = (
    Column("attachment", lambda pair: pair[0], "number"),
    Column("name", lambda pair: pair[1].name),
    Column("type", lambda pair: pair[1].type),
    Column("bytes", lambda pair: pair[1].size, "number"),
)
_RECIPIENT_COLUMNS = (
    Column("recipient", "address"),
    Column("status", "status", "status"),
    Column("reason", "reason"),
)
# Headers of a raw message that have their own field.
_HEADERS_IN_FIELDS = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "message-id"})


def message_details(message: InboxMessage) -> Details:
    """A message with its headers, attachments, recipients and text."""
    tables = []
    if message.attachments:
        tables.append(Listing(list(enumerate(message.attachments, 1)), _ATTACHMENT_COLUMNS))
    if len(message.recipients) > 1:
        tables.append(Listing(message.recipients, _RECIPIENT_COLUMNS))
    return Details(message, list(_fields(message)), tables, text=message.text or message.html)


def _fields(message: InboxMessage) -> Iterator[Field]:
    yield "from", message.from_
    yield "to", list(message.to)
    for name, addresses in (("cc", message.cc), ("bcc", message.bcc), ("reply-to", message.reply_to)):
        if addresses:
            yield name, list(addresses)
    yield "subject", message.subject, "prose"
    yield "sent at", message.at
    yield "status", message.status, "status"
    if message.reason:
        yield "reason", message.reason
    yield "template", message.template
    yield "tags", dict(message.tags)
    yield "configuration set", message.config_set
    yield "message ID", message.message_id
    for header in message.headers:
        if header["name"].lower() not in _HEADERS_IN_FIELDS:
            yield f"{header['name']}:", header["value"]
