"""`sescli receipt rule`: the rules of a rule set."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.advice import NextCommand
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
    "Manage the rules of a rule set: recipients, and actions for their messages.",
    first=["list", "show", "create", "update"],
)
app.add_typer(rule_editing.app)


@command(app, "list", examples=["sescli receipt rule list my-rule-set", "sescli receipt rule list -o json"])
def list_rules(
    rt: Runtime,
    rule_set: Annotated[
        str | None,
        typer.Argument(
            metavar="[SET]", help="Name of the rule set. Default: the active one.", autocompletion=rule_sets
        ),
    ] = None,
) -> Listing:
    """List the rules of a rule set, in the order in which SES runs them.

    SES runs each rule that matches a recipient, until a rule stops the rule set.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.show(rt.aws, rule_set)
    return Listing(found.rules, RULE_COLUMNS, empty=f"The rule set {found.name} has no rules.")


@command(app, "show", examples=["sescli receipt rule show my-rule-set SaveToS3"])
def show(rt: Runtime, rule_set: RuleSetArgument, name: NameArgument) -> Details:
    """Show one rule: recipients, actions in order, TLS policy and scanning.

    Use it with 'receipt test' when received messages do not arrive where they should.
    """
    from sescli.groups.receipt.service import rules

    found = rules.show(rt.aws, rule_set, name)
    return Details(found, rule_fields(rule_set, found))


@command(app, "delete", examples=["sescli receipt rule delete my-rule-set SaveToS3 --yes"])
def delete(rt: Runtime, rule_set: RuleSetArgument, name: NameArgument) -> Done:
    """Delete a rule.

    SES then rejects messages that no other rule matches. To pause a rule, use 'receipt rule update --disabled'.
    """
    from sescli.groups.receipt.service import rules

    deleted = rules.show(rt.aws, rule_set, name)
    rt.confirm(
        "Delete the rule?",
        consequence=f"SES will stop running these actions of {name} in {rule_set}: "
        f"{', '.join(deleted.action_summaries)}",
    )
    rules.delete(rt.aws, rule_set, name)
    return Done(f"Deleted the rule {name} from the rule set {rule_set}.", deleted)


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
    last: Annotated[bool, typer.Option("--last", help="Place the rule after all others.")] = False,
) -> Done:
    """Move a rule within its rule set.

    The order matters if a rule stops the rule set, or adds a header that later rules store.
    """
    from sescli.groups.receipt.service import rules

    if (to.after is not None) + to.first + last != 1:
        raise UsageError("give exactly one position", hint="add --first, --last or --after NAME")
    position = rules.move(rt.aws, rule_set, name, to.position())
    return Done(
        f"Moved {name} to position {position} in {rule_set}.",
        {"rule_set": rule_set, "name": name, "position": position},
        next=NextCommand("receipt", "rule", "list", rule_set),
    )
