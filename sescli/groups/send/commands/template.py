"""`sescli send template`: one message from a stored template."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.name_completion import templates
from sescli.cli.params import Data, DataFile, template_data
from sescli.groups.send.commands.options import AddressOptions, MessageOptions
from sescli.groups.send.views.sent import sent_result
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()


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
        str, typer.Argument(metavar="NAME", help="Name of the template.", autocompletion=templates)
    ],
    addresses: AddressOptions,
    *,
    data: Data = None,
    data_file: DataFile = None,
    message: MessageOptions,
) -> Done:
    """Send one message from a template and its data.

    Use it for order confirmations, receipts and password resets. sescli refuses to send when the data lacks a variable
    of the template, because SES accepts and counts such a message, but never delivers it. sescli template show NAME
    lists the variables.

    --data sets one variable, and --data order.id=5 sets the key id of the object order. Use --data-file for lists and
    complete objects.
    """
    from sescli.groups.send.service import send

    addresses.require()
    use = send.TemplateUse(
        name=name,
        data=template_data(rt, data, data_file),
        headers=message.headers(),
        attachments=message.attachments(),
    )
    envelope, look_up = message.envelope(addresses), not message.no_preflight
    sent = send.send_template(rt.aws, envelope, use, look_up=look_up, warn=rt.output.warn)
    return sent_result(sent, rt.aws.region, is_local=rt.settings.local)
