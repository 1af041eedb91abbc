"""`sescli receipt rule-set`: rule sets, of which one is active."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import rule_sets
from sescli.groups.receipt.views.rules import RULE_COLUMNS
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime

app = group("rule-set", "Rule sets: ordered rules; one set of a region is active.")

_SET = (
    Column("rule set", "name"),
    Column("active", "active", "status"),
    Column("created", "created_at", "time"),
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the rule set.", autocompletion=rule_sets)]


@command(app, "list", examples=["sescli receipt rule-set list"])
def list_sets(rt: Runtime) -> Listing:
    """List the rule sets of the region, and which of them is active.

    With none active SES rejects all mail.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    return Listing(
        receipt_rule_sets.names(rt.aws), _SET, empty=f"There are no receipt rule sets in {rt.aws.region}."
    )


@command(
    app, "show", examples=["sescli receipt rule-set show", "sescli receipt rule-set show my-rule-set -o json"]
)
def show(
    rt: Runtime,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Of the rule set; the active one if left out.", autocompletion=rule_sets
        ),
    ] = None,
) -> Details:
    """Show a rule set with its rules, in the order in which SES tries them.

    Without a name it is the set that SES follows now.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.show(rt.aws, name)
    fields = (("rule set", found.name), ("active", found.active, "status"), ("created", found.created_at))
    return Details(found, fields, [Listing(found.rules, RULE_COLUMNS, empty="It has no rules.")])


@command(app, "create", examples=["sescli receipt rule-set create my-rule-set"])
def create(rt: Runtime, name: Name) -> Done:
    """Create an empty rule set.

    The first step of receiving. It does nothing until it has rules and is activated.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    made = receipt_rule_sets.create(rt.aws, name)
    return Done(
        f"Created the rule set {made} in {rt.aws.region}; it is not active yet.",
        {"name": made, "active": False},
        next=f"sescli receipt rule create {made} NAME --recipient ADDRESS --s3 BUCKET/PREFIX",
    )


@command(app, "activate", examples=["sescli receipt rule-set activate my-rule-set"])
def activate(rt: Runtime, name: Name) -> Done:
    """Make a rule set the one that SES follows.

    One set of a region is active; the one before stops at once, so this asks when there is one.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    wanted = receipt_rule_sets.show(rt.aws, name)
    if wanted.active:
        return Done(
            f"{name} is already the active rule set of {rt.aws.region}.", {"name": name, "active": True}
        )
    before = receipt_rule_sets.active_name(rt.aws)
    if before:
        rt.confirm("Activate it?", consequence=f"{name} takes the place of {before}, whose rules stop")
    if not any(rule.enabled for rule in wanted.rules):
        rt.output.warn(f"{name} has no enabled rule: SES rejects all mail while it is active")
    receipt_rule_sets.activate(rt.aws, name)
    return Done(
        f"SES in {rt.aws.region} now follows the rule set {name}{f' instead of {before}' if before else ''}.",
        {"name": name, "active": True, "replaced": before},
        next="sescli receipt test ADDRESS",
    )


@command(app, "deactivate", examples=["sescli receipt rule-set deactivate --yes"])
def deactivate(rt: Runtime) -> Done:
    """Turn receiving off: no rule set is active, and SES rejects all mail of the region.

    A command of its own, because the API does this when the name is merely forgotten. No set is deleted.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    before = receipt_rule_sets.active_name(rt.aws)
    if before is None:
        return Done(f"No rule set is active in {rt.aws.region}.", {"name": None, "active": False})
    rt.confirm(
        "Turn receiving off?", consequence=f"{before} stops, and SES in {rt.aws.region} rejects all mail"
    )
    receipt_rule_sets.deactivate(rt.aws)
    return Done(
        f"SES in {rt.aws.region} receives no mail any more; {before} is kept.",
        {"name": before, "active": False},
        next=f"sescli receipt rule-set activate {before}",
    )


@command(app, "clone", examples=["sescli receipt rule-set clone my-rule-set my-rule-set-next"])
def clone(
    rt: Runtime,
    original: Annotated[
        str, typer.Argument(metavar="ORIGINAL", help="The rule set to copy.", autocompletion=rule_sets)
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the copy.")],
) -> Done:
    """Copy a rule set with all its rules.

    For trying a change: alter the copy, test it with receipt test --set, then activate it. The permissions of
    buckets and functions name a rule of the original, and the copy's rules need their own.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    made = receipt_rule_sets.clone(rt.aws, original, name)
    return Done(
        f"Copied {original} to {made} in {rt.aws.region}; it is not active.",
        {"name": made, "active": False, "original": original},
        next=f"sescli receipt rule list {made}",
    )


@command(
    app,
    "delete",
    examples=["sescli receipt rule-set deactivate --yes && sescli receipt rule-set delete my-rule-set --yes"],
)
def delete(rt: Runtime, name: Name) -> Done:
    """Delete a rule set and all its rules.

    SES deletes no active set: activate another first, or deactivate it.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.require_deletable(rt.aws, name)
    count = len(found.rules)
    rules = f"{count} rule{'' if count == 1 else 's'}"
    rt.confirm("Delete it?", consequence=f"the rule set {name} goes with its {rules}, for good")
    receipt_rule_sets.delete(rt.aws, name)
    return Done(f"Deleted the rule set {name} with its {rules}.", {"name": name, "rules": count})
