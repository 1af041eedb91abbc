"""`sescli receipt test`: which rules would receive a message."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command
from sescli.exits import ExitCode
from sescli.output.results import Column, Details, Listing
from sescli.runtime import Runtime

# Its command becomes one of `sescli receipt`: a Typer without a name is merged into its parent.
app = typer.Typer()

_RULE_MATCH = (
    Column("#", "position", "number"),
    Column("rule", "name"),
    Column("verdict", "verdict", "status"),
    Column("why", "reason"),
    Column("actions", "actions"),
)


@command(
    app,
    "test",
    examples=["sescli receipt test support@example.com", "sescli receipt test jane+shop@example.com"],
)
def match_address(
    rt: Runtime,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whom a mail would be for.")],
    rule_set: Annotated[
        str | None, typer.Option("--set", help="Ask this rule set, not the active one.", metavar="NAME")
    ] = None,
) -> Details:
    """Tell which rules of the active set would take a mail to an address, in order, and why not the others.

    Ask it after every change of rules, and when mail does not arrive. Nothing is sent. An address in a rule
    also takes its +labels; example.com takes no subdomain, .example.com all of them and not itself; a rule
    without recipients takes everything. A disabled rule is passed over; a stop ends the set. Exit code 3 when
    SES would reject the mail. A mail to several recipients is taken by each rule that matches one of them.
    """
    from sescli.groups.receipt.service import matching

    found = matching.route_address(rt.aws, address, rule_set)
    fields = (
        ("address", found.address),
        ("rule set", found.rule_set),
        ("active", found.active, "status"),
        (
            "verified by",
            found.verified_identity or ("nothing" if found.domain_verified is False else "unknown"),
        ),
        ("accepted", found.accepted, "status"),
        ("because", found.reason),
    )
    tables = [Listing(found.rules, _RULE_MATCH, empty="The rule set has no rules.")]
    return Details(found, fields, tables, exit_code=ExitCode.OK if found.accepted else ExitCode.CHECK_FAILED)
