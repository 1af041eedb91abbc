"""`sescli template show`: one template."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.groups.template.commands.options import TemplateName
from sescli.groups.template.views.template import template_text
from sescli.output.results import Document
from sescli.runtime import Runtime

app = typer.Typer()


@command(app, "show", examples=["sescli template show welcome", "sescli template show welcome -o json"])
def show(rt: Runtime, name: TemplateName) -> Document:
    """Show one template: subject, text, HTML, and its variables.

    A variable such as lines[].price is required in each element of the list lines. The output of -o json is a file
    that template create and template update accept.
    """
    from sescli.groups.template.service import templates

    found = templates.get(rt.aws, name, warn=rt.output.warn)
    return Document(template_text(found, rt.aws.region), found)
