"""The road of `identity setup`: look, ask, do, show the records, put them into DNS, wait."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.cli.params import dns_sources
from sescli.errors import InterruptedRunError, UsageError
from sescli.exits import ExitCode
from sescli.groups.identity.setup import dns_step
from sescli.groups.identity.views import verification
from sescli.output import sanitise, wrap_command
from sescli.output.results import Done

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

# Seconds for a look into DNS before the wait: without an answer it goes on, and knows less.
_GLANCE = 5.0


@dataclass(frozen=True)
class WaitOptions:
    """Whether to wait, how long at most (as typed, and in seconds), how often to look, and whom to ask."""

    wait: bool
    timeout: str
    seconds: float
    interval: float
    resolver: str | None


@dataclass(frozen=True)
class ConversationOutput:
    """What is said beside the result. A conversation needs its words, whatever the format of its result."""

    rt: Runtime

    def say(self, text: str) -> None:
        """Sentences."""
        if self._in_conversation:
            self.rt.output.err.prose(text, "dim")
        else:
            self.rt.output.note(text)

    def show(self, text: str) -> None:
        """Text to be copied."""
        if self._in_conversation:
            self.rt.output.err.block(text)
        else:
            self.rt.output.aside(text)

    @property
    def _in_conversation(self) -> bool:
        return self.rt.asks and not self.rt.settings.yes


def run(rt: Runtime, given: SetupInput, patience: WaitOptions) -> Done:
    """Set the domain up. Raises `InterruptedRunError` that says what is done and how to go on."""
    from sescli.groups.identity.setup.plan import SetupPlan

    asked = dns_sources(rt, patience.resolver)
    with _leaving("nothing was changed", given.domain) as known:
        facts, spec = _agreed(rt, given, replace(asked, timeout=_GLANCE), known)
        target = dns_step.target(rt, spec)
    plan = SetupPlan(facts, spec)
    with _leaving(f"what was done of {spec.domain} stays", spec.domain):
        plan.apply(rt.aws)
        if rt.settings.dry_run:
            return _rehearsed(rt, plan, target)
        records = plan.records(rt.aws)
        refused = dns_step.published(rt, plan, records, target) if target else None
        if refused is not None:
            return refused
        to_type = "" if target else dns_step.to_type(rt, plan, records, replace(asked, timeout=_GLANCE))
        if patience.wait and to_type:
            ConversationOutput(rt).show(f"\n{to_type}")
            ConversationOutput(rt).show("")
    with _leaving(f"SES goes on looking for {spec.domain} by itself", spec.domain):
        look = _awaited(rt, spec, records, asked, patience)
    return _told(rt, plan, look, patience, "" if patience.wait else to_type)


def _agreed(
    rt: Runtime, given: SetupInput, sources: Sources, known: list[str]
) -> tuple[DomainFacts, SetupSpec]:
    """What is true, and what is to be: asked for on a terminal, complete off one."""
    from sescli.groups.identity.setup import facts as domain_facts
    from sescli.groups.identity.setup import wizard

    seen: list[DomainFacts] = []
    voice = ConversationOutput(rt)

    def look(domain: str) -> DomainFacts:
        known.append(domain)
        voice.say(f"Looking at {domain} in SES and in DNS …")
        seen.append(domain_facts.look(rt.aws, domain, sources))
        for line in _facts(seen[-1]):
            voice.show(sanitise.one_line(line))
        return seen[-1]

    decided = rt.settings.yes or rt.settings.dry_run
    given = replace(given, brief=rt.settings.yes or not rt.asks, confirmed=decided)
    rt.aws.require_region()
    if given.domain is not None:
        given = replace(given, facts=look(given.domain))
    if not rt.asks:
        missing = [*given.missing, *([] if decided else ["--yes"])]
        if missing:
            raise UsageError(
                f"missing: {', '.join(missing)}",
                hint="there is no terminal to ask on: sescli identity setup --help",
            )
    ground = wizard.WizardContext(look, lambda facts: dns_step.zone(rt, facts), voice.say)
    spec = wizard.ask(rt.prompter, given, ground)
    return seen[-1], spec


def _facts(facts: DomainFacts) -> Iterator[str]:
    """What is true of a domain, a line each."""
    now, dns = facts.identity, facts.dns
    yield f"  SES    {_identity(facts)}"
    if now is not None and now.mail_from_domain:
        yield f"         MAIL FROM {now.mail_from_domain}, {now.mail_from_status}"
    if facts.records:
        right = sum(record.verdict == "ok" for record in facts.records if record.required)
        yield f"         {right} of {sum(record.required for record in facts.records)} required DNS records are right"
    host = dns.place.host.name if dns.place.host else ", ".join(dns.place.name_servers[:2])
    yield f"  DNS    {dns.error or f'zone {dns.place.zone}, at {host}'}"
    if dns.policy is not None:
        yield f"  DMARC  {dns.policy.text}"
    elif dns.policy_above is not None:
        above, policy = dns.policy_above
        yield f"  DMARC  that of {above} holds: {policy.for_subdomains}"
    if dns.mail_hosts:
        yield f"  mail   goes to {', '.join(dns.mail_hosts)}"


def _identity(facts: DomainFacts) -> str:
    now = facts.identity
    if now is None:
        above = facts.covered_by
        covers = f"; it may send through {above}, which is verified" if above else ""
        return f"no identity in {facts.region} yet{covers}"
    return f"an identity in {facts.region}: verification {now.verification_status}, DKIM {now.dkim_status}"


def _rehearsed(rt: Runtime, plan: SetupPlan, target: dns_step.PublishTarget | None) -> Done:
    """A dry run: what SES would tell first cannot be published yet, the rest can."""
    if target is not None:
        if plan.creates:
            rt.output.note(
                "DKIM's CNAMEs would be published too: SES tells their names when it has the identity."
            )
        dns_step.published(rt, plan, plan.planned_records(rt.aws), target)
    left = "its DNS records would be shown" if plan.changes_dns else "all of it is there"
    return Done(f"Nothing to do in SES: {left}.", {"domain": plan.spec.domain})


def _awaited(
    rt: Runtime, spec: SetupSpec, records: Sequence[Record], sources: Sources, patience: WaitOptions
) -> VerificationPoll:
    from sescli.dns.names import IdentityName
    from sescli.groups.identity.service.waiting import VerificationWait

    seconds = patience.seconds if patience.wait else 0.0
    wait = VerificationWait(IdentityName(spec.domain), seconds, patience.interval, sources, records)
    return verification.wait_until_verified(rt, wait) if patience.wait else verification.poll_once(rt, wait)


def _told(rt: Runtime, plan: SetupPlan, look: VerificationPoll, patience: WaitOptions, to_type: str) -> Done:
    """What came of it, the records that are still to be typed in, and the one command that does the same."""
    from sescli.groups.identity.service import waiting

    domain = plan.spec.domain
    waited = patience.wait or look.outcome != waiting.WAITING
    done = verification.wait_result(look, patience.timeout) if waited else _begun(look)
    left = [record for record in look.records if record.verdict != "ok" and not record.required]
    if left and waited and done.exit_code == ExitCode.OK:
        names = ", ".join(f"{record.type} {record.name}" for record in left)
        check = rt.output.with_context_options(f"sescli identity check {domain}")
        rt.output.note(f"Not in DNS yet, and not needed to send: {names} ({check})")
    command = rt.output.with_context_options(plan.spec.command())
    parts = [done.message, *([to_type] if to_type else [])]
    if rt.asks and not rt.settings.yes:
        width = rt.terminal.width if rt.terminal.stdout_is_tty else None
        parts.append(f"The same without questions:\n{wrap_command.folded(command, width, '  ')}\n")
    return replace(done, message="\n\n".join(parts), data=_data(done.data, look.records, plan, command))


def _begun(look: VerificationPoll) -> Done:
    name = look.identity.identity
    return Done(
        f"{name} is set up in {look.region}, and waits for its DNS records.",
        look.to_data(),
        next=f"sescli identity wait {name}",
    )


def _data(waiting: Any, records: Sequence[CheckedRecord], plan: SetupPlan, command: str) -> dict[str, Any]:
    place = plan.facts.dns.place
    told = asdict(waiting) | {"records": list(records)}
    host = place.host.name if place.host else None
    return told | {"zone": place.zone, "dns_host": host, "command": command}


@contextmanager
def _leaving(stays: str, domain: str | None) -> Iterator[list[str]]:
    """Ctrl-C says what is done, and how to go on: with the domain that was last put into the list."""
    known = [domain] if domain else []
    try:
        yield known
    except KeyboardInterrupt as interrupt:
        on = " ".join(["sescli identity setup", *known[-1:]])
        raise InterruptedRunError(f"interrupted: {stays}", hint=on) from interrupt
