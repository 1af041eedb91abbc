"""`sescli receipt`: receiving mail."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.receipt.commands import filter as receipt_filter
from sescli.groups.receipt.commands import inbox, routing, rule, rule_set, setup

app = group(
    "receipt",
    "Receive mail: rule sets, rules, IP filters, and the mail itself.",
    first=["setup", "test", "inbox", "read"],
)
for part in (rule_set, rule, receipt_filter, setup, routing, inbox):
    app.add_typer(part.app)
