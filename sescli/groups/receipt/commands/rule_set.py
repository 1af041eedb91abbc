"""`sescli receipt rule-set`: rule sets, one of which can be active."""

from __future__ import annotations

from typing import Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import rule_sets
from sescli.groups.receipt.views.rules import RULE_COLUMNS
from sescli.output.results import Column, Details, Done, Listing
from sescli.runtime import Runtime
from sescli.text.plurals import counted

app = group("rule-set", "Manage rule sets: ordered rules. One rule set per region can be active.")

_SET = (
    Column("rule set", "name"),
    Column("active", "active", "status"),
    Column("created", "created_at", "time"),
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the rule set.", autocompletion=rule_sets)]


@command(app, "list", examples=["sescli receipt rule-set list"])
def list_sets(rt: Runtime) -> Listing:
    """List the rule sets of the region and show which one is active.

    If none is active, SES rejects all incoming email.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    return Listing(receipt_rule_sets.names(rt.aws), _SET, empty=f"No receipt rule sets in {rt.aws.region}.")


@command(
    app, "show", examples=["sescli receipt rule-set show", "sescli receipt rule-set show my-rule-set -o json"]
)
def show(
    rt: Runtime,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Name of the rule set. Default: the active one.", autocompletion=rule_sets
        ),
    ] = None,
) -> Details:
    """Show a rule set and its rules, in the order in which SES runs them.

    Without a name, it shows the active rule set.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.show(rt.aws, name)
    fields = (("rule set", found.name), ("active", found.active, "status"), ("created", found.created_at))
    return Details(found, fields, [Listing(found.rules, RULE_COLUMNS, empty="The rule set has no rules.")])


@command(app, "create", examples=["sescli receipt rule-set create my-rule-set"])
def create(rt: Runtime, name: Name) -> Done:
    """Create an empty rule set.

    This is the first step to receive email. A rule set has no effect until it has rules and is active.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    made = receipt_rule_sets.create(rt.aws, name)
    return Done(
        f"Created the rule set {made} in {rt.aws.region}. It is not active.",
        {"name": made, "active": False},
        next=NextCommand(
            *("receipt", "rule", "create", made, "NAME"), "--recipient", "ADDRESS", "--s3", "BUCKET/PREFIX"
        ),
    )


@command(app, "activate", examples=["sescli receipt rule-set activate my-rule-set"])
def activate(rt: Runtime, name: Name) -> Done:
    """Activate a rule set.

    One rule set per region is active. If another one is active, its rules stop at once, so sescli asks first.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    wanted = receipt_rule_sets.show(rt.aws, name)
    if wanted.active:
        message = f"{name} is already the active rule set of {rt.aws.region}."
        return Done(message, {"name": name, "active": True})
    before = receipt_rule_sets.active_name(rt.aws)
    if before:
        rt.confirm("Activate it?", consequence=f"{name} replaces {before}, whose rules stop")
    if not any(rule.enabled for rule in wanted.rules):
        rt.output.warn(f"{name} has no enabled rule: SES rejects all incoming email while it is active")
    receipt_rule_sets.activate(rt.aws, name)
    return Done(
        f"Activated the rule set {name} in {rt.aws.region}{f' instead of {before}' if before else ''}.",
        {"name": name, "active": True, "replaced": before},
        next=NextCommand("receipt", "test", "ADDRESS"),
    )


@command(app, "deactivate", examples=["sescli receipt rule-set deactivate --yes"])
def deactivate(rt: Runtime) -> Done:
    """Deactivate the active rule set: SES then rejects all incoming email in the region.

    It deletes no rule set. It is a separate command because the API call that activates a rule set
    deactivates the active one if the name is missing.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    before = receipt_rule_sets.active_name(rt.aws)
    if before is None:
        return Done(f"No rule set is active in {rt.aws.region}.", {"name": None, "active": False})
    rt.confirm(
        "Stop receiving email?",
        consequence=f"{before} stops, and SES in {rt.aws.region} rejects all incoming email",
    )
    receipt_rule_sets.deactivate(rt.aws)
    return Done(
        f"Deactivated the rule set {before}: SES in {rt.aws.region} no longer receives email.",
        {"name": before, "active": False},
        next=NextCommand("receipt", "rule-set", "activate", before),
    )


@command(app, "clone", examples=["sescli receipt rule-set clone my-rule-set my-rule-set-next"])
def clone(
    rt: Runtime,
    original: Annotated[
        str,
        typer.Argument(metavar="ORIGINAL", help="Name of the rule set to copy.", autocompletion=rule_sets),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the copy.")],
) -> Done:
    """Copy a rule set and all its rules.

    Use it to try a change: change the copy, test it with 'receipt test --set', then activate it. The
    permissions of buckets and Lambda functions name the rules of the original, so the rules of the copy need
    their own permissions.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    made = receipt_rule_sets.clone(rt.aws, original, name)
    return Done(
        f"Copied the rule set {original} to {made} in {rt.aws.region}. The copy is not active.",
        {"name": made, "active": False, "original": original},
        next=NextCommand("receipt", "rule", "list", made),
    )


@command(
    app,
    "delete",
    examples=["sescli receipt rule-set deactivate --yes && sescli receipt rule-set delete my-rule-set --yes"],
)
def delete(rt: Runtime, name: Name) -> Done:
    """Delete a rule set and all its rules.

    SES does not delete the active rule set: activate another one first, or deactivate it.
    """
    from sescli.groups.receipt.service import rule_sets as receipt_rule_sets

    found = receipt_rule_sets.require_deletable(rt.aws, name)
    rules = counted(len(found.rules), "rule")
    rt.confirm("Delete it?", consequence=f"This permanently deletes the rule set {name} and its {rules}")
    receipt_rule_sets.delete(rt.aws, name)
    return Done(f"Deleted the rule set {name} and its {rules}.", {"name": name, "rules": len(found.rules)})
