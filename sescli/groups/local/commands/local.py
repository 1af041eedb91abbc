"""`sescli local`: the local SES emulator and its inbox."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.local.commands import control, deliver, inbox, server
from sescli.groups.local.commands import open as open_page

app = group("local", "Run the local SES emulator: inbox, state, test settings.")

for module in (server, inbox, open_page, deliver, control):
    app.add_typer(module.app)
