"""`sescli suppression`: the account's suppression list."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.suppression.commands import diff, entries, export, import_file, jobs

app = group("suppression", "Manage the suppression list of the account.")
for part in (entries, export, import_file, diff, jobs):
    app.add_typer(part.app)
