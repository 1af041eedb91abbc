"""The options that `send email`, `send template` and `send raw` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options
from sescli.cli.name_completion import configuration_sets
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sescli.mail.attachments import Attachment
    from sescli.mail.message import Envelope

Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", help="Message tag, included in the events of the message. Repeatable.", metavar="KEY=VALUE"
    ),
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
NoPreflight = Annotated[
    bool,
    typer.Option(
        "--no-preflight", help="Skip the look-ups before the send: sender, sandbox, suppression list."
    ),
]


@options
class AddressOptions:
    """Who sends a message, and who receives it."""

    sender: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Sender. SES must have verified the address or its domain. Required.",
            metavar="ADDRESS",
        ),
    ] = None
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Recipient. Repeatable.", metavar="ADDRESS")
    ] = None
    cc: Annotated[
        list[str] | None, typer.Option("--cc", help="Cc recipient. Repeatable.", metavar="ADDRESS")
    ] = None
    bcc: Annotated[
        list[str] | None,
        typer.Option("--bcc", help="Bcc recipient. Repeatable.", metavar="ADDRESS"),
    ] = None
    reply_to: Annotated[
        list[str] | None,
        typer.Option("--reply-to", help="Reply-To address. Repeatable.", metavar="ADDRESS"),
    ] = None

    def require(self, others: Mapping[str, object] | None = None) -> None:
        """Raise `UsageError` that names all missing options at once: sender, recipients, and `others` by name."""
        recipients = self.to or self.cc or self.bcc
        values = {"--from": self.sender, "--to (or --cc, --bcc)": recipients, **(others or {})}
        missing = [name for name, value in values.items() if value is None or value == []]
        if missing:
            raise UsageError(f"missing: {', '.join(missing)}", hint="for an example, add --help")


@options
class MessageOptions:
    """What `send email` and `send template` can add to a message."""

    attach: Annotated[
        list[str] | None,
        typer.Option(
            "--attach",
            help="File to attach. Append ;name=, ;type= or ;cid= (inline); write ;; for a ; in the path.",
            metavar="PATH[;name=…]",
        ),
    ] = None
    header: Annotated[
        list[str] | None, typer.Option("--header", help="Extra header. Repeatable.", metavar="'NAME: VALUE'")
    ] = None
    tag: Tags = None
    config_set: ConfigSet = None
    unsubscribe_url: Annotated[
        str | None,
        typer.Option("--unsubscribe-url", help="HTTPS URL for one-click unsubscribe.", metavar="URL"),
    ] = None
    unsubscribe_mailto: Annotated[
        str | None,
        typer.Option(
            "--unsubscribe-mailto", help="Address that receives unsubscribe requests.", metavar="ADDRESS"
        ),
    ] = None
    contact_list: Annotated[
        str | None,
        typer.Option(
            "--list",
            help="Contact list and topic; SES adds the unsubscribe link.",
            metavar="NAME[:TOPIC]",
        ),
    ] = None
    no_preflight: NoPreflight = False

    def envelope(self, addresses: AddressOptions) -> Envelope:
        """Addresses, tags, configuration set and contact list, checked when the message is sent."""
        from sescli.mail.message import Envelope, parse_list
        from sescli.mail.tags import parse_tag

        return Envelope(
            sender=addresses.sender or "",
            to=addresses.to or (),
            cc=addresses.cc or (),
            bcc=addresses.bcc or (),
            reply_to=addresses.reply_to or (),
            tags=[parse_tag(text) for text in self.tag or ()],
            config_set=self.config_set,
            list_management=None if self.contact_list is None else parse_list(self.contact_list),
        )

    def headers(self) -> list[tuple[str, str]]:
        """The headers of --header and of the unsubscribe options. Raises `MailError`."""
        from sescli.mail.headers import parse_header
        from sescli.mail.unsubscribe import unsubscribe_headers

        given = [parse_header(text) for text in self.header or ()]
        return given + unsubscribe_headers(self.unsubscribe_url, self.unsubscribe_mailto)

    def attachments(self) -> list[Attachment]:
        """The files of --attach. Raises `MailError` for a file that is not readable or not allowed."""
        from sescli.mail.attachments import parse_attachment

        return [parse_attachment(text) for text in self.attach or ()]
