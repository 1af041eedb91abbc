"""`sescli receipt setup`: a domain's mail comes in, from the bucket to the MX record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sescli.cli.decorator import command
from sescli.cli.params import dns_sources
from sescli.errors import InterruptedRunError, SescliError, UsageError
from sescli.groups.receipt.commands.setup_options import ReceivingOptions
from sescli.groups.receipt.views import setup as view
from sescli.output.results import Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.findings import CheckedRecord
    from sescli.groups.receipt.setup.spec import ReceivingPlan, ReceivingSpec, ReceivingState
    from sescli.groups.receipt.setup.wizard import ReceivingInput

app = typer.Typer()

# Seconds; the check of the MX is a courtesy, and is not waited for any longer.
_DNS_TIMEOUT = 5.0


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
def setup(rt: Runtime, options: ReceivingOptions) -> Done:
    """Set up all that receiving mail for a domain takes: bucket, its policy, rule set, rule, activation.

    On a terminal it asks for whatever the options do not say, shows each change, and makes them only when you
    confirm. What is there already is left: run again, it goes on from where it stopped. A bucket policy keeps
    all its statements and gets one more, for this account and this rule alone. An active rule set stays active.

    The MX record is yours to publish, last: with it all mail of that name goes to SES, and none to the mail
    server that had it. SES must have verified the domain too, or it rejects its mail: sescli identity setup.
    """
    from sescli.groups.receipt.setup import plan as receiving_plan
    from sescli.groups.receipt.setup import spec as receiving_setup

    domain = _domain(rt, options)
    given = options.input(domain)
    if given.missing and not rt.asks:
        raise _missing(rt, given.missing)
    state = receiving_setup.read_state(rt.aws, domain)
    spec = _spec(rt, state, given)
    plan = receiving_plan.build_plan(rt.aws, state, spec, sleep=rt.world.sleep)
    mx = _current_mx(rt, plan, options.resolver)
    view.show_plan(rt, plan, mx)
    _confirm(rt, plan, asked=bool(given.missing))
    _apply(rt, plan)
    return view.result(rt, plan, mx, asked=bool(given.missing))


def _domain(rt: Runtime, options: ReceivingOptions) -> str:
    """The domain. Without one it is asked for; where nobody can be asked, the error names all that is missing."""
    from sescli.dns.names import parse_domain
    from sescli.groups.receipt.setup import wizard

    if options.domain is not None:
        return parse_domain(options.domain)
    if not rt.asks:
        raise _missing(rt, options.missing())
    rt.aws.require_region()
    return wizard.ask_domain(rt.prompter)


def _missing(rt: Runtime, options: Sequence[str]) -> UsageError:
    decided = rt.settings.yes or rt.settings.dry_run
    return UsageError(
        f"missing: {', '.join([*options, *([] if decided else ['--yes'])])}",
        hint="there is no terminal to ask on: sescli receipt setup --help",
    )


def _spec(rt: Runtime, state: ReceivingState, given: ReceivingInput) -> ReceivingSpec:
    """From the options, or from the conversation where they do not say enough."""
    from sescli.groups.receipt.setup import bucket as receiving_bucket
    from sescli.groups.receipt.setup.wizard import ReceivingWizard

    if not given.missing:
        return given.spec(state)
    rt.output.step(f"Receiving mail for {state.domain} in {state.region}")
    rt.output.note(rt.output.with_context_options(_verification_note(state)))
    conversation = ReceivingWizard(
        state,
        rt.output.note,
        lambda bucket: receiving_bucket.find_bucket(rt.aws, bucket, state.account_id),
        lambda name: state.rules_of(rt.aws, name),
    )
    try:
        return conversation.ask(rt.prompter, given)
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            "interrupted: nothing was changed", hint=f"sescli receipt setup {state.domain}"
        ) from interrupt


def _verification_note(state: ReceivingState) -> str:
    if state.verified:
        own = state.verified_by == state.domain
        return f"{state.domain} is verified{'' if own else f', through {state.verified_by}'}: SES may take its mail."
    if state.verified is None:
        return f"Whether {state.domain} is verified may not be asked with these credentials."
    return (
        f"{state.domain} is not verified in {state.region}. All can be set up, but SES rejects its mail until it is: "
        f"sescli identity setup {state.domain}"
    )


def _current_mx(rt: Runtime, plan: ReceivingPlan, resolver: str | None) -> Sequence[CheckedRecord]:
    """The MX records as DNS has them; an endpoint that is not AWS's has domains that no DNS knows."""
    from sescli.dns.check import check_records
    from sescli.dns.sources import VARIABLE

    elsewhere = rt.settings.local or rt.settings.endpoint_url or rt.world.environ.get("AWS_ENDPOINT_URL")
    named = resolver or rt.world.environ.get(VARIABLE)
    if not plan.mx_records or (elsewhere and not named):
        return ()
    whom = dns_sources(rt, resolver, timeout=_DNS_TIMEOUT)
    return check_records(plan.mx_records, plan.spec.domain, whom).records


def _confirm(rt: Runtime, plan: ReceivingPlan, *, asked: bool) -> None:
    """Ask once for all changes. After a no, or Ctrl-C, the answers so far are kept as a command."""
    if not plan.changes:
        return
    changes = "one change is" if len(plan.changes) == 1 else f"{len(plan.changes)} changes are"
    stops = f", and the rule set {plan.stops} stops" if plan.stops else ""
    try:
        rt.confirm("Go on?", consequence=f"{changes} made in {plan.state.region}{stops}")
    except (UsageError, KeyboardInterrupt):
        if asked:
            view.say_command(rt, plan)
        raise


def _apply(rt: Runtime, plan: ReceivingPlan) -> None:
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
