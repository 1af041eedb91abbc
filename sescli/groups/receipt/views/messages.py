"""How received messages look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from sescli.groups.receipt.service.inbox import StoredMessageDetails
    from sescli.output.results import Field

MESSAGE_COLUMNS = (
    Column("received", "at", "time"),
    Column("from", "from_"),
    Column("to", "to"),
    Column("subject", lambda message: "(encrypted)" if message.encrypted else message.subject, "prose"),
    Column("spam", "spam", "status"),
    Column("bytes", "size", "number"),
    Column("key", "key"),
)
HEADER_COLUMNS = (Column("header", "name"), Column("value", "value"))
_ATTACHMENT_COLUMNS = (
    Column("number", lambda pair: pair[0], "number"),
    Column("attachment", lambda pair: pair[1].name),
    Column("type", lambda pair: pair[1].type),
    Column("bytes", lambda pair: pair[1].size, "number"),
)


def readable_text(message: StoredMessageDetails) -> str | None:
    """The text of a message, made from its HTML where it has no text."""
    from sescli.mail.body import text_from_html

    if message.text is None and message.html is not None:
        return text_from_html(message.html)
    return message.text


def message_details(message: StoredMessageDetails) -> Details:
    """One message as fields, with a table of its attachments."""
    fields: tuple[Field, ...] = (
        ("from", message.from_),
        ("to", message.to),
        *((name, value) for name, value in (("cc", message.cc), ("reply-to", message.reply_to)) if value),
        ("subject", message.subject, "prose"),
        ("received", message.at),
        ("date header", message.date),
        ("message ID", message.message_id),
        ("spam", message.spam or "not scanned", "status"),
        ("virus", message.virus or "not scanned", "status"),
        ("SPF, DKIM, DMARC", message.authentication),
    )
    tables = []
    if message.attachments:
        tables.append(Listing(list(enumerate(message.attachments, 1)), _ATTACHMENT_COLUMNS))
    return Details(message, fields, tables, title=message.key, text=readable_text(message) or "(no text)")
