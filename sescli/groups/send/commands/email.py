"""`sescli send email`: one message with text, HTML and attachments."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.send.commands.options import AddressOptions, MessageOptions
from sescli.groups.send.views.sent import sent_result
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()

_BODY = "{}: a string, @FILE, or - for standard input."
Subject = Annotated[str | None, typer.Option(help="Subject. Required.", metavar="TEXT")]
Text = Annotated[str | None, typer.Option(help=_BODY.format("Text body"), metavar="TEXT")]
Html = Annotated[str | None, typer.Option(help=_BODY.format("HTML body"), metavar="HTML")]


@command(
    app,
    "email",
    examples=[
        (
            "sescli send email --from hello@example.com --to success@simulator.amazonses.com "
            "--subject Hello --text 'It works.'"
        ),
        (
            "sescli send email --from 'Example Shop <hello@example.com>' --to jane@example.com --subject Welcome "
            "--html @examples/mail/welcome.html --tag campaign=welcome "
            "--unsubscribe-url https://example.com/unsubscribe?id=1"
        ),
    ],
)
def email(
    rt: Runtime,
    addresses: AddressOptions,
    *,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
    message: MessageOptions,
) -> Done:
    """Send a message with a text body, an HTML body or both, and attachments.

    Use it for notifications, alerts and test messages. All recipients in --to and --cc see each other. To
    send a separate message to each recipient, use sescli bulk. Without --text, sescli makes the text part
    from the HTML.

    Before the send, sescli looks up whether the sender is verified in this region, whether the sandbox allows the
    recipients, whether the configuration set exists and sends, and whether a recipient is on the suppression list.
    --no-preflight skips these look-ups. Addresses, headers and sizes are always checked.
    """
    from sescli.cli.text_input import read_body
    from sescli.groups.send.service import send

    body = text if html is None else html
    addresses.require({"--subject": subject, "--text or --html": body})
    content = send.SimpleContent(
        subject=subject or "",
        text=None if text is None else read_body(text, rt),
        html=None if html is None else read_body(html, rt),
        headers=message.headers(),
        attachments=message.attachments(),
    )
    envelope, look_up = message.envelope(addresses), not message.no_preflight
    sent = send.send_email(rt.aws, envelope, content, look_up=look_up, warn=rt.output.warn)
    return sent_result(sent, rt.aws.region, is_local=rt.settings.local)
