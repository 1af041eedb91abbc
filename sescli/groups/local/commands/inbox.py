"""`sescli local inbox|show`: messages that the emulator accepted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.errors import NotFoundError, UsageError
from sescli.groups.local.commands.server_address import connect
from sescli.groups.local.views.inbox import MESSAGE_COLUMNS, message_details
from sescli.output.results import Details, Document, Listing, RawBytes
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.emulator.client import Inbox, InboxMessage

app = typer.Typer()


@command(
    app, "inbox", examples=["sescli local inbox", "sescli local inbox --status bounced --limit 5 -o json"]
)
def list_messages(
    rt: Runtime,
    status: Annotated[
        str | None, typer.Option(help="List only messages with this status.", metavar="STATUS")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Maximum number of messages.", metavar="N", min=1)] = None,
) -> Listing:
    """List sent messages, newest first.

    The status of a message is delivered, ooto (out-of-office reply), bounced, complained, suppressed, rejected or
    rendering_failed.
    """
    wanted = _parse_status(status)
    inbox, _ = connect(rt)
    if wanted is None:
        messages = inbox.messages(limit)
    else:
        messages = islice((each for each in inbox.messages() if each.status == wanted), limit)
    empty = "No messages with this status." if status else "The inbox is empty."
    return Listing(messages, MESSAGE_COLUMNS, empty=empty, next=NextCommand("local", "show", "ID"))


@command(app, "show", examples=["sescli local show", "sescli local show --raw > newest.eml"])
def show(
    rt: Runtime,
    mail_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="ID in the inbox, or message ID. Default: the newest message."),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print only the text.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Print only the HTML.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the MIME message.")] = False,
    attachment: Annotated[
        int | None, typer.Option(help="Print the attachment with this number.", metavar="N", min=1)
    ] = None,
) -> Details | Document | RawBytes:
    """Show one message: headers, text and delivery status.

    An option prints one part unchanged, for a pipe or a file.
    """
    if sum([text, html, raw, attachment is not None]) > 1:
        raise UsageError(
            "--text, --html, --raw and --attachment cannot be combined", hint="give only one of them"
        )
    inbox, _ = connect(rt)
    message = inbox.get(mail_id) if mail_id else _newest_message(inbox)
    if raw:
        return RawBytes(inbox.raw(message.id))
    if attachment is not None:
        return RawBytes(inbox.attachment(message.id, attachment))
    return _body(message, html=html) if text or html else message_details(message)


def _parse_status(text: str | None) -> str | None:
    from sescli.emulator.client import STATUSES

    name = text.lower().replace("-", "_") if text is not None else None
    if name is not None and name not in STATUSES:
        raise UsageError(f"--status {text!r} is not valid", hint=f"give one of: {', '.join(STATUSES)}")
    return name


def _newest_message(inbox: Inbox) -> InboxMessage:
    newest = next(inbox.messages(1), None)
    if newest is None:
        hint = NextCommand("--local", "send", "email", "--help")
        raise NotFoundError("the inbox is empty", hint=hint, code="EmptyInbox")
    return newest


def _body(message: InboxMessage, *, html: bool) -> Document:
    body = message.html if html else message.text
    if body is None:
        raise NotFoundError(f"message {message.id} has no {'HTML' if html else 'text'}", code="NoSuchPart")
    return Document(body, body)
