"""`sescli identity show`: everything about one identity."""

from __future__ import annotations

import typer

from sescli.cli.decorator import command
from sescli.groups.identity.commands.options import Name
from sescli.groups.identity.views.identity import identity_details
from sescli.output.results import Details
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "show",
    examples=["sescli identity show example.com", "sescli identity show john@example.com -o json"],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show one identity: its status, what the status means, and what to do next.

    Use it when SES rejects email from the identity, when the email is not signed, or when a verification does
    not finish. It also shows what SES found at its last DNS check.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import identities

    identity = identities.show(rt.aws, parse_identity(name), warn=rt.output.warn)
    return identity_details(identity, rt.aws.region)
