"""`sescli template update`: change a template."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.groups.template.commands.options import TemplateOptions, warn_of_doubts
from sescli.groups.template.views.template import render_hint
from sescli.output.results import Done
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "update",
    examples=[
        "sescli template update --file examples/templates/order-confirmation.json",
        "sescli template update hello --subject 'Good morning {{name}}'",
    ],
)
def update(rt: Runtime, template: TemplateOptions) -> Done:
    """Change a template.

    --file replaces all of it. --subject, --text and --html without --file replace only these parts. Messages that you
    send from now on use the new version.
    """
    from sescli.groups.template.service import templates

    name = template.name
    if template.file is None and name is not None and template.has_parts:
        content = template.replace_parts(rt, templates.get_content(rt.aws, name))
    else:
        name, content = template.read(rt)
    warn_of_doubts(rt, content)
    updated = templates.update(rt.aws, name, content)
    message = f"Updated template {updated.name} in {rt.aws.region}."
    return Done(message, updated, next=render_hint(updated, template.file))
