"""Which rules of a set would take a mail to an address, in order, and why the others would not.

What a recipient condition covers is in `sescli.mail.recipient_conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sescli.errors import AccessError, NotFoundError
from sescli.groups.receipt.service import rule_sets
from sescli.mail.addresses import parse_address
from sescli.mail.recipient_conditions import condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.groups.receipt.service.rules import Rule
    from sescli.mail.addresses import Address

MATCHES, NO_MATCH, DISABLED, NOT_REACHED = "matches", "no match", "disabled", "not reached"


@dataclass(frozen=True)
class RuleMatch:
    """What a rule does with the mail: `matches`, `no match`, `disabled` or `not reached`; `actions` that run."""

    position: int
    name: str
    verdict: str
    reason: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class RoutingResult:
    """The way of a mail through a rule set. `domain_verified` is None where it could not be asked."""

    address: str
    rule_set: str
    active: bool
    verified_identity: str | None
    domain_verified: bool | None
    accepted: bool
    reason: str
    rules: tuple[RuleMatch, ...]


def route_address(aws: Gateway, address: str, set_name: str | None = None) -> RoutingResult:
    """Walk an address through a rule set, by default the active one; nothing is sent.

    Reads DescribeActiveReceiptRuleSet and, for the domain, GetEmailIdentity. Raises `NotFoundError` where no
    set is active.
    """
    wanted = parse_address(address)
    rule_set = rule_sets.show(aws, set_name)
    identity, verified = find_verified_domain(aws, wanted.domain.lower())
    verdicts = tuple(match_rules(rule_set.rules, wanted))
    accepted = any(one.verdict == MATCHES for one in verdicts)
    if verified is False:
        accepted, reason = False, f"no verified domain of {aws.region} covers {wanted.domain}"
    elif not accepted:
        reason = "no enabled rule covers it, so SES rejects the mail"
    else:
        reason = f"taken by {', '.join(one.name for one in verdicts if one.verdict == MATCHES)}"
    if not rule_set.active:
        reason += f" (if {rule_set.name} were active; it is not)"
    return RoutingResult(
        wanted.addr_spec, rule_set.name, rule_set.active, identity, verified, accepted, reason, verdicts
    )


def match_rules(rules: Sequence[Rule], address: Address) -> Iterator[RuleMatch]:
    """What each rule of a set, in its order, does with a mail to an address."""
    stopped_by: str | None = None
    for rule in rules:
        fits, reason = condition(rule.recipients, address)
        doing: tuple[str, ...] = ()
        if stopped_by is not None:
            verdict, reason = NOT_REACHED, f"rule {stopped_by} stops the rule set before it"
        elif not rule.enabled:
            verdict, reason = (
                DISABLED,
                f"it is disabled; enabled, it would {'' if fits else 'not '}take the mail",
            )
        elif not fits:
            verdict = NO_MATCH
        else:
            verdict, (doing, stops) = MATCHES, _until_stop(rule)
            if stops:
                stopped_by, reason = rule.name, f"{reason}; then it stops the rule set"
            elif _may_stop(rule):
                reason += "; its Lambda function may stop the rule set by its answer"
        yield RuleMatch(rule.position, rule.name, verdict, reason, doing)


def _until_stop(rule: Rule) -> tuple[tuple[str, ...], bool]:
    for place, action in enumerate(rule.actions):
        if action["type"] == "stop":
            return rule.action_summaries[: place + 1], True
    return rule.action_summaries, False


def _may_stop(rule: Rule) -> bool:
    return any(action.get("invocation_type") == "RequestResponse" for action in rule.actions)


def find_verified_domain(aws: Gateway, domain: str) -> tuple[str | None, bool | None]:
    """The verified domain identity that covers a domain: itself, or one above it (SES API v2 GetEmailIdentity).

    Whether there is one is None where that may not be asked.
    """
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        try:
            found = aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name)
        except NotFoundError:
            continue
        except AccessError:
            return None, None
        if found.get("VerificationStatus") == "SUCCESS":
            return name, True
    return None, False
