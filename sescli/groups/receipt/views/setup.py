"""How `receipt setup` looks on a terminal: the plan and the result."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from sescli.advice import Advice, NextCommand
from sescli.cli import dns_records
from sescli.output.results import Done

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.advice import Hint
    from sescli.dns.findings import CheckedRecord
    from sescli.groups.receipt.setup.result import ReceivingResult
    from sescli.groups.receipt.setup.spec import ReceivingPlan
    from sescli.runtime import Runtime


def show_plan(rt: Runtime, plan: ReceivingPlan, mx: Sequence[CheckedRecord]) -> None:
    """Show each step on one line, the bucket policy if it changes, and the warnings."""
    out = rt.output
    out.step(f"Changes for {plan.spec.domain} in {plan.state.region}")
    asks = bool(plan.changes) and not (rt.settings.yes or rt.settings.dry_run)
    if asks or (out.for_people and not out.quiet):
        width = rt.terminal.width if rt.terminal.stderr_is_tty else None
        out.change(_folded(_plan_lines(plan), width))
    for text in (*plan.warnings, *_about_mx(mx)):
        out.warn(text)


def _folded(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Lines folded between words at the width of a terminal; continuation lines are indented."""
    for line in lines:
        if width is None or len(line) <= width:
            yield line
            continue
        indent = " " * (len(line) - len(line.lstrip(" +")) + 2)
        yield "\n".join(
            textwrap.wrap(
                line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
        )


def _plan_lines(plan: ReceivingPlan) -> Iterator[str]:
    for step in plan.steps:
        yield f"  {'  ' if step.done else '+ '}{step.what}"
    for name in dict.fromkeys(record.name for record in plan.mx_records):
        yield f"    then you publish the MX record of {name}, which moves all email for {name} to SES"
    if plan.policy_changes:
        yield f"New policy of the bucket {plan.spec.bucket}:"
        yield from json.dumps(plan.policy, indent=2).splitlines()


def show_command(rt: Runtime, plan: ReceivingPlan) -> None:
    """Print the one command that does the same without questions."""
    rt.output.same(plan.spec.command())


def _about_mx(mx: Sequence[CheckedRecord]) -> Iterator[str]:
    """Which mail servers get no more email once the MX record is published."""
    for record in mx:
        if record.found and record.verdict not in {"ok", "unverified"}:
            hosts = ", ".join(value.rpartition(" ")[2] for value in record.found)
            yield (
                f"email to {record.name} goes to {hosts} now. Once you publish the MX record, all of it goes to SES "
                f"and none to {hosts}"
            )


def result(rt: Runtime, plan: ReceivingPlan, mx: Sequence[CheckedRecord], *, asked: bool) -> Done:
    """What changed, whether SES would accept a message now, the MX record, and how to test it."""
    from sescli.groups.receipt.setup import result as receiving_result

    outcome = receiving_result.check_result(
        rt.aws, plan, mx or plan.mx_records, rt.output.with_context_options(plan.spec.command())
    )
    tables, text = dns_records.within(rt, plan.mx_records, title="Publish this MX record last")
    if asked:
        show_command(rt, plan)
    lines = [_summary(plan, outcome), *_bucket_check(plan, outcome)]
    return Done("\n".join(lines) + text, outcome, tables, next=_next(rt, plan, outcome, mx))


def _summary(plan: ReceivingPlan, outcome: ReceivingResult) -> str:
    head = "Set up" if plan.changes else "Already set up"
    rule = f"the rule {outcome.rule} in {outcome.rule_set} stores messages in {plan.spec.bucket_path}"
    status = (
        "SES accepts these messages"
        if outcome.accepted
        else f"SES does not accept these messages yet: {outcome.because}"
    )
    return f"{head}: {rule}. {status}."


def _bucket_check(plan: ReceivingPlan, outcome: ReceivingResult) -> list[str]:
    from sescli.groups.receipt.service.inbox import SETUP_OBJECT

    if outcome.proven is None:
        return []
    if outcome.proven:
        return [f"SES wrote {SETUP_OBJECT} to {plan.spec.bucket_path}: the bucket policy works."]
    return [
        f"SES has not written {SETUP_OBJECT} to {plan.spec.bucket_path} yet. It usually does within a minute."
    ]


def _next(rt: Runtime, plan: ReceivingPlan, outcome: ReceivingResult, mx: Sequence[CheckedRecord]) -> Hint:
    from sescli.groups.receipt.setup.spec import example_address

    address = example_address(plan.spec.recipients[0])
    inbox = NextCommand("receipt", "inbox", plan.spec.bucket_path)
    if outcome.verified is False:
        return NextCommand("identity", "setup", plan.spec.domain)
    if not outcome.active:
        return NextCommand("receipt", "rule-set", "activate", plan.spec.rule_set)
    if rt.settings.local:
        message = r"printf 'Subject: A test\n\nIt works.\n'"
        return Advice(
            f"{message} | ",
            NextCommand("local", "deliver", "-", "--to", address),
            "; then read it: ",
            inbox,
        )
    published = bool(mx) and all(record.verdict == "ok" for record in mx)
    publish = () if published or not plan.mx_records else (*_publishing(plan), "; then ")
    return Advice(*publish, f"send a message to {address} from another mailbox, then read it: ", inbox)


def _publishing(plan: ReceivingPlan) -> tuple[Hint, ...]:
    """How to publish the MX record. In Route 53, a command does it for the name of an identity."""
    domain = plan.spec.domain
    if plan.state.verified_by != domain or [record.name for record in plan.mx_records] != [domain]:
        return ("publish the MX record",)
    publish = NextCommand("identity", "publish", domain, "--for", "receiving")
    return ("publish the MX record (in Route 53: ", publish, ")")
