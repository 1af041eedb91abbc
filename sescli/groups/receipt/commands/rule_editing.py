"""`sescli receipt rule create` and `update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import OptionOrder, command
from sescli.errors import UsageError
from sescli.groups.receipt.commands.action_options import ActionOptions
from sescli.groups.receipt.commands.rule_options import PositionOptions, RuleOptions, RuleSetArgument
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.receipt.service.rules import SavedRule

# Its commands become those of `sescli receipt rule`: a Typer without a name is merged into its parent.
app = typer.Typer()


@command(
    app,
    "create",
    examples=[
        "sescli receipt rule create my-rule-set Support --recipient support@example.com --s3 my-email-bucket/support/",
        "sescli receipt rule create my-rule-set Archive --file examples/receipt/receipt-rule.json",
        "sescli receipt rule create my-rule-set no-such-user --recipient old@example.com --bounce --stop --first",
    ],
)
def create(
    rt: Runtime,
    order: OptionOrder,
    rule_set: RuleSetArgument,
    options: RuleOptions,
    action_options: ActionOptions,
    position: PositionOptions,
) -> Done:
    """Create a rule: for mail to these recipients, do these actions in this order.

    Without recipients it takes all mail of every verified domain. It comes last in its set unless --first or
    --after say otherwise, and is enabled unless --disabled. SES needs permission for what the rule names:
    what is missing is printed, for this rule alone. With --file options override what the file says; actions
    of Amazon Connect, and several of one kind with details of their own, need a file.
    """
    from sescli.groups.receipt.service import rules

    file = options.read_file(rt, rule_set)
    recipients = options.recipient or file.members.get("Recipients", [])
    wanted = file.members | _actions_member(action_options.actions(order, recipients)) | options.members()
    wanted["Name"] = options.rule_name(file)
    saved = rules.create(rt.aws, rule_set, wanted, position.position(default_after=file.after))
    return _saved(rt, saved, "Created")


@command(
    app,
    "update",
    examples=[
        "sescli receipt rule update my-rule-set SaveToS3 --disabled",
        "sescli receipt rule update my-rule-set SaveToS3 --recipient example.com --recipient .example.com",
    ],
)
def update(
    rt: Runtime,
    order: OptionOrder,
    rule_set: RuleSetArgument,
    options: RuleOptions,
    action_options: ActionOptions,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Remove the recipients: match every verified domain.")
    ] = False,
) -> Done:
    """Change a rule, and keep what is not named.

    The API replaces the whole rule, and a rule sent without 'Enabled' is switched off; so this reads it first.
    Recipients replace all recipients, and actions all actions. What a file leaves out stays as it is.
    """
    from sescli.groups.receipt.service import rules

    if everybody and options.recipient:
        raise UsageError("--everybody and --recipient exclude each other", hint="give one of them")
    file = options.read_file(rt, rule_set)
    name = options.rule_name(file)
    recipients = options.recipient or file.members.get("Recipients")
    if recipients is None and action_options.bounce and not action_options.bounce_sender:
        recipients = rules.show(rt.aws, rule_set, name).recipients
    actions = action_options.actions(order, recipients or ())
    changes = file.members | _actions_member(actions) | options.members()
    changes |= {"Recipients": []} if everybody else {}
    changes.pop("Name", None)
    saved = rules.update(rt.aws, rule_set, name, changes)
    return _saved(rt, saved, "Changed", show_permissions="Actions" in changes)


def _actions_member(actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Without actions nothing, so that the rule or its file keeps its own."""
    return {"Actions": actions} if actions else {}


def _saved(rt: Runtime, saved: SavedRule, verb: str, *, show_permissions: bool = True) -> Done:
    from sescli.groups.receipt.service.permissions import instructions

    rule = saved.rule
    state = "" if rule.enabled else ", disabled"
    data = {"rule_set": saved.rule_set, "rule": rule, "access": saved.access}
    show = f"sescli receipt rule list {saved.rule_set}"
    following = instructions(saved.access) if saved.access and show_permissions else show
    place = f"rule {rule.position} of {saved.of} in {saved.rule_set}"
    return Done(f"{verb} {rule.name}: {place}, {rt.aws.region}{state}.", data, next=following)
