"""`sescli receipt rule create` and `update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.advice import NextCommand
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
    """Create a rule: actions that SES runs for messages to some recipients.

    Without recipients, the rule matches every address of every verified domain. sescli adds it at the end of
    its rule set unless you use --first or --after, and enables it unless you use --disabled. SES needs
    permission for each bucket, key, function and topic of the rule: sescli prints the policies to add,
    limited to this rule. With --file, options override the file. Amazon Connect actions, and several actions
    of one type with different details, need a file.
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
        bool,
        typer.Option(
            "--everybody", help="Remove the recipients: match every address of every verified domain."
        ),
    ] = False,
) -> Done:
    """Change a rule. Options that you omit keep their values.

    The API replaces the full rule, and disables a rule without 'Enabled', so sescli reads the rule first. New
    recipients replace all recipients, and new actions replace all actions. Keys that a file omits keep their
    values.
    """
    from sescli.groups.receipt.service import rules

    if everybody and options.recipient:
        raise UsageError("--everybody and --recipient cannot be combined", hint="use one of them")
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
    """The member Actions; without actions empty, so that the rule or its file keeps its own."""
    return {"Actions": actions} if actions else {}


def _saved(rt: Runtime, saved: SavedRule, verb: str, *, show_permissions: bool = True) -> Done:
    from sescli.groups.receipt.service.permissions import instructions

    rule = saved.rule
    state = "" if rule.enabled else ", disabled"
    data = {"rule_set": saved.rule_set, "rule": rule, "access": saved.access}
    show = NextCommand("receipt", "rule", "list", saved.rule_set)
    following = instructions(saved.access) if saved.access and show_permissions else show
    position = f"rule {rule.position} of {saved.of} in the rule set {saved.rule_set}"
    return Done(f"{verb} the rule {rule.name}: {position} ({rt.aws.region}){state}.", data, next=following)
