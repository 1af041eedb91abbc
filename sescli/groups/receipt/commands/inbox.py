"""`sescli receipt inbox` and `read`: the messages that a rule stored in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command
from sescli.errors import NotFoundError, UsageError
from sescli.groups.receipt.views.messages import (
    HEADER_COLUMNS,
    MESSAGE_COLUMNS,
    message_details,
    readable_text,
)
from sescli.output.results import Details, Document, Listing, RawBytes
from sescli.runtime import Runtime
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from sescli.groups.receipt.service.inbox import StoredMessageDetails

# Its commands become those of `sescli receipt`: a Typer without a name is merged into its parent.
app = typer.Typer()


@command(
    app,
    "inbox",
    examples=[
        "sescli receipt inbox my-email-bucket/emails/",
        "sescli receipt inbox my-email-bucket --limit 5",
    ],
)
def inbox(
    rt: Runtime,
    place: Annotated[
        str,
        typer.Argument(
            metavar="BUCKET[/PREFIX]",
            help="Bucket and prefix that the S3 action of a rule stores messages in.",
        ),
    ],
    limit: Annotated[
        int | None, typer.Option(help="Show at most N messages, the newest first.", metavar="N", min=1)
    ] = None,
    keys_only: Annotated[
        bool,
        typer.Option("--keys-only", help="Show only keys, times and sizes, without reading the messages."),
    ] = False,
) -> Listing:
    """List the received messages in a bucket, newest first.

    From, to and subject come from the message; senders can forge them. Messages that SES encrypted with a KMS
    key show none of them. The list needs one S3 read per message; --keys-only avoids it.
    """
    from sescli.groups.receipt.service import inbox as inbox_service

    location = inbox_service.parse_path(place)
    found = inbox_service.list_messages(rt.aws, location, limit=limit, with_headers=not keys_only)
    return Listing(
        found,
        MESSAGE_COLUMNS,
        empty=f"No messages in {location}.",
        next=NextCommand("receipt", "read", "KEY"),
    )


@command(
    app,
    "read",
    examples=[
        "sescli receipt read my-email-bucket/emails/o3vrnil0e2ic28tr",
        "sescli receipt read my-email-bucket/emails/o3vrnil0e2ic28tr --attachment 1 > invoice.pdf",
    ],
)
def read(
    rt: Runtime,
    key: Annotated[str, typer.Argument(metavar="KEY", help="BUCKET/KEY, as 'receipt inbox' lists it.")],
    text: Annotated[bool, typer.Option("--text", help="Show only the text.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Show only the HTML.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Show all headers.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Write the stored message unchanged.")] = False,
    attachment: Annotated[
        int | None, typer.Option(help="Write the attachment with this number.", metavar="N", min=1)
    ] = None,
) -> Details | Document | Listing | RawBytes:
    """Show one received message: SES's verdicts, headers, text and attachment names.

    sescli treats the message as untrusted: it replaces control characters, shows HTML as text, and fetches and
    runs nothing. With an option, the output is one part of the message, for a pipe or a file.
    """
    if sum([text, html, headers, raw, attachment is not None]) > 1:
        raise UsageError(
            "--text, --html, --headers, --raw and --attachment cannot be combined", hint="use one of them"
        )
    from sescli.groups.receipt.service import inbox as inbox_service

    path = inbox_service.parse_path(key, needs_key=True)
    if raw:
        return RawBytes(inbox_service.raw(rt.aws, path))
    message, parsed = inbox_service.read(rt.aws, path)
    if headers:
        return Listing([{"name": name, "value": value} for name, value in parsed.headers()], HEADER_COLUMNS)
    if attachment is not None:
        return RawBytes(_attachment(message, attachment))
    return _part(message, html=html) if text or html else message_details(message)


def _attachment(message: StoredMessageDetails, number: int) -> bytes:
    if number > len(message.attachments):
        raise NotFoundError(
            f"{message.key} has {counted(len(message.attachments), 'attachment')}, not {number}",
            code="NoSuchPart",
        )
    return message.attachments[number - 1].content


def _part(message: StoredMessageDetails, *, html: bool) -> Document:
    body = message.html if html else readable_text(message)
    if body is None:
        raise NotFoundError(f"{message.key} has no {'HTML' if html else 'text'}", code="NoSuchPart")
    return Document(body, body)
