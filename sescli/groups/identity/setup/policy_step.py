"""The questions about DMARC: the policy that is there, the next step, and who gets the reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sescli.dns import dmarc_policy
from sescli.dns.dmarc import POLICIES
from sescli.errors import UsageError
from sescli.groups.identity.setup.plan import KEEP

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.identity.setup.wizard import Given
    from sescli.prompts.steps import Asking

_WHAT = (
    "\nDMARC: a TXT record that says what mailbox hosts do with mail that passes neither SPF nor DKIM for your "
    "domain. Large ones want one. Begin with none, read the reports, then quarantine, then reject."
)


def ask(say: Callable[[str], None], asking: Asking, given: Given) -> Given | None:
    """The policy: asked where there is none, and where a verified domain can take the next step."""
    dns = given.known.dns
    if given.dmarc is not None:
        return given
    if dns.policy is None and dns.policy_above is None:
        say(_WHAT)
        choices = [(f"{policy}: {dmarc_policy.MEANINGS[policy]}", policy) for policy in POLICIES]
        chosen = asking.select("DMARC policy?", [*choices, ("no record", KEEP)], POLICIES[0])
    elif dns.policy is not None and given.known.verified and not given.brief:
        chosen = _next_step(say, asking, dns.policy.policy)
    else:
        return given
    return None if chosen is None else replace(given, dmarc=chosen)


def ask_reports(say: Callable[[str], None], asking: Asking, given: Given) -> Given | None:
    """Who gets the reports, where the record that comes has nobody for them yet."""
    facts = given.known
    has_some = facts.dns.policy is not None and "rua" in facts.dns.policy.tags
    if given.dmarc in {None, KEEP} or given.rua is not None or has_some or given.brief:
        return given
    say("Mailbox hosts mail a report a day. Several addresses have commas between; none is fine too.")
    answer = asking.text("Reports to?", check=_refusal)
    if answer is None:
        return None
    rua = dmarc_policy.parse_reports(answer)
    for stranger in dmarc_policy.external_report_domains(facts.domain, rua):
        say(f"{stranger} must take them: TXT {facts.domain}._report._dmarc.{stranger}, value v=DMARC1")
    return replace(given, rua=rua)


def _next_step(say: Callable[[str], None], asking: Asking, now: str) -> str | None:
    later = dmarc_policy.next_policy(now)
    if later is None:
        return KEEP
    say(
        f"\nDMARC: p={now} is in DNS, {dmarc_policy.MEANINGS.get(now, 'which no reader knows')}. The next step is "
        f"{later}, when the reports show that all your mail passes."
    )
    choices = [(f"keep {now}", KEEP), (f"{later}: {dmarc_policy.MEANINGS[later]}", later)]
    return asking.select("DMARC policy?", choices, KEEP)


def _refusal(text: str) -> str | None:
    try:
        dmarc_policy.parse_reports(text)
    except UsageError as error:
        return error.message
    return None
