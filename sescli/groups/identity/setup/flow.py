"""The steps of `identity setup`: read the state, ask, change SES, show or publish the DNS records, wait."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.cli.params import dns_sources
from sescli.errors import InterruptedRunError, UsageError
from sescli.exits import ExitCode
from sescli.groups.identity.setup import dns_step
from sescli.groups.identity.views import verification
from sescli.output import sanitise
from sescli.output.results import Done
from sescli.output.wrap_command import folded_hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.dns.findings import CheckedRecord
    from sescli.dns.records import Record
    from sescli.dns.sources import Sources
    from sescli.groups.identity.service.waiting import VerificationPoll
    from sescli.groups.identity.setup.facts import DomainFacts
    from sescli.groups.identity.setup.plan import SetupPlan
    from sescli.groups.identity.setup.spec import SetupInput, SetupSpec
    from sescli.runtime import Runtime

# Seconds for the DNS queries before the wait. If they fail, setup continues with less information.
_DNS_TIMEOUT = 5.0


@dataclass(frozen=True)
class WaitOptions:
    """Whether to wait, the timeout (as typed, and in seconds), the interval in seconds, and the resolver."""

    wait: bool
    timeout: str
    seconds: float
    interval: float
    resolver: str | None


@dataclass(frozen=True)
class ConversationOutput:
    """Shows text besides the result. While sescli asks questions, it shows this text for every output format."""

    rt: Runtime

    def say(self, text: str) -> None:
        """Show sentences, wrapped."""
        if self._is_interactive:
            self.rt.output.err.prose(text, "dim")
        else:
            self.rt.output.note(text)

    def show(self, text: str) -> None:
        """Show text to be copied, not wrapped."""
        if self._is_interactive:
            self.rt.output.err.block(text)
        else:
            self.rt.output.aside(text)

    @property
    def _is_interactive(self) -> bool:
        return self.rt.asks and not self.rt.settings.yes


def run(rt: Runtime, given: SetupInput, wait: WaitOptions) -> Done:
    """Set up the domain. At Ctrl-C, raises `InterruptedRunError` that says what is done and how to continue."""
    from sescli.groups.identity.setup.plan import SetupPlan

    sources = dns_sources(rt, wait.resolver)
    short = replace(sources, timeout=_DNS_TIMEOUT)
    with _explain_interrupt("nothing was changed", given.domain) as domains:
        facts, spec = _ask(rt, given, short, domains)
        target = dns_step.find_target(rt, spec)
    plan = SetupPlan(facts, spec)
    with _explain_interrupt(f"the changes to {spec.domain} so far remain", spec.domain):
        plan.apply(rt.aws)
        if rt.settings.dry_run:
            return _dry_run_result(rt, plan, target)
        records = plan.records(rt.aws)
        conflict = dns_step.publish_records(rt, plan, records, target) if target else None
        if conflict is not None:
            return conflict
        to_add = "" if target else dns_step.records_to_add(rt, plan, records, short)
        if wait.wait and to_add:
            ConversationOutput(rt).show(f"\n{to_add}")
            ConversationOutput(rt).show("")
    with _explain_interrupt(f"SES continues to check {spec.domain}", spec.domain):
        poll = _wait_or_poll(rt, spec, records, sources, wait)
    return _result(rt, plan, poll, wait, "" if wait.wait else to_add)


def _ask(
    rt: Runtime, given: SetupInput, sources: Sources, domains: list[str]
) -> tuple[DomainFacts, SetupSpec]:
    """Read the state of the domain and ask for missing options. Without a terminal, they must be complete."""
    from sescli.groups.identity.setup import wizard
    from sescli.groups.identity.setup.facts import inspect_domain

    inspected: list[DomainFacts] = []
    output = ConversationOutput(rt)

    def inspect(domain: str) -> DomainFacts:
        domains.append(domain)
        output.say(f"Checking {domain} in SES and DNS …")
        facts = inspect_domain(rt.aws, domain, sources)
        for line in _describe(facts):
            output.show(sanitise.one_line(line))
        inspected.append(facts)
        return facts

    is_confirmed = rt.settings.yes or rt.settings.dry_run
    given = replace(given, brief=rt.settings.yes or not rt.asks, confirmed=is_confirmed)
    rt.aws.require_region()
    if given.domain is not None:
        given = replace(given, facts=inspect(given.domain))
    if not rt.asks:
        _check_complete(given, is_confirmed=is_confirmed)
    context = wizard.WizardContext(inspect, lambda facts: dns_step.find_zone(rt, facts), output.say)
    spec = wizard.ask(rt.prompter, given, context)
    return inspected[-1], spec


def _check_complete(given: SetupInput, *, is_confirmed: bool) -> None:
    missing = [*given.missing, *([] if is_confirmed else ["--yes"])]
    if missing:
        raise UsageError(
            f"missing: {', '.join(missing)}",
            hint=Advice(
                "without a terminal, sescli cannot ask. See: ", NextCommand("identity", "setup", "--help")
            ),
        )


def _describe(facts: DomainFacts) -> Iterator[str]:
    """Describe the state of a domain, one line for each fact."""
    now, dns = facts.identity, facts.dns
    yield f"  SES    {_describe_identity(facts)}"
    if now is not None and now.mail_from_domain:
        yield f"         MAIL FROM {now.mail_from_domain}: {now.mail_from_status}"
    if facts.records:
        required = [record for record in facts.records if record.required]
        correct = sum(record.verdict == "ok" for record in required)
        unverified = sum(record.verdict == "unverified" for record in required)
        only_here = f", {unverified} seen only from this network" if unverified else ""
        yield f"         {correct} of {len(required)} required DNS records are correct{only_here}"
    host = dns.place.host.name if dns.place.host else ", ".join(dns.place.name_servers[:2])
    yield f"  DNS    {dns.error or f'zone {dns.place.zone}, at {host}'}"
    if dns.policy is not None:
        yield f"  DMARC  {dns.policy.text}"
    elif dns.policy_above is not None:
        above, policy = dns.policy_above
        yield f"  DMARC  the policy of {above} applies: {policy.for_subdomains}"
    if dns.mail_hosts:
        yield f"  email  goes to {', '.join(dns.mail_hosts)}"


def _describe_identity(facts: DomainFacts) -> str:
    now = facts.identity
    if now is None:
        above = facts.covered_by
        covers = f"; it can send through {above}, which is verified" if above else ""
        return f"no identity in {facts.region} yet{covers}"
    return f"identity in {facts.region}: verification {now.verification_status}, DKIM {now.dkim_status}"


def _dry_run_result(rt: Runtime, plan: SetupPlan, target: dns_step.PublishTarget | None) -> Done:
    """A dry run cannot publish the records that depend on an answer of SES. It shows the others."""
    if target is not None:
        if plan.creates:
            rt.output.note(
                "The DKIM CNAME records would be published too. SES returns their names when it creates the identity."
            )
        dns_step.publish_records(rt, plan, plan.planned_records(rt.aws), target)
    dns = "its DNS records would be shown" if plan.changes_dns else "its DNS records are complete"
    return Done(f"Nothing to change in SES: {dns}.", {"domain": plan.spec.domain})


def _wait_or_poll(
    rt: Runtime, spec: SetupSpec, records: Sequence[Record], sources: Sources, options: WaitOptions
) -> VerificationPoll:
    from sescli.dns.names import IdentityName
    from sescli.groups.identity.service.waiting import VerificationWait

    seconds = options.seconds if options.wait else 0.0
    wait = VerificationWait(IdentityName(spec.domain), seconds, options.interval, sources, records)
    return verification.wait_until_verified(rt, wait) if options.wait else verification.poll_once(rt, wait)


def _result(rt: Runtime, plan: SetupPlan, poll: VerificationPoll, wait: WaitOptions, to_add: str) -> Done:
    """Build the result: the status, the records to add, and the command that does the same without questions."""
    from sescli.groups.identity.service import waiting

    has_waited = wait.wait or poll.outcome != waiting.WAITING
    done = verification.wait_result(poll, wait.timeout) if has_waited else _started_result(poll)
    if has_waited and done.exit_code == ExitCode.OK:
        _note_optional_records(rt, plan.spec.domain, poll.records)
    command = plan.spec.command()
    parts = [done.message, *([to_add] if to_add else [])]
    if rt.asks and not rt.settings.yes:
        width = rt.terminal.width if rt.terminal.stdout_is_tty else None
        folded = folded_hint(command, rt.output.context_options, width, "  ")
        parts.append(f"The same command without prompts:\n{folded}\n")
    data = _data(done.data, poll.records, plan, rt.output.with_context_options(command))
    return replace(done, message="\n\n".join(parts), data=data)


def _note_optional_records(rt: Runtime, domain: str, records: Sequence[CheckedRecord]) -> None:
    missing = [record for record in records if record.verdict != "ok" and not record.required]
    if missing:
        names = ", ".join(f"{record.type} {record.name}" for record in missing)
        check = NextCommand("identity", "check", domain)
        rt.output.note(Advice(f"Not in DNS yet, but not required: {names} (", check, ")"))


def _started_result(poll: VerificationPoll) -> Done:
    name = poll.identity.identity
    return Done(
        f"Set up {name} in {poll.region}. SES verifies it when it finds the DNS records.",
        poll.to_data(),
        next=NextCommand("identity", "wait", name),
    )


def _data(waiting: Any, records: Sequence[CheckedRecord], plan: SetupPlan, command: str) -> dict[str, Any]:
    place = plan.facts.dns.place
    data = asdict(waiting) | {"records": list(records)}
    host = place.host.name if place.host else None
    return data | {"zone": place.zone, "dns_host": host, "command": command}


@contextmanager
def _explain_interrupt(state: str, domain: str | None) -> Iterator[list[str]]:
    """At Ctrl-C, say what is done and how to continue, with the last domain in the list."""
    domains = [domain] if domain else []
    try:
        yield domains
    except KeyboardInterrupt as interrupt:
        command = NextCommand("identity", "setup", *domains[-1:])
        raise InterruptedRunError(
            f"interrupted: {state}", hint=Advice("to continue, run: ", command)
        ) from interrupt
