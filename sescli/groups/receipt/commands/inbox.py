"""`sescli receipt inbox` and `read`: the messages that a rule stored in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
        str, typer.Argument(metavar="BUCKET[/PREFIX]", help="Where a rule's S3 action stores mail.")
    ],
    limit: Annotated[int | None, typer.Option(help="Only the newest so many.", metavar="N", min=1)] = None,
    keys_only: Annotated[
        bool, typer.Option("--keys-only", help="Open no mail: keys, times and sizes alone.")
    ] = False,
) -> Listing:
    """List the received mail in a bucket, newest first.

    Who it is from and what it is about is the sender's word. A mail that SES encrypted with a KMS key shows
    neither. Each mail is one read of S3; --keys-only spares it.
    """
    from sescli.groups.receipt.service import inbox as received_mail

    where = received_mail.parse_path(place)
    found = received_mail.list_messages(rt.aws, where, limit=limit, with_headers=not keys_only)
    return Listing(found, MESSAGE_COLUMNS, empty=f"No mail under {where}.", next="sescli receipt read KEY")


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
    key: Annotated[str, typer.Argument(metavar="KEY", help="BUCKET/KEY, as the inbox lists it.")],
    text: Annotated[bool, typer.Option("--text", help="Its text alone.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Its HTML alone.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="All its headers.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="The object as it is stored.")] = False,
    attachment: Annotated[
        int | None, typer.Option(help="The attachment of this number.", metavar="N", min=1)
    ] = None,
) -> Details | Document | Listing | RawBytes:
    """Show one received mail: SES's verdicts, its headers, its text, the names of its attachments.

    It is shown as untrusted text: control characters are made harmless, HTML becomes text, nothing is fetched
    or run. With an option one part of it alone, fit for a pipe or a file.
    """
    if sum([text, html, headers, raw, attachment is not None]) > 1:
        raise UsageError(
            "--text, --html, --headers, --raw and --attachment exclude each other", hint="give one of them"
        )
    from sescli.groups.receipt.service import inbox as received_mail

    path = received_mail.parse_path(key, needs_key=True)
    if raw:
        return RawBytes(received_mail.raw(rt.aws, path))
    mail, message = received_mail.read(rt.aws, path)
    if headers:
        return Listing([{"name": name, "value": value} for name, value in message.headers()], HEADER_COLUMNS)
    if attachment is not None:
        return RawBytes(_attachment(mail, attachment))
    return _part(mail, html=html) if text or html else message_details(mail)


def _attachment(mail: StoredMessageDetails, number: int) -> bytes:
    if number > len(mail.attachments):
        raise NotFoundError(f"{mail.key} has {len(mail.attachments)} attachments", code="NoSuchPart")
    return mail.attachments[number - 1].content


def _part(mail: StoredMessageDetails, *, html: bool) -> Document:
    body = mail.html if html else readable_text(mail)
    if body is None:
        raise NotFoundError(f"{mail.key} has no {'HTML' if html else 'text'}", code="NoSuchPart")
    return Document(body, body)
