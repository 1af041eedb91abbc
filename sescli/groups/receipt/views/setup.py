"""What `receipt setup` shows: the plan before it is carried out, and what has come of it."""

from __future__ import annotations

import json
import shlex
import textwrap
from typing import TYPE_CHECKING

from sescli.cli import dns_records
from sescli.output.results import Done

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.dns.findings import CheckedRecord
    from sescli.groups.receipt.setup.result import ReceivingResult
    from sescli.groups.receipt.setup.spec import ReceivingPlan
    from sescli.runtime import Runtime


def show_plan(rt: Runtime, plan: ReceivingPlan, mx: Sequence[CheckedRecord]) -> None:
    """Each step in a line, the bucket's policy where it changes, and what to think of beforehand."""
    out = rt.output
    out.step(f"What is done for {plan.spec.domain} in {plan.state.region}")
    asks = bool(plan.changes) and not (rt.settings.yes or rt.settings.dry_run)
    if asks or (out.for_people and not out.quiet):
        width = rt.terminal.width if rt.terminal.stderr_is_tty else None
        out.change(_folded(_plan_lines(plan), width))
    for text in (*plan.warnings, *_about_mx(mx)):
        out.warn(out.with_context_options(text))


def _folded(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """At the width of a terminal, between words; what goes on stands below what it belongs to."""
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
        yield f"    then, yours to do: the MX record of {name}, which takes over all mail of that name"
    if plan.policy_changes:
        yield f"The policy of {plan.spec.bucket} afterwards:"
        yield from json.dumps(plan.policy, indent=2).splitlines()


def say_command(rt: Runtime, plan: ReceivingPlan) -> None:
    """The one command that does the same."""
    rt.output.same(plan.spec.command())


def _about_mx(mx: Sequence[CheckedRecord]) -> Iterator[str]:
    """Whose mail server loses its mail by the MX record."""
    for record in mx:
        if record.found and record.verdict != "ok":
            hosts = ", ".join(value.rpartition(" ")[2] for value in record.found)
            yield (
                f"mail to {record.name} goes to {hosts} now; once the MX record is SES's, all of it comes to SES and "
                "none goes there"
            )


def result(rt: Runtime, plan: ReceivingPlan, mx: Sequence[CheckedRecord], *, asked: bool) -> Done:
    """What was changed, whether SES would take a mail now, the MX record, and how to try it."""
    from sescli.groups.receipt.setup import result as receiving_result

    outcome = receiving_result.check_result(
        rt.aws, plan, mx or plan.mx_records, rt.output.with_context_options(plan.spec.command())
    )
    tables, text = dns_records.within(rt, plan.mx_records, title="Publish this MX record, last of all")
    if asked:
        say_command(rt, plan)
    lines = [_said(plan, outcome), *_proof(plan, outcome)]
    return Done("\n".join(lines) + text, outcome, tables, next=_next(rt, plan, outcome, mx))


def _said(plan: ReceivingPlan, outcome: ReceivingResult) -> str:
    head = "Set up" if plan.changes else "All is set up already"
    where = f"the rule {outcome.rule} of {outcome.rule_set} stores mail in {plan.spec.place}"
    takes = "SES takes it" if outcome.accepted else f"SES does not take it yet: {outcome.because}"
    return f"{head}: {where}. {takes}."


def _proof(plan: ReceivingPlan, outcome: ReceivingResult) -> list[str]:
    from sescli.groups.receipt.service.inbox import SETUP_OBJECT

    if outcome.proven is None:
        return []
    if outcome.proven:
        return [f"SES has written {SETUP_OBJECT} to {plan.spec.place}: the bucket's policy works."]
    return [f"SES has not written {SETUP_OBJECT} to {plan.spec.place} yet; it does within a minute or so."]


def _next(rt: Runtime, plan: ReceivingPlan, outcome: ReceivingResult, mx: Sequence[CheckedRecord]) -> str:
    from sescli.groups.receipt.setup.spec import example_address

    address = example_address(plan.spec.recipients[0])
    look = f"sescli receipt inbox {shlex.quote(plan.spec.place)}"
    if outcome.verified is False:
        return f"sescli identity setup {plan.spec.domain}"
    if not outcome.active:
        return f"sescli receipt rule-set activate {plan.spec.rule_set}"
    if rt.settings.local:
        mail = r"printf 'Subject: A test\n\nIt works.\n'"
        return f"{mail} | sescli local deliver - --to {shlex.quote(address)}\n  and look: {look}"
    published = bool(mx) and all(record.verdict == "ok" for record in mx)
    publish = "" if published or not plan.mx_records else f"{_publishing(plan)}; then "
    return f"{publish}send a mail to {address} from elsewhere, and look: {look}"


def _publishing(plan: ReceivingPlan) -> str:
    """How the MX record gets into DNS; in Route 53 there is a command for that of an identity itself."""
    domain = plan.spec.domain
    if plan.state.verified_by != domain or [record.name for record in plan.mx_records] != [domain]:
        return "publish the MX record"
    return f"publish the MX record (in Route 53: sescli identity publish {domain} --for receiving)"
