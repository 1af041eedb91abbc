"""`sescli receipt setup`: receive email for a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sescli.advice import Advice, NextCommand
from sescli.cli.decorator import command
from sescli.cli.params import dns_sources
from sescli.errors import InterruptedRunError, SescliError, UsageError
from sescli.groups.receipt.commands.setup_options import ReceivingOptions
from sescli.groups.receipt.views import setup as view
from sescli.output.results import Done
from sescli.runtime import Runtime
from sescli.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.advice import Hint
    from sescli.dns.findings import CheckedRecord
    from sescli.groups.receipt.setup.input import ReceivingInput
    from sescli.groups.receipt.setup.spec import ReceivingPlan, ReceivingSpec, ReceivingState

app = typer.Typer()

# Seconds. The command can do without the current MX record, so it does not wait longer.
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
    """Set up a domain to receive email: bucket, bucket policy, rule set, rule and activation.

    On a terminal, sescli asks for the values that you do not give as options, shows each change, and applies
    the changes when you confirm. It keeps what exists, so you can run it again to continue after an error. It
    adds one statement to the bucket policy, limited to this account and this rule, and keeps the others. An
    active rule set stays active.

    You publish the MX record last. From then on, SES gets all email for that name, and the previous mail server
    gets none. SES rejects email for domains that are not verified: verify the domain with 'identity setup'.
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
    """The domain, from the command line or a question. Raises `UsageError` that names all that is missing."""
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
        hint=Advice("sescli cannot ask without a terminal; see ", NextCommand("receipt", "setup", "--help")),
    )


def _spec(rt: Runtime, state: ReceivingState, given: ReceivingInput) -> ReceivingSpec:
    """The spec from the options, or from the wizard if required options are missing."""
    from sescli.groups.receipt.setup import bucket as receiving_bucket
    from sescli.groups.receipt.setup.wizard import ReceivingWizard

    if not given.missing:
        return given.spec(state)
    rt.output.step(f"Receive email for {state.domain} in {state.region}")
    rt.output.note(_verification_note(state))
    wizard = ReceivingWizard(
        state,
        rt.output.note,
        lambda bucket: receiving_bucket.find_bucket(rt.aws, bucket, state.account_id),
        lambda name: state.rules_of(rt.aws, name),
    )
    try:
        return wizard.ask(rt.prompter, given)
    except KeyboardInterrupt as interrupt:
        raise InterruptedRunError(
            "interrupted: nothing was changed", hint=NextCommand("receipt", "setup", state.domain)
        ) from interrupt


def _verification_note(state: ReceivingState) -> Hint:
    if state.verified:
        own = state.verified_by == state.domain
        return f"{state.domain} is verified{'' if own else f' (through {state.verified_by})'}: SES accepts email for it."
    if state.verified is None:
        return f"These credentials cannot check whether {state.domain} is verified."
    return Advice(
        f"{state.domain} is not verified in {state.region}. You can set up receiving now, but SES rejects its "
        "messages until you verify it: ",
        NextCommand("identity", "setup", state.domain),
    )


def _current_mx(rt: Runtime, plan: ReceivingPlan, resolver: str | None) -> Sequence[CheckedRecord]:
    """The MX records in DNS; empty for endpoints other than AWS, whose domains are often not in DNS."""
    from sescli.dns.check import check_records
    from sescli.dns.sources import VARIABLE

    other_endpoint = rt.settings.local or rt.settings.endpoint_url or rt.world.environ.get("AWS_ENDPOINT_URL")
    named = resolver or rt.world.environ.get(VARIABLE)
    if not plan.mx_records or (other_endpoint and not named):
        return ()
    sources = dns_sources(rt, resolver, timeout=_DNS_TIMEOUT)
    return check_records(plan.mx_records, plan.spec.domain, sources).records


def _confirm(rt: Runtime, plan: ReceivingPlan, *, asked: bool) -> None:
    """Ask once for all changes. After a no or Ctrl-C, print a command that has the answers so far."""
    if not plan.changes:
        return
    stops = f", and the rule set {plan.stops} stops" if plan.stops else ""
    try:
        rt.confirm(
            "Continue?",
            consequence=f"This makes {counted(len(plan.changes), 'change')} in {plan.state.region}{stops}",
        )
    except (UsageError, KeyboardInterrupt):
        if asked:
            view.show_command(rt, plan)
        raise


def _apply(rt: Runtime, plan: ReceivingPlan) -> None:
    """Make the changes in order. If one fails, warn what is done and how to continue."""
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
            Advice(
                f"done: {'; '.join(made) or 'nothing'}. Not done: {'; '.join(left)}. "
                "To continue, run the same command again: ",
                plan.spec.command(),
            )
        )
        raise
