"""`sescli receipt setup`: a domain's mail comes in, from the bucket to the MX record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command
from sescli.cli.params import dns_sources
from sescli.errors import InterruptedRunError, SescliError, UsageError
from sescli.groups.receipt.views import setup as view
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.findings import CheckedRecord
    from sescli.groups.receipt.setup.spec import Plan, Spec, Survey
    from sescli.groups.receipt.setup.wizard import Given

app = typer.Typer()

# Seconds; the check of the MX is a courtesy, and is not waited for any longer.
_DNS_PATIENCE = 5.0


@command(
    app,
    "setup",
    examples=[
        "sescli receipt setup example.com --recipient example.com --s3 my-email-bucket/inbox/ --yes",
        (
            "sescli receipt setup example.com --recipient support@example.com --s3 example-com-mail/support/ "
            "--create-bucket --rule support --yes"
        ),
    ],
)
def setup(
    rt: Runtime,
    domain: Annotated[
        str | None,
        typer.Argument(metavar="[DOMAIN]", help="Whose mail shall come in; asked for on a terminal."),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            help="DOMAIN for everybody, .DOMAIN for its subdomains, or an address; may be repeated. Needed.",
            metavar="RECIPIENT",
        ),
    ] = None,
    s3: Annotated[
        str | None, typer.Option("--s3", help="Where to store it. Needed.", metavar="BUCKET[/PREFIX]")
    ] = None,
    create_bucket: Annotated[
        bool, typer.Option("--create-bucket", help="Make the bucket where it is not there yet.")
    ] = False,
    s3_topic: Annotated[str | None, typer.Option(help="SNS topic told of each mail.", metavar="ARN")] = None,
    lambda_: Annotated[
        str | None, typer.Option("--lambda", help="Function invoked for each mail.", metavar="ARN")
    ] = None,
    rule_set: Annotated[
        str | None,
        typer.Option(help="The active one unless said; where none is, inbound.", metavar="NAME"),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="receive-DOMAIN unless said.", metavar="NAME")] = None,
    activate: Annotated[
        bool | None,
        typer.Option(
            "--activate/--no-activate",
            help="Make SES follow the rule set: it does so unless it follows another now.",
            show_default=False,
        ),
    ] = None,
    scan: Annotated[
        bool, typer.Option("--scan/--no-scan", help="Scan for spam and viruses.", show_default=False)
    ] = True,
    resolver: Annotated[
        str | None,
        typer.Option(
            help="Ask this DNS server (or SESCLI_RESOLVER) where the domain's mail goes now.",
            metavar="HOST[:PORT]",
        ),
    ] = None,
) -> Done:
    """Set up all that receiving mail for a domain takes: bucket, its policy, rule set, rule, activation.

    On a terminal it asks for whatever the options do not say, shows each change, and makes them only when you
    confirm. What is there already is left: run again, it goes on from where it stopped. A bucket policy keeps
    all its statements and gets one more, for this account and this rule alone. An active rule set stays active.

    The MX record is yours to publish, last: with it all mail of that name goes to SES, and none to the mail
    server that had it. SES must have verified the domain too, or it rejects its mail: sescli identity setup.
    """
    from sescli.groups.receipt.setup import plan as receiving_plan
    from sescli.groups.receipt.setup import spec as receiving_setup

    wanted = _domain(rt, domain, lacking={"--recipient": not recipient, "--s3": s3 is None})
    given = _given(wanted, recipient, s3, s3_topic, lambda_, rule_set, rule)
    given = _switched(rt, given, create_bucket=create_bucket, activate=activate, scan=scan)
    survey = receiving_setup.survey(rt.aws, wanted)
    spec = _spec(rt, survey, given)
    plan = receiving_plan.plan(rt.aws, survey, spec, sleep=rt.world.sleep)
    mx = _mail_now(rt, plan, resolver)
    view.show_plan(rt, plan, mx)
    _confirm(rt, plan, asked=bool(given.missing))
    _apply(rt, plan)
    return view.result(rt, plan, mx, asked=bool(given.missing))


def _domain(rt: Runtime, domain: str | None, *, lacking: dict[str, bool]) -> str:
    """The domain. Without one it is asked for; where nobody can be asked, with all else that is `lacking`."""
    from sescli.dns.names import parse_domain
    from sescli.groups.receipt.setup import wizard

    if domain is None and not rt.asks:
        raise _missing(rt, ["DOMAIN", *(option for option, lacks in lacking.items() if lacks)])
    if domain is None:
        rt.aws.require_region()
        return wizard.ask_domain(rt.prompter)
    return parse_domain(domain)


def _missing(rt: Runtime, options: Sequence[str]) -> UsageError:
    decided = rt.settings.yes or rt.settings.dry_run
    return UsageError(
        f"missing: {', '.join([*options, *([] if decided else ['--yes'])])}",
        hint="there is no terminal to ask on: sescli receipt setup --help",
    )


def _given(
    domain: str,
    recipient: list[str] | None,
    s3: str | None,
    topic: str | None,
    function: str | None,
    rule_set: str | None,
    rule: str | None,
) -> Given:
    """The options that name something, each checked as far as it can be here."""
    from sescli.groups.receipt.service.inbox import parse_path
    from sescli.groups.receipt.service.names import checked_rule_name, checked_set_name
    from sescli.groups.receipt.setup.spec import parse_recipients
    from sescli.groups.receipt.setup.wizard import Given

    place = parse_path(s3) if s3 is not None else None
    return Given(
        recipients=parse_recipients(recipient, domain) if recipient else None,
        bucket=place.bucket if place else None,
        prefix=place.key if place else "",
        topic=topic,
        function=function,
        rule_set=None if rule_set is None else checked_set_name(rule_set),
        rule=None if rule is None else checked_rule_name(rule),
    )


def _switched(rt: Runtime, given: Given, *, create_bucket: bool, activate: bool | None, scan: bool) -> Given:
    """With the switches; off a terminal all that is missing is told at once."""
    from dataclasses import replace

    if given.missing and not rt.asks:
        raise _missing(rt, given.missing)
    return replace(given, create_bucket=create_bucket, activate=activate, scan=scan)


def _spec(rt: Runtime, survey: Survey, given: Given) -> Spec:
    """From the options, or from the conversation where they do not say enough."""
    from sescli.groups.receipt.setup import bucket as receiving_bucket
    from sescli.groups.receipt.setup.wizard import Conversation

    if not given.missing:
        return given.spec(survey)
    rt.output.step(f"Receiving mail for {survey.domain} in {survey.region}")
    rt.output.note(rt.output.with_context_options(_verified(survey)))
    conversation = Conversation(
        survey,
        rt.output.note,
        lambda bucket: receiving_bucket.look(rt.aws, bucket, survey.account_id),
        lambda name: survey.rules_of(rt.aws, name),
    )
    try:
        return conversation.ask(rt.prompter, given)
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            "interrupted: nothing was changed", hint=f"sescli receipt setup {survey.domain}"
        ) from interrupt


def _verified(survey: Survey) -> str:
    if survey.verified:
        own = survey.verified_by == survey.domain
        return f"{survey.domain} is verified{'' if own else f', through {survey.verified_by}'}: SES may take its mail."
    if survey.verified is None:
        return f"Whether {survey.domain} is verified may not be asked with these credentials."
    return (
        f"{survey.domain} is not verified in {survey.region}. All can be set up, but SES rejects its mail until it is: "
        f"sescli identity setup {survey.domain}"
    )


def _mail_now(rt: Runtime, plan: Plan, resolver: str | None) -> Sequence[CheckedRecord]:
    """The MX records as DNS has them; an endpoint that is not AWS's has domains that no DNS knows."""
    from sescli.dns.check import check_records
    from sescli.dns.sources import VARIABLE

    elsewhere = rt.settings.local or rt.settings.endpoint_url or rt.world.environ.get("AWS_ENDPOINT_URL")
    named = resolver or rt.world.environ.get(VARIABLE)
    if not plan.records or (elsewhere and not named):
        return ()
    whom = dns_sources(rt, resolver, timeout=_DNS_PATIENCE)
    return check_records(plan.records, plan.spec.domain, whom).records


def _confirm(rt: Runtime, plan: Plan, *, asked: bool) -> None:
    """Ask once for all changes. After a no, or Ctrl-C, the answers so far are kept as a command."""
    if not plan.changes:
        return
    changes = "one change is" if len(plan.changes) == 1 else f"{len(plan.changes)} changes are"
    stops = f", and the rule set {plan.stops} stops" if plan.stops else ""
    try:
        rt.confirm("Go on?", consequence=f"{changes} made in {plan.survey.region}{stops}")
    except (UsageError, KeyboardInterrupt):
        if asked:
            view.say_command(rt, plan)
        raise


def _apply(rt: Runtime, plan: Plan) -> None:
    """Make the changes in their order. Where one fails, what is done is told, and how to go on."""
    made: list[str] = []
    try:
        for step in plan.changes:
            step.run()
            made.append(step.what)
            if not rt.settings.dry_run:
                rt.output.note(f"done: {step.what}")
    except (SescliError, KeyboardInterrupt):
        left = [step.what for step in plan.changes[len(made) :]]
        rt.output.warn(
            f"done: {'; '.join(made) or 'nothing'}. Not done: {'; '.join(left)}. The same command goes on from there: "
            f"{rt.output.with_context_options(plan.spec.command())}"
        )
        raise
