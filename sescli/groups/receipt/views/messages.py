"""How received messages look on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.results import Column, Details, Listing

if TYPE_CHECKING:
    from sescli.groups.receipt.service.inbox import StoredMessageDetails
    from sescli.output.results import Field

MESSAGE_COLUMNS = (
    Column("at", "at", "time"),
    Column("from", "from_"),
    Column("to", "to"),
    Column("subject", lambda mail: "(encrypted)" if mail.encrypted else mail.subject),
    Column("spam", "spam", "status"),
    Column("size", "size", "number"),
    Column("key", "key"),
)
HEADER_COLUMNS = (Column("header", "name"), Column("value", "value"))
_ATTACHMENT = (
    Column("no.", lambda pair: pair[0], "number"),
    Column("attachment", lambda pair: pair[1].name),
    Column("type", lambda pair: pair[1].type),
    Column("size", lambda pair: pair[1].size, "number"),
)


def readable_text(mail: StoredMessageDetails) -> str | None:
    """The text of a message, made from its HTML where it has no text."""
    from sescli.mail.body import text_from_html

    if mail.text is None and mail.html is not None:
        return text_from_html(mail.html)
    return mail.text


def message_details(mail: StoredMessageDetails) -> Details:
    """One message as fields, with a table of its attachments."""
    fields: tuple[Field, ...] = (
        ("from", mail.from_),
        ("to", mail.to),
        *((name, value) for name, value in (("cc", mail.cc), ("reply-to", mail.reply_to)) if value),
        ("subject", mail.subject),
        ("received", mail.at),
        ("dated", mail.date),
        ("message ID", mail.message_id),
        ("spam", mail.spam or "not scanned", "status"),
        ("virus", mail.virus or "not scanned", "status"),
        ("SPF, DKIM, DMARC", mail.authentication),
    )
    tables = []
    if mail.attachments:
        tables.append(Listing(list(enumerate(mail.attachments, 1)), _ATTACHMENT))
    return Details(mail, fields, tables, title=mail.key, text=readable_text(mail) or "(no text)")
