"""The conversation of `identity setup`: what a domain is to be, asked in as few questions as will do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sescli.dns import dmarc_policy
from sescli.dns.dmarc import POLICIES
from sescli.dns.formats import FORMATS
from sescli.dns.names import IdentityName, parse_domain
from sescli.errors import UsageError
from sescli.groups.identity.service.mail_from import parse_mail_from_domain
from sescli.groups.identity.setup.plan import SetupPlan
from sescli.groups.identity.setup.records_file import TEXT
from sescli.groups.identity.setup.spec import KEEP, NONE, SetupInput, SetupSpec
from sescli.output import sanitise
from sescli.prompts.steps import StepPrompter, run_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.groups.identity.setup.facts import DomainFacts
    from sescli.prompts.prompter import Prompter

_OTHER = "another"
_WHAT = (
    "\nDMARC: a TXT record that says what mailbox hosts do with mail that passes neither SPF nor DKIM for your "
    "domain. Large ones want one. Begin with none, read the reports, then quarantine, then reject."
)
_ROUTE53, _BY_HAND, _FILE = "route53", "by hand", "file"
_ENDINGS = {"text": "txt", "zone": "zone", "route53": "json", "terraform": "tf", "cloudformation": "yaml"}
_FOR = {
    "text": "for a person",
    "zone": "a BIND zone, which most DNS hosts import",
    "route53": "a change batch",
    "terraform": "HCL",
    "cloudformation": "a template",
    "octodns": "YAML",
}


@dataclass(frozen=True)
class WizardContext:
    """What the conversation stands on: looking at a domain, at Route 53, and saying a line."""

    look: Callable[[str], DomainFacts]
    zone: Callable[[DomainFacts], HostedZone | None]
    say: Callable[[str], None]


def ask(prompter: Prompter, given: SetupInput, wizard: WizardContext) -> SetupSpec:
    """Ask for what is open, show what will be done, and have it confirmed.

    Raises `UsageError` (NotConfirmed) for a no: nothing is changed then.
    """
    steps = (
        partial(_domain, wizard),
        partial(_mail_from, wizard),
        partial(_policy, wizard),
        partial(_reports, wizard),
        partial(_receive, wizard),
        partial(_dns, wizard),
        partial(_confirm, wizard),
    )
    done = run_steps(prompter, steps, given)
    return done.spec()


def _domain(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    if given.facts is not None:
        return given
    domain = asking.text("Which domain do you send from?", check=_refusal(parse_domain))
    if domain is None:
        return None
    return replace(given, domain=parse_domain(domain), facts=wizard.look(parse_domain(domain)))


def _mail_from(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    if "--mail-from" not in given.missing:
        return given
    domain = given.known.domain
    wizard.say(
        "\nMAIL FROM: bounces go to a subdomain that sends and receives no other mail. With it SPF counts for "
        "your domain, and DMARC does not lean on DKIM alone."
    )
    usual = f"bounce.{domain}"
    choices = [
        (usual, usual),
        ("another subdomain", _OTHER),
        ("none: bounces go to amazonses.com", NONE),
    ]
    while True:
        chosen = asking.select("MAIL FROM domain?", choices, usual)
        if chosen is None or chosen != _OTHER:
            return None if chosen is None else replace(given, mail_from=chosen)
        check = _refusal(partial(parse_mail_from_domain, IdentityName(domain)))
        typed = StepPrompter(asking.prompter, can_go_back=True).text(
            "Which subdomain?", default="mail", check=check
        )
        if typed is not None:
            return replace(given, mail_from=parse_mail_from_domain(IdentityName(domain), typed))


def _policy(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    """The policy: asked where there is none, and where a verified domain can take the next step."""
    dns = given.known.dns
    if given.dmarc is not None:
        return given
    if dns.policy is None and dns.policy_above is None:
        wizard.say(_WHAT)
        choices = [(f"{policy}: {dmarc_policy.MEANINGS[policy]}", policy) for policy in POLICIES]
        chosen = asking.select("DMARC policy?", [*choices, ("no record", KEEP)], POLICIES[0])
    elif dns.policy is not None and given.known.verified and not given.brief:
        chosen = _next_policy(wizard, asking, dns.policy.policy)
    else:
        return given
    return None if chosen is None else replace(given, dmarc=chosen)


def _reports(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    """Who gets the reports, where the record that comes has nobody for them yet."""
    facts = given.known
    has_some = facts.dns.policy is not None and "rua" in facts.dns.policy.tags
    if given.dmarc in {None, KEEP} or given.rua is not None or has_some or given.brief:
        return given
    wizard.say("Mailbox hosts mail a report a day. Several addresses have commas between; none is fine too.")
    answer = asking.text("Reports to?", check=_refusal(dmarc_policy.parse_reports))
    if answer is None:
        return None
    rua = dmarc_policy.parse_reports(answer)
    for stranger in dmarc_policy.external_report_domains(facts.domain, rua):
        wizard.say(f"{stranger} must take them: TXT {facts.domain}._report._dmarc.{stranger}, value v=DMARC1")
    return replace(given, rua=rua)


def _next_policy(wizard: WizardContext, asking: StepPrompter, now: str) -> str | None:
    later = dmarc_policy.next_policy(now)
    if later is None:
        return KEEP
    wizard.say(
        f"\nDMARC: p={now} is in DNS, {dmarc_policy.MEANINGS.get(now, 'which no reader knows')}. The next step is "
        f"{later}, when the reports show that all your mail passes."
    )
    choices = [(f"keep {now}", KEEP), (f"{later}: {dmarc_policy.MEANINGS[later]}", later)]
    return asking.select("DMARC policy?", choices, KEEP)


def _receive(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    facts = given.known
    # Of an identity that is there it has been asked before.
    settled = facts.receives or not facts.can_receive or facts.identity is not None
    if given.receive is not None or given.brief or settled:
        return given
    now = f", and {_several(facts.dns.mail_hosts)} no longer" if facts.dns.mail_hosts else ""
    wizard.say(
        f"\nReceiving: an MX record gives all mail to {facts.domain} to SES{now}. Sending does not need it."
    )
    choices = [("no", False), (f"yes, SES takes over all mail to {facts.domain}", True)]
    chosen = asking.select(f"Shall SES receive the mail to {facts.domain}?", choices, default=False)
    return None if chosen is None else replace(given, receive=chosen)


def _dns(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    """Route 53 where the zone is there, a file, or by hand; asked where no option has said it."""
    said = given.publish is not None or given.file is not None
    if said or given.brief or not SetupPlan(given.known, given.spec()).changes_dns:
        return given
    facts = given.known
    host = facts.dns.place.host
    zone = wizard.zone(facts)
    at = f", at {host.name}" if host else ""
    choices = [(f"I type them in{at}", _BY_HAND), ("somebody else: write a file to hand on", _FILE)]
    if zone is not None:
        choices.insert(0, (f"sescli, into the Route 53 zone {zone.name} ({zone.id})", _ROUTE53))
    while True:
        chosen = asking.select("Who puts the records into DNS?", choices, choices[0][1])
        if chosen is None:
            return None
        if chosen == _BY_HAND:
            return replace(given, publish=False)
        if chosen == _ROUTE53 and zone is not None:
            return replace(given, publish=True, zone_id=given.zone_id)
        filed = _file(asking, given)
        if filed is not None:
            return filed


def _file(asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    again = replace(asking, can_go_back=True)
    forms = [(f"{form}: {_FOR[form]}", form) for form in (TEXT, *FORMATS)]
    form = given.form or again.select("In which format?", forms, TEXT)
    if form is None:
        return None
    ending = _ENDINGS.get(form, "yaml")
    name = again.text("Into which file?", default=f"{given.known.domain}-records.{ending}", check=_filled)
    return None if name is None else replace(given, publish=False, file=name, form=form)


def _filled(text: str) -> str | None:
    return None if text else "it needs a name"


def _confirm(wizard: WizardContext, asking: StepPrompter, given: SetupInput) -> SetupInput | None:
    plan = SetupPlan(given.known, given.spec())
    if not (plan.in_ses or plan.changes_dns):
        return given
    wizard.say("\n".join(("\nWhat will be done:", *map(sanitise.one_line, plan.lines))))
    if given.confirmed:
        return given
    choices = [("yes", True), ("no, leave everything as it is", False)]
    chosen = asking.select("Do this?", choices, default=True)
    if chosen is False:
        raise UsageError("not confirmed: nothing was changed", code="NotConfirmed")
    return None if chosen is None else replace(given, confirmed=True)


def _several(names: Sequence[str]) -> str:
    more = len(names) - 1
    return names[0] if not more else f"{names[0]} and {more} other{'s' * (more > 1)}"


def _refusal(parse: Callable[[str], object]) -> Callable[[str], str | None]:
    """A parser as a check of an answer. It has one line below the question: what would do comes first."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return f"{error.hint}: {error.message}" if error.hint else error.message
        return None

    return check
