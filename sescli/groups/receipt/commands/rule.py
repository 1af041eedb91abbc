"""`sescli receipt rule`: which recipients, and what happens to their mail."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import rule_sets
from sescli.errors import UsageError
from sescli.groups.receipt.commands import rule_editing
from sescli.groups.receipt.commands.rule_options import NameArgument, PositionOptions, RuleSetArgument
from sescli.groups.receipt.views.rules import RULE_COLUMNS, rule_fields
from sescli.output.results import Details, Done, Listing
from sescli.runtime import Runtime

app = group(
    "rule",
    "Rules of a rule set: recipients, and what happens to their mail.",
    first=["list", "show", "create", "update"],
)
app.add_typer(rule_editing.app)


@command(app, "list", examples=["sescli receipt rule list my-rule-set", "sescli receipt rule list -o json"])
def list_rules(
    rt: Runtime,
    rule_set: Annotated[
        str | None,
        typer.Argument(
            metavar="[SET]", help="The rule set; the active one if left out.", autocompletion=rule_sets
        ),
    ] = None,
) -> Listing:
    """List the rules of a set, in the order in which SES tries them.

    Each rule that matches a recipient does its work, until one stops the set.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.show(rt.aws, rule_set)
    return Listing(found.rules, RULE_COLUMNS, empty=f"The rule set {found.name} has no rules.")


@command(app, "show", examples=["sescli receipt rule show my-rule-set SaveToS3"])
def show(rt: Runtime, rule_set: RuleSetArgument, name: NameArgument) -> Details:
    """Show one rule: recipients, actions in their order, TLS and scanning.

    The first look when received mail does not turn up where it should; receipt test is the second.
    """
    from sescli.groups.receipt.service import rules

    found = rules.show(rt.aws, rule_set, name)
    return Details(found, rule_fields(rule_set, found))


@command(app, "delete", examples=["sescli receipt rule delete my-rule-set SaveToS3 --yes"])
def delete(rt: Runtime, rule_set: RuleSetArgument, name: NameArgument) -> Done:
    """Delete a rule.

    Mail that no other rule takes is rejected from then on. To pause a rule: receipt rule update --disabled.
    """
    from sescli.groups.receipt.service import rules

    gone = rules.show(rt.aws, rule_set, name)
    rt.confirm(
        "Delete it?",
        consequence=f"the rule {name} of {rule_set} no longer does: {', '.join(gone.action_summaries)}",
    )
    rules.delete(rt.aws, rule_set, name)
    return Done(f"Deleted the rule {name} from the rule set {rule_set}.", gone)


@command(
    app,
    "move",
    examples=[
        "sescli receipt rule move my-rule-set SaveToS3 --first",
        "sescli receipt rule move my-rule-set SaveToS3 --after ProcessWithLambda",
    ],
)
def move(
    rt: Runtime,
    rule_set: RuleSetArgument,
    name: NameArgument,
    to: PositionOptions,
    last: Annotated[bool, typer.Option("--last", help="Place it behind all others.")] = False,
) -> Done:
    """Put a rule elsewhere in its set.

    Order matters where a rule stops the set, or adds a header that later rules store.
    """
    from sescli.groups.receipt.service import rules

    if (to.after is not None) + to.first + last != 1:
        raise UsageError("a rule moves to one place", hint="give --first, --last or --after NAME")
    position = rules.move(rt.aws, rule_set, name, to.position())
    return Done(
        f"{name} is now rule {position} of {rule_set}.",
        {"rule_set": rule_set, "name": name, "position": position},
        next=f"sescli receipt rule list {rule_set}",
    )
