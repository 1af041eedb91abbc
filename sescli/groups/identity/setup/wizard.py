"""The conversation of `identity setup`: what a domain is to be, asked in as few questions as will do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sescli.dns.names import IdentityName, parse_domain
from sescli.errors import UsageError
from sescli.groups.identity.service.mail_from import USE_DEFAULT, subdomain
from sescli.groups.identity.setup import policy_step, publishing_step
from sescli.groups.identity.setup.plan import KEEP, Facts, Plan, Spec
from sescli.output import sanitise
from sescli.prompts.steps import Asking, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sescli.groups.identity.publishing.hosted_zones import HostedZone
    from sescli.prompts.prompter import Prompter

NONE = "none"  # as typed for --mail-from: bounces stay with SES
_OTHER = "another"


@dataclass(frozen=True)
class Given:
    """What the options have said; None is still open. `facts` are there as soon as the domain is known.

    `mail_from` is as typed: a label, a subdomain, or `none`. With `brief` only what nothing can do without is
    asked, as with --yes.
    """

    domain: str | None = None
    mail_from: str | None = None
    on_mx_failure: str | None = None
    dkim_key_length: str | None = None
    dmarc: str | None = None
    rua: tuple[str, ...] | None = None
    receive: bool | None = None
    legacy_txt: bool = False
    publish: bool | None = None
    zone_id: str | None = None
    dns_profile: str | None = None
    file: str | None = None
    form: str | None = None
    brief: bool = False
    facts: Facts | None = None
    confirmed: bool = False

    @property
    def known(self) -> Facts:
        """The facts. Raises `UsageError` while there is no domain."""
        if self.facts is None:
            raise UsageError("missing: DOMAIN", hint="sescli identity setup --help")
        return self.facts

    @property
    def missing(self) -> list[str]:
        """The options that it cannot do without, and that neither was given nor is true already."""
        now, dns = (self.facts.identity, self.facts.dns) if self.facts else (None, None)
        lacking = {
            "DOMAIN": self.domain is None,
            "--mail-from": self.mail_from is None and not (now and now.mail_from_domain),
            "--dmarc": self.dmarc is None and not (dns and (dns.policy or dns.policy_above)),
        }
        return [option for option, is_open in lacking.items() if is_open]

    def spec(self) -> Spec:
        """What the domain is to be; what was not said stays as it is. Raises `UsageError` for what cannot be."""
        facts = self.known
        now = facts.identity
        behaviour = self.on_mx_failure or (now and now.mail_from_on_mx_failure) or USE_DEFAULT
        spec = Spec(
            domain=facts.domain,
            mail_from=self._mail_from(facts),
            on_mx_failure=behaviour,
            dkim_key_length=self.dkim_key_length,
            dmarc=self.dmarc or KEEP,
            rua=self.rua,
            receive=bool(self.receive) or facts.receives,
            legacy_txt=self.legacy_txt,
            publish=bool(self.publish),
            zone_id=self.zone_id,
            dns_profile=self.dns_profile,
            file=self.file,
            form=self.form or "text",
        )
        spec.check(facts)
        return spec

    def _mail_from(self, facts: Facts) -> str | None:
        if self.mail_from is None or self.mail_from == NONE:
            return facts.identity.mail_from_domain if facts.identity and self.mail_from is None else None
        return subdomain(IdentityName(facts.domain), self.mail_from)


@dataclass(frozen=True)
class WizardContext:
    """What the conversation stands on: looking at a domain, at Route 53, and saying a line."""

    look: Callable[[str], Facts]
    zone: Callable[[Facts], HostedZone | None]
    say: Callable[[str], None]


def ask(prompter: Prompter, given: Given, ground: WizardContext) -> Spec:
    """Ask for what is open, show what will be done, and have it confirmed.

    Raises `UsageError` (NotConfirmed) for a no: nothing is changed then.
    """
    steps = (
        partial(_domain, ground),
        partial(_mail_from, ground),
        partial(policy_step.ask, ground.say),
        partial(policy_step.ask_reports, ground.say),
        partial(_receive, ground),
        partial(publishing_step.ask, ground.zone),
        partial(_confirm, ground),
    )
    done = walk(prompter, steps, given)
    return done.spec()


def _domain(ground: WizardContext, asking: Asking, given: Given) -> Given | None:
    if given.facts is not None:
        return given
    domain = asking.text("Which domain do you send from?", check=_refusal(parse_domain))
    if domain is None:
        return None
    return replace(given, domain=parse_domain(domain), facts=ground.look(parse_domain(domain)))


def _mail_from(ground: WizardContext, asking: Asking, given: Given) -> Given | None:
    if "--mail-from" not in given.missing:
        return given
    domain = given.known.domain
    ground.say(
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
        check = _refusal(partial(subdomain, IdentityName(domain)))
        typed = Asking(asking.prompter, can_go_back=True).text(
            "Which subdomain?", default="mail", check=check
        )
        if typed is not None:
            return replace(given, mail_from=subdomain(IdentityName(domain), typed))


def _receive(ground: WizardContext, asking: Asking, given: Given) -> Given | None:
    facts = given.known
    # Of an identity that is there it has been asked before.
    settled = facts.receives or not facts.can_receive or facts.identity is not None
    if given.receive is not None or given.brief or settled:
        return given
    now = f", and {_several(facts.dns.mail_hosts)} no longer" if facts.dns.mail_hosts else ""
    ground.say(
        f"\nReceiving: an MX record gives all mail to {facts.domain} to SES{now}. Sending does not need it."
    )
    choices = [("no", False), (f"yes, SES takes over all mail to {facts.domain}", True)]
    chosen = asking.select(f"Shall SES receive the mail to {facts.domain}?", choices, default=False)
    return None if chosen is None else replace(given, receive=chosen)


def _confirm(ground: WizardContext, asking: Asking, given: Given) -> Given | None:
    plan = Plan(given.known, given.spec())
    if not (plan.in_ses or plan.changes_dns):
        return given
    ground.say("\n".join(("\nWhat will be done:", *map(sanitise.one_line, plan.lines))))
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
