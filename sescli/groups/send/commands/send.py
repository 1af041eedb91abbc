"""`sescli send`: one mail, simple, raw, or from a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import configuration_sets, templates
from sescli.cli.params import Data, DataFile, template_data
from sescli.errors import UsageError
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.groups.send.service.send import SendResult
    from sescli.mail.attachments import Attachment
    from sescli.mail.message import Envelope

app = group("send", "Send one mail: simple, raw, or from a template.")

_TO = "--to (or --cc, --bcc)"
_BODY = "{}: the text itself, @FILE, or - for standard input."
Sender = Annotated[
    str | None, typer.Option("--from", help="Sender: a verified address. Needed.", metavar="ADDRESS")
]
To = Annotated[list[str] | None, typer.Option("--to", help="Recipient; may be repeated.", metavar="ADDRESS")]
Cc = Annotated[list[str] | None, typer.Option("--cc", help="Copy; may be repeated.", metavar="ADDRESS")]
Bcc = Annotated[
    list[str] | None, typer.Option("--bcc", help="Hidden copy; may be repeated.", metavar="ADDRESS")
]
ReplyTo = Annotated[
    list[str] | None,
    typer.Option("--reply-to", help="Where answers go; may be repeated.", metavar="ADDRESS"),
]
Attach = Annotated[
    list[str] | None,
    typer.Option(
        "--attach",
        help="A file; ;name=, ;type= and ;cid= (inline) may follow; ;; is a ; of the path.",
        metavar="PATH[;name=…]",
    ),
]
Headers = Annotated[
    list[str] | None, typer.Option("--header", help="A header; may be repeated.", metavar="'NAME: VALUE'")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="A message tag, to tell events apart; may be repeated.", metavar="KEY=VALUE"),
]
ConfigSet = Annotated[
    str | None,
    typer.Option(
        "--config-set",
        help="Configuration set, for events and IP pools.",
        metavar="NAME",
        autocompletion=configuration_sets,
    ),
]
UnsubscribeUrl = Annotated[
    str | None,
    typer.Option("--unsubscribe-url", help="https URL for one-click unsubscription.", metavar="URL"),
]
UnsubscribeMailto = Annotated[
    str | None,
    typer.Option("--unsubscribe-mailto", help="Address that takes unsubscriptions.", metavar="ADDRESS"),
]
List = Annotated[
    str | None,
    typer.Option("--list", help="Contact list: SES writes the unsubscribe link.", metavar="NAME[:TOPIC]"),
]
NoPreflight = Annotated[
    bool,
    typer.Option("--no-preflight", help="Do not look up sender, sandbox, suppression and the rest first."),
]


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
    sender: Sender = None,
    subject: Annotated[str | None, typer.Option(help="Subject. Needed.", metavar="TEXT")] = None,
    to: To = None,
    cc: Cc = None,
    bcc: Bcc = None,
    reply_to: ReplyTo = None,
    text: Annotated[str | None, typer.Option(help=_BODY.format("Text body"), metavar="TEXT")] = None,
    html: Annotated[str | None, typer.Option(help=_BODY.format("HTML body"), metavar="HTML")] = None,
    attach: Attach = None,
    header: Headers = None,
    tag: Tags = None,
    config_set: ConfigSet = None,
    unsubscribe_url: UnsubscribeUrl = None,
    unsubscribe_mailto: UnsubscribeMailto = None,
    contact_list: List = None,
    no_preflight: NoPreflight = False,
) -> Done:
    """Send a mail with a text body, an HTML body or both, and attachments.

    For notifications, alerts and first tries. Everybody in --to and --cc sees the others: to reach many, each
    by itself, use sescli bulk. HTML without --text gets a text part made from it.

    Before the send sescli asks whether the sender is verified in this region, in the sandbox the recipients too,
    whether the configuration set exists, and whether someone is on the suppression list. --no-preflight skips
    these questions; addresses, headers and sizes are always checked.
    """
    from sescli.cli.text_input import read_body
    from sescli.groups.send.service import send

    _needed(
        {
            "--from": sender,
            _TO: to or cc or bcc,
            "--subject": subject,
            "--text or --html": text if html is None else html,
        }
    )
    envelope = _envelope(sender, to, cc, bcc, reply_to, tag, config_set, contact_list)
    content = send.SimpleContent(
        subject=subject or "",
        text=None if text is None else read_body(text, rt),
        html=None if html is None else read_body(html, rt),
        headers=_headers(header, unsubscribe_url, unsubscribe_mailto),
        attachments=_attachments(attach),
    )
    sent = send.send_email(rt.aws, envelope, content, look_up=not no_preflight, warn=rt.output.warn)
    return _done(rt, sent)


@command(
    app,
    "template",
    examples=[
        "sescli send template hello --from hello@example.com --to jane@example.com --data name=Jane",
        (
            "sescli send template OrderConfirmation --from hello@example.com --to jane@example.com "
            "--data name=Jane --data orderId=12345 --data total=99.99"
        ),
    ],
)
def template(
    rt: Runtime,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A template that SES stores.", autocompletion=templates)
    ],
    sender: Sender = None,
    to: To = None,
    cc: Cc = None,
    bcc: Bcc = None,
    reply_to: ReplyTo = None,
    data: Data = None,
    data_file: DataFile = None,
    attach: Attach = None,
    header: Headers = None,
    tag: Tags = None,
    config_set: ConfigSet = None,
    unsubscribe_url: UnsubscribeUrl = None,
    unsubscribe_mailto: UnsubscribeMailto = None,
    contact_list: List = None,
    no_preflight: NoPreflight = False,
) -> Done:
    """Send one mail from a stored template and its data.

    For orders, receipts, password resets. It refuses when a variable of the template is not in the data: SES
    would accept such a mail, count it, and never deliver it. sescli template show NAME lists the variables.

    --data sets one variable to a text, and --data order.id=5 the id of the object order. Lists, and objects as
    a whole, come in --data-file.
    """
    from sescli.groups.send.service import send

    _needed({"--from": sender, _TO: to or cc or bcc})
    envelope = _envelope(sender, to, cc, bcc, reply_to, tag, config_set, contact_list)
    use = send.TemplateUse(
        name=name,
        data=template_data(rt, data, data_file),
        headers=_headers(header, unsubscribe_url, unsubscribe_mailto),
        attachments=_attachments(attach),
    )
    sent = send.send_template(rt.aws, envelope, use, look_up=not no_preflight, warn=rt.output.warn)
    return _done(rt, sent)


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
    file: Annotated[str, typer.Argument(metavar="FILE", help="A MIME message, or - for standard input.")],
    sender: Annotated[
        str | None, typer.Option("--from", help="Sender of the envelope.", metavar="ADDRESS")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", help="Recipients in place of the message's; may be repeated.", metavar="ADDRESS"
        ),
    ] = None,
    tag: Tags = None,
    config_set: ConfigSet = None,
    no_preflight: NoPreflight = False,
) -> Done:
    """Send a MIME message as it is.

    For mail that another program has made. It starts with its headers; line ends become CRLF, SES writes Date
    and Message-ID anew and adds its DKIM signature, and nothing else changes.

    Recipients are those of To, Cc and Bcc, or of --to, which leaves the headers alone.
    """
    from sescli.cli.text_input import read_file
    from sescli.groups.send.service import send
    from sescli.mail.tags import parse_tag

    envelope = send.RawEnvelope(
        sender=sender, to=to or (), tags=[parse_tag(text) for text in tag or ()], config_set=config_set
    )
    message = read_file(file, rt)
    sent = send.send_raw(rt.aws, message, envelope, look_up=not no_preflight, warn=rt.output.warn)
    return _done(rt, sent)


def _needed(options: Mapping[str, object]) -> None:
    """Name all options that are missing at once."""
    missing = [name for name, value in options.items() if value is None or value == []]
    if missing:
        raise UsageError(f"missing: {', '.join(missing)}", hint="--help shows an example that runs")


def _envelope(
    sender: str | None,
    to: list[str] | None,
    cc: list[str] | None,
    bcc: list[str] | None,
    reply_to: list[str] | None,
    tags: list[str] | None,
    config_set: str | None,
    contact_list: str | None,
) -> Envelope:
    from sescli.mail.message import Envelope, parse_list
    from sescli.mail.tags import parse_tag

    return Envelope(
        sender=sender or "",
        to=to or (),
        cc=cc or (),
        bcc=bcc or (),
        reply_to=reply_to or (),
        tags=[parse_tag(text) for text in tags or ()],
        config_set=config_set,
        list_management=None if contact_list is None else parse_list(contact_list),
    )


def _headers(given: list[str] | None, url: str | None, mailto: str | None) -> list[tuple[str, str]]:
    from sescli.mail.headers import parse_header
    from sescli.mail.unsubscribe import unsubscribe_headers

    return [parse_header(text) for text in given or ()] + unsubscribe_headers(url, mailto)


def _attachments(given: Sequence[str] | None) -> list[Attachment]:
    from sescli.mail.attachments import parse_attachment

    return [parse_attachment(text) for text in given or ()]


def _done(rt: Runtime, sent: SendResult) -> Done:
    others = f" and {len(sent.to) - 1} more" if len(sent.to) > 1 else ""
    message = f"SES in {rt.aws.region} accepted the mail to {sent.to[0]}{others}: {sent.message_id}"
    next_step = "sescli local inbox" if rt.settings.local else "sescli reputation stats --since 1d"
    return Done(message, sent, next=next_step)
