"""`sescli receipt rule`: which recipients, and what happens to their mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sescli.cli.decorator import OptionOrder, command, group
from sescli.cli.name_completion import rule_sets
from sescli.cli.text_input import name_of, read_file
from sescli.errors import UsageError
from sescli.groups.receipt.commands import action_options as options
from sescli.groups.receipt.commands.action_options import ActionOptions
from sescli.output.results import Column, Details, Done, Field, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.receipt.service.rule_file import RuleFile
    from sescli.groups.receipt.service.rules import Place, Placed

app = group("rule", "Rules of a rule set: recipients, and what happens to their mail.")

RULE = (
    Column("#", "position", "number"),
    Column("rule", "name"),
    Column("enabled", "enabled", "status"),
    Column("recipients", lambda rule: rule.recipients or "everybody"),
    Column("actions", "doing"),
    Column("TLS", "tls_policy"),
    Column("scan", "scan_enabled"),
)

RuleSet = Annotated[str, typer.Argument(metavar="SET", help="The rule set.", autocompletion=rule_sets)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the rule.")]
NameOrFile = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Of the rule; with --file it may be left out.")
]
Recipient = Annotated[
    list[str] | None,
    typer.Option(
        help="An address (with all its +labels), a domain, or .DOMAIN for its subdomains.",
        metavar="RECIPIENT",
    ),
]
Enabled = Annotated[
    bool | None, typer.Option("--enabled/--disabled", help="Whether SES asks the rule.", show_default=False)
]
Tls = Annotated[
    str | None, typer.Option(help="require refuses mail without TLS; optional does not.", metavar="POLICY")
]
Scan = Annotated[
    bool | None, typer.Option("--scan/--no-scan", help="Scan for spam and viruses.", show_default=False)
]
File = Annotated[
    str | None,
    typer.Option("--file", help="The rule as JSON or YAML, or - for standard input.", metavar="FILE"),
]
After = Annotated[str | None, typer.Option(help="Place it after this rule.", metavar="NAME")]
First = Annotated[bool, typer.Option("--first", help="Place it before all others.")]


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
    return Listing(found.rules, RULE, empty=f"The rule set {found.name} has no rules.")


@command(app, "show", examples=["sescli receipt rule show my-rule-set SaveToS3"])
def show(rt: Runtime, rule_set: RuleSet, name: Name) -> Details:
    """Show one rule: recipients, actions in their order, TLS and scanning.

    The first look when received mail does not turn up where it should; receipt test is the second.
    """
    from sescli.groups.receipt.service import rules

    found = rules.show(rt.aws, rule_set, name)
    fields: tuple[Field, ...] = (
        ("rule", found.name),
        ("rule set", rule_set),
        ("position", found.position),
        ("enabled", found.enabled, "status"),
        ("recipients", found.recipients or "everybody at every verified domain"),
        ("TLS", found.tls_policy),
        ("scanned for spam and viruses", found.scan_enabled),
        *((f"action {number}", doing) for number, doing in enumerate(found.doing, 1)),
    )
    return Details(found, fields)


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
    rule_set: RuleSet,
    name: NameOrFile = None,
    recipient: Recipient = None,
    s3: options.S3 = None,
    s3_key: options.S3Key = None,
    s3_role: options.S3Role = None,
    s3_topic: options.S3Topic = None,
    lambda_: options.Lambda = None,
    lambda_wait: options.LambdaWait = False,
    sns: options.Sns = None,
    sns_encoding: options.SnsEncoding = None,
    bounce: options.Bounce = False,
    bounce_as: options.BounceAs = None,
    bounce_sender: options.BounceSender = None,
    bounce_message: options.BounceMessage = None,
    stop: options.Stop = False,
    workmail: options.Workmail = None,
    header: options.Header = None,
    enabled: Enabled = None,
    tls: Tls = None,
    scan: Scan = None,
    after: After = None,
    first: First = False,
    file: File = None,
) -> Done:
    """Create a rule: for mail to these recipients, do these actions in this order.

    Without recipients it takes all mail of every verified domain. It comes last in its set unless --first or
    --after say otherwise, and is enabled unless --disabled. SES needs permission for what the rule names:
    what is missing is printed, for this rule alone. With --file options override what the file says; actions
    of Amazon Connect, and several of one kind with details of their own, need a file.
    """
    from sescli.groups.receipt.service import rules

    given = ActionOptions(
        s3, s3_key, s3_role, s3_topic, lambda_, lambda_wait, sns, sns_encoding,
        bounce, bounce_as, bounce_sender, bounce_message, stop, workmail, header,
    )  # fmt: skip
    read = _read(rt, file, rule_set)
    whom = recipient or read.members.get("Recipients", [])
    wanted = read.members | _members(given.actions(order, whom), recipient) | _switches(enabled, tls, scan)
    wanted["Name"] = _name(name, wanted)
    place = _place(after or (None if first else read.after), first=first)
    return _placed(rt, rules.create(rt.aws, rule_set, wanted, place), "Created")


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
    rule_set: RuleSet,
    name: NameOrFile = None,
    recipient: Recipient = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Take the recipients off.")] = False,
    s3: options.S3 = None,
    s3_key: options.S3Key = None,
    s3_role: options.S3Role = None,
    s3_topic: options.S3Topic = None,
    lambda_: options.Lambda = None,
    lambda_wait: options.LambdaWait = False,
    sns: options.Sns = None,
    sns_encoding: options.SnsEncoding = None,
    bounce: options.Bounce = False,
    bounce_as: options.BounceAs = None,
    bounce_sender: options.BounceSender = None,
    bounce_message: options.BounceMessage = None,
    stop: options.Stop = False,
    workmail: options.Workmail = None,
    header: options.Header = None,
    enabled: Enabled = None,
    tls: Tls = None,
    scan: Scan = None,
    file: File = None,
) -> Done:
    """Change a rule, and keep what is not named.

    The API replaces the whole rule, and a rule sent without 'Enabled' is switched off; so this reads it first.
    Recipients replace all recipients, and actions all actions. What a file leaves out stays as it is.
    """
    from sescli.groups.receipt.service import rules

    if everybody and recipient:
        raise UsageError("--everybody and --recipient exclude each other", hint="give one of them")
    given = ActionOptions(
        s3, s3_key, s3_role, s3_topic, lambda_, lambda_wait, sns, sns_encoding,
        bounce, bounce_as, bounce_sender, bounce_message, stop, workmail, header,
    )  # fmt: skip
    read = _read(rt, file, rule_set)
    target = _name(name, read.members)
    whom = recipient or read.members.get("Recipients")
    if whom is None and bounce and not bounce_sender:
        whom = rules.show(rt.aws, rule_set, target).recipients
    actions = given.actions(order, whom or ())
    recipients = [] if everybody else recipient
    changes = read.members | _members(actions, recipients) | _switches(enabled, tls, scan)
    changes.pop("Name", None)
    placed = rules.update(rt.aws, rule_set, target, changes)
    return _placed(rt, placed, "Changed", advise="Actions" in changes)


@command(app, "delete", examples=["sescli receipt rule delete my-rule-set SaveToS3 --yes"])
def delete(rt: Runtime, rule_set: RuleSet, name: Name) -> Done:
    """Delete a rule.

    Mail that no other rule takes is rejected from then on. To pause a rule: receipt rule update --disabled.
    """
    from sescli.groups.receipt.service import rules

    gone = rules.show(rt.aws, rule_set, name)
    rt.confirm(
        "Delete it?", consequence=f"the rule {name} of {rule_set} no longer does: {', '.join(gone.doing)}"
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
    rule_set: RuleSet,
    name: Name,
    after: After = None,
    first: First = False,
    last: Annotated[bool, typer.Option("--last", help="Place it behind all others.")] = False,
) -> Done:
    """Put a rule elsewhere in its set.

    Order matters where a rule stops the set, or adds a header that later rules store.
    """
    from sescli.groups.receipt.service import rules

    if (after is not None) + first + last != 1:
        raise UsageError("a rule moves to one place", hint="give --first, --last or --after NAME")
    position = rules.move(rt.aws, rule_set, name, _place(after, first=first))
    return Done(
        f"{name} is now rule {position} of {rule_set}.",
        {"rule_set": rule_set, "name": name, "position": position},
        next=f"sescli receipt rule list {rule_set}",
    )


def _read(rt: Runtime, file: str | None, rule_set: str) -> RuleFile:
    from sescli.groups.receipt.service.rule_file import RuleFile, read_rule

    if file is None:
        return RuleFile({})
    read = read_rule(read_file(file, rt), name_of(file), rt.aws.region)
    if read.rule_set not in {None, rule_set}:
        raise UsageError(
            f"{name_of(file)} is for the rule set {read.rule_set}, not {rule_set}",
            hint=f"name that one, or take RuleSetName out of {name_of(file)}",
        )
    return read


def _members(actions: list[dict[str, Any]], recipients: list[str] | None) -> dict[str, Any]:
    """What options say of these; without an option nothing, so that the rule or its file keeps its own."""
    members: dict[str, Any] = {"Actions": actions} if actions else {}
    return members | ({} if recipients is None else {"Recipients": recipients})


def _switches(enabled: bool | None, tls: str | None, scan: bool | None) -> dict[str, Any]:
    given = {"Enabled": enabled, "TlsPolicy": tls, "ScanEnabled": scan}
    return {name: value for name, value in given.items() if value is not None}


def _name(name: str | None, members: dict[str, Any]) -> str:
    found: str | None = name or members.get("Name")
    if found is None:
        raise UsageError("the rule has no name", hint="give NAME, or a --file that has one")
    return found


def _place(after: str | None, *, first: bool) -> Place:
    from sescli.groups.receipt.service.rules import Place

    if after is not None and first:
        raise UsageError("--first and --after exclude each other", hint="give one of them")
    return Place(after, first)


def _placed(rt: Runtime, placed: Placed, verb: str, *, advise: bool = True) -> Done:
    from sescli.groups.receipt.service.permissions import advice

    rule = placed.rule
    state = "" if rule.enabled else ", disabled"
    data = {"rule_set": placed.rule_set, "rule": rule, "access": placed.access}
    show = f"sescli receipt rule list {placed.rule_set}"
    following = advice(placed.access) if placed.access and advise else show
    place = f"rule {rule.position} of {placed.of} in {placed.rule_set}"
    return Done(f"{verb} {rule.name}: {place}, {rt.aws.region}{state}.", data, next=following)
