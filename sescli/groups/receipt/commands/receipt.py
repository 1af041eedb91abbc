"""`sescli receipt`: receive email."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.receipt.commands import filter as receipt_filter
from sescli.groups.receipt.commands import inbox, routing, rule, rule_set, setup

app = group(
    "receipt",
    "Receive email: set up domains, manage rules and IP filters, read received messages.",
    first=["setup", "test", "inbox", "read"],
)
for part in (rule_set, rule, receipt_filter, setup, routing, inbox):
    app.add_typer(part.app)
