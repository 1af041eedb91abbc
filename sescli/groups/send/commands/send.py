"""`sescli send`: the group and the commands in it."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.send.commands import email, raw, template

app = group("send", "Send one message: text or HTML, raw, or from a template.")
for module in (email, template, raw):
    app.add_typer(module.app)
