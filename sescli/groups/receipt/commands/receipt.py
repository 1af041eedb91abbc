"""`sescli receipt`: receiving mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.errors import NotFoundError, UsageError
from sescli.exits import ExitCode
from sescli.groups.receipt.commands import filter as receipt_filter
from sescli.groups.receipt.commands import rule, setup
from sescli.groups.receipt.commands import rule_set as receipt_rule_set
from sescli.output.results import Column, Details, Document, Listing, RawBytes
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.receipt.service.inbox import ReceivedInFull

app = group("receipt", "Receive mail: rule sets, rules, IP filters, and the mail itself.", first=["setup"])
app.add_typer(receipt_rule_set.app)
app.add_typer(rule.app)
app.add_typer(receipt_filter.app)
app.add_typer(setup.app)

_VERDICT = (
    Column("#", "position", "number"),
    Column("rule", "name"),
    Column("verdict", "verdict", "status"),
    Column("why", "reason"),
    Column("actions", "actions"),
)
_MAIL = (
    Column("at", "at", "time"),
    Column("from", "from_"),
    Column("to", "to"),
    Column("subject", lambda mail: "(encrypted)" if mail.encrypted else mail.subject),
    Column("spam", "spam", "status"),
    Column("size", "size", "number"),
    Column("key", "key"),
)
_HEADER = (Column("header", "name"), Column("value", "value"))
_ATTACHMENT = (
    Column("no.", lambda pair: pair[0], "number"),
    Column("attachment", lambda pair: pair[1].name),
    Column("type", lambda pair: pair[1].type),
    Column("size", lambda pair: pair[1].size, "number"),
)


@command(
    app,
    "test",
    examples=["sescli receipt test support@example.com", "sescli receipt test jane+shop@example.com"],
)
def route(
    rt: Runtime,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whom a mail would be for.")],
    rule_set: Annotated[
        str | None, typer.Option("--set", help="Ask this rule set, not the active one.", metavar="NAME")
    ] = None,
) -> Details:
    """Tell which rules of the active set would take a mail to an address, in order, and why not the others.

    Ask it after every change of rules, and when mail does not arrive. Nothing is sent. An address in a rule
    also takes its +labels; example.com takes no subdomain, .example.com all of them and not itself; a rule
    without recipients takes everything. A disabled rule is passed over; a stop ends the set. Exit code 3 when
    SES would reject the mail. A mail to several recipients is taken by each rule that matches one of them.
    """
    from sescli.groups.receipt.service import matching

    found = matching.route(rt.aws, address, rule_set)
    fields = (
        ("address", found.address),
        ("rule set", found.rule_set),
        ("active", found.active, "status"),
        (
            "verified by",
            found.verified_identity or ("nothing" if found.domain_verified is False else "unknown"),
        ),
        ("accepted", found.accepted, "status"),
        ("because", found.reason),
    )
    tables = [Listing(found.rules, _VERDICT, empty="The rule set has no rules.")]
    return Details(found, fields, tables, exit_code=ExitCode.OK if found.accepted else ExitCode.CHECK_FAILED)


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
    found = received_mail.mails(rt.aws, where, limit=limit, heads=not keys_only)
    return Listing(found, _MAIL, empty=f"No mail under {where}.", next="sescli receipt read KEY")


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

    path = received_mail.parse_path(key, whole=True)
    if raw:
        return RawBytes(received_mail.raw(rt.aws, path))
    mail, message = received_mail.read(rt.aws, path)
    if headers:
        return Listing([{"name": name, "value": value} for name, value in message.headers()], _HEADER)
    if attachment is not None:
        return RawBytes(_attachment(mail, attachment))
    return _part(mail, html=html) if text or html else _whole(mail)


def _attachment(mail: ReceivedInFull, number: int) -> bytes:
    if number > len(mail.attachments):
        raise NotFoundError(f"{mail.key} has {len(mail.attachments)} attachments", code="NoSuchPart")
    return mail.attachments[number - 1].content


def _part(mail: ReceivedInFull, *, html: bool) -> Document:
    body = mail.html if html else _readable(mail)
    if body is None:
        raise NotFoundError(f"{mail.key} has no {'HTML' if html else 'text'}", code="NoSuchPart")
    return Document(body, body)


def _readable(mail: ReceivedInFull) -> str | None:
    from sescli.mail.body import text_from_html

    if mail.text is None and mail.html is not None:
        return text_from_html(mail.html)
    return mail.text


def _whole(mail: ReceivedInFull) -> Details:
    fields: tuple[tuple[str, object] | tuple[str, object, str], ...] = (
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
    return Details(mail, fields, tables, title=mail.key, text=_readable(mail) or "(no text)")
