"""`sescli status`: the account on one screen."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.groups.status.views.status import status_details
from sescli.output.results import Details
from sescli.runtime import Runtime

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@command(app, "status", examples=["sescli status", "sescli status -o json"])
def status(rt: Runtime) -> Details:
    """Show on one screen whether the account can send email in this region.

    The screen shows sandbox or production access, sending status, quota, identities and automatic suppression.
    """
    from sescli.groups.status.service import status as account

    return status_details(account.status(rt.aws))
