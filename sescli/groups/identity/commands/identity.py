"""`sescli identity`: the group and the commands in it."""

from __future__ import annotations

from sescli.cli.decorator import group
from sescli.groups.identity.commands import (
    check,
    config_set,
    delete,
    dkim,
    mail_from,
    notifications,
    policy,
    publish,
    records,
    setup,
    show,
    tags,
    verify,
    wait,
)
from sescli.groups.identity.commands import list as list_identities

app = group(
    "identity",
    "Verify domains and addresses: DKIM, MAIL FROM, DNS records.",
    first=["setup", "verify", "records", "publish", "check", "wait"],
)
for module in (
    setup,
    verify,
    records,
    publish,
    check,
    wait,
    list_identities,
    show,
    delete,
    dkim,
    mail_from,
    config_set,
    policy,
    notifications,
    tags,
):
    app.add_typer(module.app)
