"""`sescli template`: the group and the commands in it."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.template.commands import create, delete, render, show, update
from sescli.groups.template.commands import list as list_templates

app = group("template", "Manage and render email templates.")
for module in (list_templates, show, create, update, delete, render):
    app.add_typer(module.app)
