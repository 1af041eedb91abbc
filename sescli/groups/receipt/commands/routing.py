"""`sescli receipt test`: which rules match an address."""

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
    Column("result", "verdict", "status"),
    Column("reason", "reason"),
    Column("actions", "actions"),
)


@command(
    app,
    "test",
    examples=["sescli receipt test support@example.com", "sescli receipt test jane+shop@example.com"],
)
def match_address(
    rt: Runtime,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Recipient address.")],
    rule_set: Annotated[
        str | None, typer.Option("--set", help="Rule set to test. Default: the active one.", metavar="NAME")
    ] = None,
) -> Details:
    """Show which rules of the active rule set match an address, in order, and why the others do not.

    Use it after each change of rules, and when messages do not arrive. It sends nothing. An address in a rule also
    matches its +labels. example.com does not match its subdomains; .example.com matches all of them, but not
    example.com. A rule without recipients matches every address. SES skips disabled rules, and a stop action ends
    the rule set. The exit code is 3 if SES would reject the message. A message to several recipients goes to each
    rule that matches one of them.
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
        ("reason", found.reason),
    )
    tables = [Listing(found.rules, _RULE_MATCH, empty="The rule set has no rules.")]
    return Details(found, fields, tables, exit_code=ExitCode.OK if found.accepted else ExitCode.CHECK_FAILED)
