"""`sescli bulk`: the group and the commands in it."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.bulk.commands import init, prune, reconcile, results, resume, retry, run, show, validate
from sescli.groups.bulk.commands import list as list_runs

app = group("bulk", "Send to many recipients from a YAML batch file.")
for module in (init, validate, run, list_runs, show, resume, retry, results, reconcile, prune):
    app.add_typer(module.app)
