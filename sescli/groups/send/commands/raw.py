"""`sescli send raw`: one MIME message as it is."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.send.commands.options import ConfigSet, NoPreflight, Tags
from sescli.groups.send.views.sent import sent_result
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()

Sender = Annotated[str | None, typer.Option("--from", help="Envelope sender.", metavar="ADDRESS")]
To = Annotated[
    list[str] | None,
    typer.Option("--to", help="Recipient, in place of those in the message. Repeatable.", metavar="ADDRESS"),
]


@command(
    app,
    "raw",
    examples=[
        "sescli send raw examples/mail/invoice.eml",
        "sescli send raw examples/mail/invoice.eml --to success@simulator.amazonses.com",
    ],
)
def raw(
    rt: Runtime,
    file: Annotated[str, typer.Argument(metavar="FILE", help="MIME message, or - for standard input.")],
    sender: Sender = None,
    to: To = None,
    tag: Tags = None,
    config_set: ConfigSet = None,
    no_preflight: NoPreflight = False,
) -> Done:
    """Send a MIME message as it is.

    Use it for a message that another program has made. The file starts with the headers. sescli changes line ends to
    CRLF; SES replaces Date and Message-ID and adds its DKIM signature. Nothing else changes.

    The recipients are those in the headers To, Cc and Bcc, or those of --to, which does not change the headers.
    """
    from sescli.cli.text_input import read_file
    from sescli.groups.send.service import send
    from sescli.mail.tags import parse_tag

    envelope = send.RawEnvelope(
        sender=sender, to=to or (), tags=[parse_tag(text) for text in tag or ()], config_set=config_set
    )
    message = read_file(file, rt)
    sent = send.send_raw(rt.aws, message, envelope, look_up=not no_preflight, warn=rt.output.warn)
    return sent_result(sent, rt.aws.region, is_local=rt.settings.local)
