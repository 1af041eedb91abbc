"""`sescli identity list`: the identities of a region."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.groups.identity.views.identity import IDENTITY_COLUMNS
from sescli.output.results import Listing
from sescli.runtime import Runtime

app = typer.Typer()


@command(
    app,
    "list",
    examples=[
        "sescli identity list",
        "sescli identity list --status pending -o json",
        "sescli identity list --type email --contains example.com",
    ],
)
def list_identities(
    rt: Runtime,
    kind: Annotated[
        str | None, typer.Option("--type", help="Identity type: email or domain.", metavar="TYPE")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Verification status: pending, success, failed, temporary_failure or not_started.",
            metavar="STATUS",
        ),
    ] = None,
    contains: Annotated[str | None, typer.Option(help="Text that the name contains.", metavar="TEXT")] = None,
    limit: Annotated[
        int | None, typer.Option(help="Maximum number of identities.", metavar="N", min=1)
    ] = None,
) -> Listing:
    """List all identities in a region, verified or not.

    Shows which identities can send, and which still wait for DNS records or for a verification link. Identities
    are regional: an identity that is not listed may exist in another region.
    """
    from sescli.groups.identity.service import listing

    wanted = listing.IdentityFilter(
        type=listing.parse_type(kind) if kind else None,
        status=listing.parse_status(status) if status else None,
        contains=contains,
    )
    found = listing.list_identities(rt.aws, wanted, limit=limit, warn=rt.output.warn, sleep=rt.world.sleep)
    matching = "" if wanted == listing.IdentityFilter() else "matching "
    return Listing(found, IDENTITY_COLUMNS, empty=f"No {matching}identities in {rt.aws.region}.")
