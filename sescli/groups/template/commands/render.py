"""`sescli template render`: a template filled in with data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import Data, DataFile, template_data
from sescli.errors import UsageError
from sescli.groups.template.commands.options import File, OptionalName, read_template_file
from sescli.groups.template.views.template import parts_text
from sescli.output.results import Document
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.handlebars.content import RenderedTemplate

app = typer.Typer()


@command(
    app,
    "render",
    examples=[
        "sescli template render hello --data name=Jane",
        "sescli template render --file examples/templates/welcome --offline --data-file examples/templates/welcome/data.json",
    ],
)
def render(
    rt: Runtime,
    name: OptionalName = None,
    data: Data = None,
    data_file: DataFile = None,
    offline: Annotated[bool, typer.Option("--offline", help="Render on this machine, not in SES.")] = False,
    file: File = None,
) -> Document:
    """Show a template filled in with data.

    Use it before the first send. A missing variable is an error here. SES accepts a message that lacks a variable, but
    never delivers it.

    --data sets one variable, and --data order.id=5 sets the key id of the object order. Use --data-file for lists and
    complete objects.

    SES renders the template, at most once a second. --offline renders on this machine without that limit. With --file,
    --offline renders a template that SES does not have yet, and needs no account.
    """
    values = template_data(rt, data, data_file)
    rendered = _render(rt, name, file, values, offline=offline)
    return Document(parts_text(rendered), rendered)


def _render(
    rt: Runtime, name: str | None, file: str | None, values: dict[str, object], *, offline: bool
) -> RenderedTemplate:
    from sescli.groups.template.service import templates

    if file is not None:
        if name is not None or not offline:
            raise UsageError("--file needs --offline, without NAME", hint="add --offline and remove NAME")
        return templates.render_here(read_template_file(rt, file).content, values, warn=rt.output.warn)
    if name is None:
        raise UsageError("missing: NAME", hint="or render a file: --offline --file FILE")
    if offline:
        return templates.render_here(templates.get_content(rt.aws, name), values, warn=rt.output.warn)
    return templates.render(rt.aws, name, values, warn=rt.output.warn)
