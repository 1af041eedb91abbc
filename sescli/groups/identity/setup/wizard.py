"""The questions of `identity setup`: ask for the options that are not given, then for confirmation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sescli.dns import dmarc_policy
from sescli.dns.dmarc_policy import POLICIES
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
_ABOUT_MAIL_FROM = (
    "\nMAIL FROM: a subdomain that receives bounces. Use it for nothing else. With it, SPF passes for your domain, "
    "so DMARC does not depend on DKIM alone."
)
_ABOUT_DMARC = (
    "\nDMARC: a TXT record that tells receivers what to do with messages from your domain that fail SPF and DKIM. "
    "Large mailbox providers require one. Start with none, read the reports, then use quarantine, then reject."
)
_ABOUT_REPORTS = "Receivers send one DMARC report a day. Separate several addresses with commas."
_ROUTE53, _MANUAL, _FILE = "route53", "manual", "file"
_EXTENSIONS = {"text": "txt", "zone": "zone", "route53": "json", "terraform": "tf", "cloudformation": "yaml"}
_FORMAT_NOTES = {
    "text": "plain text",
    "zone": "BIND zone file, which most DNS providers import",
    "route53": "Route 53 change batch",
    "terraform": "HCL",
    "cloudformation": "template",
    "octodns": "YAML",
}


@dataclass(frozen=True)
class WizardContext:
    """What the questions need: the facts about a domain, its Route 53 zone, and a way to show text."""

    inspect: Callable[[str], DomainFacts]
    find_zone: Callable[[DomainFacts], HostedZone | None]
    say: Callable[[str], None]


def ask(prompter: Prompter, given: SetupInput, context: WizardContext) -> SetupSpec:
    """Ask for missing options, show the planned changes, and ask for confirmation.

    Raises `UsageError` (NotConfirmed) if the user declines; nothing is changed then.
    """
    steps = (
        partial(_ask_domain, context),
        partial(_ask_mail_from, context),
        partial(_ask_policy, context),
        partial(_ask_report_addresses, context),
        partial(_ask_receiving, context),
        partial(_ask_publishing, context),
        partial(_confirm, context),
    )
    return run_steps(prompter, steps, given).spec()


def _ask_domain(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    if given.facts is not None:
        return given
    answer = prompter.text("Which domain do you send from?", check=_problem_with(parse_domain))
    if answer is None:
        return None
    domain = parse_domain(answer)
    return replace(given, domain=domain, facts=context.inspect(domain))


def _ask_mail_from(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    if "--mail-from" not in given.missing:
        return given
    domain = given.known.domain
    context.say(_ABOUT_MAIL_FROM)
    default = f"bounce.{domain}"
    choices = [
        (default, default),
        ("another subdomain", _OTHER),
        ("none: use amazonses.com", NONE),
    ]
    while True:
        chosen = prompter.select("MAIL FROM domain?", choices, default)
        if chosen is None or chosen != _OTHER:
            return None if chosen is None else replace(given, mail_from=chosen)
        check = _problem_with(partial(parse_mail_from_domain, IdentityName(domain)))
        answer = replace(prompter, can_go_back=True).text("Which subdomain?", default="mail", check=check)
        if answer is not None:
            return replace(given, mail_from=parse_mail_from_domain(IdentityName(domain), answer))


def _ask_policy(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    """Ask for the policy if there is none, or if a verified domain can use a stricter one."""
    dns = given.known.dns
    if given.dmarc is not None:
        return given
    if dns.policy is None and dns.policy_above is None:
        context.say(_ABOUT_DMARC)
        choices = [(f"{policy}: {dmarc_policy.MEANINGS[policy]}", policy) for policy in POLICIES]
        chosen = prompter.select("DMARC policy?", [*choices, ("no DMARC record", KEEP)], POLICIES[0])
    elif dns.policy is not None and given.known.is_verified and not given.brief:
        chosen = _ask_next_policy(context, prompter, dns.policy.policy)
    else:
        return given
    return None if chosen is None else replace(given, dmarc=chosen)


def _ask_next_policy(context: WizardContext, prompter: StepPrompter, current: str) -> str | None:
    stricter = dmarc_policy.next_policy(current)
    if stricter is None:
        return KEEP
    meaning = dmarc_policy.MEANINGS.get(current, "receivers do not know this policy")
    context.say(
        f"\nDMARC: the current policy is {current} ({meaning}). Use {stricter} when the reports show that all your "
        f"email passes."
    )
    choices = [(f"keep {current}", KEEP), (f"{stricter}: {dmarc_policy.MEANINGS[stricter]}", stricter)]
    return prompter.select("DMARC policy?", choices, KEEP)


def _ask_report_addresses(
    context: WizardContext, prompter: StepPrompter, given: SetupInput
) -> SetupInput | None:
    """Ask for report addresses if the new DMARC record has none yet."""
    facts = given.known
    has_addresses = facts.dns.policy is not None and "rua" in facts.dns.policy.tags
    if given.dmarc in {None, KEEP} or given.rua is not None or has_addresses or given.brief:
        return given
    context.say(_ABOUT_REPORTS)
    check = _problem_with(dmarc_policy.parse_reports)
    answer = prompter.text("Email addresses for DMARC reports? (optional)", check=check)
    if answer is None:
        return None
    rua = dmarc_policy.parse_reports(answer)
    for other in dmarc_policy.external_report_domains(facts.domain, rua):
        name = f"{facts.domain}._report._dmarc.{other}"
        context.say(f"{other} must authorize these reports with this record: TXT {name}, value v=DMARC1")
    return replace(given, rua=rua)


def _ask_receiving(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    facts = given.known
    # An existing identity was asked about when it was created.
    is_settled = facts.is_receiving or not facts.can_receive or facts.identity is not None
    if given.receive is not None or given.brief or is_settled:
        return given
    hosts = facts.dns.mail_hosts
    instead = f" instead of to {_first_and_count(hosts)}" if hosts else ""
    context.say(
        f"\nReceiving: an MX record delivers all email for {facts.domain} to SES{instead}. "
        f"You do not need it to send email."
    )
    choices = [("no", False), (f"yes, deliver all email for {facts.domain} to SES", True)]
    chosen = prompter.select(f"Receive email for {facts.domain} with SES?", choices, default=False)
    return None if chosen is None else replace(given, receive=chosen)


def _ask_publishing(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    """Ask how to publish the records if no option says so. Offers Route 53 if it has the zone."""
    is_given = given.publish is not None or given.file is not None
    if is_given or given.brief or not SetupPlan(given.known, given.spec()).changes_dns:
        return given
    facts = given.known
    host = facts.dns.place.host
    zone = context.find_zone(facts)
    at = f" at {host.name}" if host else ""
    choices = [(f"I add them myself{at}", _MANUAL), ("someone else: write them to a file", _FILE)]
    if zone is not None:
        choices.insert(0, (f"sescli: add them to the Route 53 zone {zone.name} ({zone.id})", _ROUTE53))
    while True:
        chosen = prompter.select("Who adds the records to DNS?", choices, choices[0][1])
        if chosen is None:
            return None
        if chosen == _MANUAL:
            return replace(given, publish=False)
        if chosen == _ROUTE53 and zone is not None:
            return replace(given, publish=True, zone_id=given.zone_id)
        with_file = _ask_file(prompter, given)
        if with_file is not None:
            return with_file


def _ask_file(prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    prompter = replace(prompter, can_go_back=True)
    formats = [(f"{form}: {_FORMAT_NOTES[form]}", form) for form in (TEXT, *FORMATS)]
    form = given.form or prompter.select("File format?", formats, TEXT)
    if form is None:
        return None
    default = f"{given.known.domain}-records.{_EXTENSIONS.get(form, 'yaml')}"
    name = prompter.text("File name?", default=default, check=_problem_with_file_name)
    return None if name is None else replace(given, publish=False, file=name, form=form)


def _problem_with_file_name(text: str) -> str | None:
    return None if text else "enter a file name"


def _confirm(context: WizardContext, prompter: StepPrompter, given: SetupInput) -> SetupInput | None:
    plan = SetupPlan(given.known, given.spec())
    if not (plan.in_ses or plan.changes_dns):
        return given
    context.say("\n".join(("\nPlanned changes:", *map(sanitise.one_line, plan.lines))))
    if given.confirmed:
        return given
    choices = [("yes", True), ("no, change nothing", False)]
    chosen = prompter.select("Apply these changes?", choices, default=True)
    if chosen is False:
        raise UsageError("not confirmed: nothing was changed", code="NotConfirmed")
    return None if chosen is None else replace(given, confirmed=True)


def _first_and_count(names: Sequence[str]) -> str:
    more = len(names) - 1
    return names[0] if not more else f"{names[0]} and {more} other{'s' * (more > 1)}"


def _problem_with(parse: Callable[[str], object]) -> Callable[[str], str | None]:
    """Turn a parser into a check of an answer. There is one line for the problem, so the hint comes first."""

    def check(text: str) -> str | None:
        try:
            parse(text)
        except UsageError as error:
            return f"{error.hint}: {error.message}" if error.hint else error.message
        return None

    return check
