"""`sescli local`: the embedded SES and its inbox."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.errors import NotFoundError, UsageError
from sescli.groups.local.commands import control, deliver
from sescli.groups.local.commands import open as open_page
from sescli.groups.local.commands.server_address import connect
from sescli.output.results import Column, Details, Document, Done, Listing, RawBytes
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.emulator.client import Inbox, InboxMessage
    from sescli.emulator.process import LocalServer

app = group("local", "The embedded SES on this machine.")

_MESSAGE_COLUMNS = (
    Column("id", "id"),
    Column("at", "at", "time"),
    Column("status", "status", "status"),
    Column("to", lambda mail: [*mail.to, *mail.cc, *mail.bcc]),
    Column("subject", "subject"),
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
# The headers of a raw message that have a line of their own.
_SHOWN_ABOVE = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "message-id"})


@command(
    app,
    "start",
    examples=[
        "sescli local start",
        "sescli local start --ephemeral --port 8025",
        "sescli local start --verification dns --resolver 127.0.0.1:5353",
    ],
)
def start(
    rt: Runtime,
    port: Annotated[
        int | None,
        typer.Option(help="Port on loopback; a free one unless given.", metavar="PORT", min=1, max=65535),
    ] = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Serve until Ctrl-C.")] = False,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep nothing over a restart.")] = False,
    verification: Annotated[
        str,
        typer.Option(
            help="When identities count as verified: at once, when DNS has their records, or by hand.",
            metavar="auto|dns|manual",
        ),
    ] = "auto",
    resolver: Annotated[
        str | None,
        typer.Option(help="The DNS server that is asked, unless this machine's.", metavar="HOST[:PORT]"),
    ] = None,
) -> Details | Done | None:
    """Start the embedded SES in the background.

    '--local' starts it by itself; start it so to choose how, or to point other programs at it. It is an
    ordinary AWS endpoint on loopback: boto3, the AWS CLI and other SDKs can use it. SES's state and the mails
    survive its restart, what other services (S3, SNS, ...) hold does not.

    With --verification dns a domain stays pending until its DKIM records, or the TXT record of v1, are there, and
    a MAIL FROM domain until its MX is; after 72 hours it fails. DNS is asked every five seconds and whenever an
    identity is shown. With manual, and for addresses with dns, 'sescli local control --verify NAME' does it.
    """
    from sescli.emulator import process

    if planned := rt.dry_run_result("start the embedded SES"):
        return planned
    if foreground:
        process.run_foreground(
            port,
            ephemeral=ephemeral,
            verification=verification,
            resolver=resolver,
            ready=lambda server: _announce(rt, server),
        )
        return None
    server = process.start(port, ephemeral=ephemeral, verification=verification, resolver=resolver)
    if not ephemeral:
        rt.output.note(
            "Mails and SES's state are kept; what S3, SNS and the like hold ends with the process."
        )
    return _server_details(server, title="The embedded SES is running.")


@command(app, "stop", examples=["sescli local stop"])
def stop(rt: Runtime) -> Done:
    """Stop the embedded SES.

    What it holds comes back at the next start, unless it was started with --ephemeral.
    """
    from sescli.emulator import process

    if planned := rt.dry_run_result("stop the embedded SES"):
        return planned
    server = process.status()
    stopped = process.stop()
    said = "Stopped the embedded SES." if stopped else "The embedded SES was not running."
    if server is not None and server.ephemeral:
        said += " It was started with --ephemeral: what it held is gone."
    return Done(said, {"stopped": stopped})


@command(app, "status", examples=["sescli local status", "sescli local status -q endpoint_url"])
def status(rt: Runtime) -> Details:  # noqa: ARG001 - every command gets its runtime
    """Show whether the embedded SES runs, and where."""
    from sescli.emulator import process

    server = process.status()
    if server is not None:
        return _server_details(server, title="The embedded SES is running.")
    nothing = dict.fromkeys(("endpoint_url", "pid", "started_at", "inbox_url"))
    return Details({"running": False, **nothing}, [("running", "no", "status")], next="sescli local start")


@command(app, "reset", examples=["sescli local reset --yes"])
def reset(rt: Runtime) -> Done:
    """Empty the embedded SES: mails, identities, templates, everything.

    For a clean start between tests.
    """
    inbox, place = connect(rt)
    rt.confirm("Go on?", consequence=f"this forgets all mails and identities of the embedded SES at {place}")
    if planned := rt.dry_run_result(f"empty the embedded SES at {place}"):
        return planned
    inbox.reset()
    return Done(f"The embedded SES at {place} is empty.", {"reset": True})


@command(
    app, "inbox", examples=["sescli local inbox", "sescli local inbox --status bounced --limit 5 -o json"]
)
def list_messages(
    rt: Runtime,
    status: Annotated[str | None, typer.Option(help="Only mails of this status.", metavar="STATUS")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many.", metavar="N", min=1)] = None,
) -> Listing:
    """List what was sent, newest first.

    The status says what became of a mail: delivered, ooto (out of the office), bounced, complained,
    suppressed, rejected or rendering_failed.
    """
    wanted = _parse_status(status)
    inbox, _ = connect(rt)
    if wanted is None:
        mails = inbox.messages(limit)
    else:
        mails = islice((mail for mail in inbox.messages() if mail.status == wanted), limit)
    return Listing(
        mails,
        _MESSAGE_COLUMNS,
        empty="No such mail." if status else "The inbox is empty.",
        next="sescli local show ID",
    )


@command(app, "show", examples=["sescli local show", "sescli local show --raw > newest.eml"])
def show(
    rt: Runtime,
    mail_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="Its id in the inbox, or its message ID; the newest unless given."
        ),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Its text alone.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Its HTML alone.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="The MIME message.")] = False,
    attachment: Annotated[
        int | None, typer.Option(help="The attachment of this number.", metavar="N", min=1)
    ] = None,
) -> Details | Document | RawBytes:
    """Show one mail: its headers, its text, what became of it.

    With an option one part of it alone, fit for a pipe or a file.
    """
    if sum([text, html, raw, attachment is not None]) > 1:
        raise UsageError("--text, --html, --raw and --attachment exclude each other", hint="give one of them")
    inbox, _ = connect(rt)
    mail = inbox.get(mail_id) if mail_id else _newest_message(inbox)
    if raw:
        return RawBytes(inbox.raw(mail.id))
    if attachment is not None:
        return RawBytes(inbox.attachment(mail.id, attachment))
    if text or html:
        return _message_part(mail, html=html)
    return _message_details(mail)


def _parse_status(text: str | None) -> str | None:
    from sescli.emulator.client import STATUSES

    name = text.lower().replace("-", "_") if text is not None else None
    if name is not None and name not in STATUSES:
        raise UsageError(f"--status is {text!r}", hint=f"it takes one of: {', '.join(STATUSES)}")
    return name


def _newest_message(inbox: Inbox) -> InboxMessage:
    newest = next(inbox.messages(1), None)
    if newest is None:
        raise NotFoundError("the inbox is empty", hint="sescli --local send email --help", code="EmptyInbox")
    return newest


def _announce(rt: Runtime, server: LocalServer) -> None:
    rt.output.note(f"The embedded SES serves at {server.endpoint_url} until Ctrl-C.")


def _server_details(server: LocalServer, *, title: str) -> Details:
    fields = (
        ("endpoint", server.endpoint_url),
        ("process", str(server.pid)),
        ("since", server.started_at),
        ("for other programs", f"export AWS_ENDPOINT_URL={server.endpoint_url}"),
        ("", "export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"),
        ("", "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"),
    )
    return Details(server, fields, title=title, next="sescli --local status")


def _message_part(mail: InboxMessage, *, html: bool) -> Document:
    body = mail.html if html else mail.text
    if body is None:
        raise NotFoundError(f"mail {mail.id} has no {'HTML' if html else 'text'}", code="NoSuchPart")
    return Document(body, body)


def _header_field(header: Mapping[str, str]) -> tuple[str, str]:
    return f"{header['name']}:", header["value"]


def _message_details(mail: InboxMessage) -> Details:
    fields = (
        ("from", mail.from_),
        ("to", list(mail.to)),
        *(
            (name, list(value))
            for name, value in (("cc", mail.cc), ("bcc", mail.bcc), ("reply-to", mail.reply_to))
            if value
        ),
        ("subject", mail.subject),
        ("at", mail.at),
        ("status", mail.status, "status"),
        *((("reason", mail.reason),) if mail.reason else ()),
        ("template", mail.template),
        ("tags", dict(mail.tags)),
        ("configuration set", mail.config_set),
        ("message ID", mail.message_id),
        *(_header_field(header) for header in mail.headers if header["name"].lower() not in _SHOWN_ABOVE),
    )
    tables = []
    if mail.attachments:
        tables.append(Listing(list(enumerate(mail.attachments, 1)), _ATTACHMENT_COLUMNS))
    if len(mail.recipients) > 1:
        tables.append(Listing(mail.recipients, _RECIPIENT_COLUMNS))
    return Details(mail, fields, tables, text=mail.text or mail.html)


app.add_typer(open_page.app)
app.add_typer(deliver.app)
app.add_typer(control.app)
