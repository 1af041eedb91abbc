"""`sescli template create`: store a new template."""

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
    "create",
    examples=[
        "sescli template create --file examples/templates/order-confirmation.json",
        "sescli template create --file examples/templates/welcome",
        "sescli template create hello --subject 'Hello {{name}}' --text 'Dear {{name}}, welcome.'",
    ],
)
def create(rt: Runtime, template: TemplateOptions) -> Done:
    """Create a template.

    A template holds the text of a message; send and bulk fill in the data of each recipient. Templates use Handlebars:
    {{name}}, {{order.total}}, {{#each lines}}…{{/each}}, {{#if vip}}…{{else}}…{{/if}}. SES does not escape HTML, so
    escape values that come from your users.

    sescli checks the template first. It reports blocks that do not close, with line and column, and warns of everything
    that SES does not document, such as other helpers.
    """
    from sescli.groups.template.service import templates

    name, content = template.read(rt)
    warn_of_doubts(rt, content)
    created = templates.create(rt.aws, name, content)
    message = f"Created template {created.name} in {rt.aws.region}."
    return Done(message, created, next=render_hint(created, template.file))
