"""Which rules of a rule set match a recipient address, in order, and why the others do not.

What a recipient condition matches is in `sescli.mail.recipient_conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sescli.aws.try_read import try_read
from sescli.errors import NotFoundError
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
    """How a rule treats a message: `verdict` is `matches`, `no match`, `disabled` or `not reached`."""

    position: int
    name: str
    verdict: str
    reason: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class RoutingResult:
    """The rules that run for a message to an address. `domain_verified` is None if the look-up is denied."""

    address: str
    rule_set: str
    active: bool
    verified_identity: str | None
    domain_verified: bool | None
    accepted: bool
    reason: str
    rules: tuple[RuleMatch, ...]


def route_address(aws: Gateway, address: str, set_name: str | None = None) -> RoutingResult:
    """Match an address against a rule set, by default the active one. Sends nothing.

    Reads DescribeActiveReceiptRuleSet and, for the domain, GetEmailIdentity. Raises `NotFoundError` if no rule set
    is active.
    """
    wanted = parse_address(address)
    rule_set = rule_sets.show(aws, set_name)
    identity, verified = find_verified_domain(aws, wanted.domain.lower())
    verdicts = tuple(match_rules(rule_set.rules, wanted))
    accepted = any(one.verdict == MATCHES for one in verdicts)
    if verified is False:
        accepted, reason = False, f"{wanted.domain} is not part of a verified domain in {aws.region}"
    elif not accepted:
        reason = "no enabled rule matches, so SES rejects the message"
    else:
        reason = f"matched by {', '.join(one.name for one in verdicts if one.verdict == MATCHES)}"
    if not rule_set.active:
        reason += f" (but {rule_set.name} is not active)"
    return RoutingResult(
        wanted.addr_spec, rule_set.name, rule_set.active, identity, verified, accepted, reason, verdicts
    )


def match_rules(rules: Sequence[Rule], address: Address) -> Iterator[RuleMatch]:
    """How each rule, in order, treats a message to an address."""
    stopped_by: str | None = None
    for rule in rules:
        is_match, reason = condition(rule.recipients, address)
        doing: tuple[str, ...] = ()
        if stopped_by is not None:
            verdict, reason = NOT_REACHED, f"rule {stopped_by} stops the rule set first"
        elif not rule.enabled:
            verdict, reason = (
                DISABLED,
                f"the rule is disabled; enabled, it would {'' if is_match else 'not '}match",
            )
        elif not is_match:
            verdict = NO_MATCH
        else:
            verdict, (doing, stops) = MATCHES, _until_stop(rule)
            if stops:
                stopped_by, reason = rule.name, f"{reason}; then the rule stops the rule set"
            elif _may_stop(rule):
                reason += "; its Lambda function can stop the rule set"
        yield RuleMatch(rule.position, rule.name, verdict, reason, doing)


def _until_stop(rule: Rule) -> tuple[tuple[str, ...], bool]:
    for place, action in enumerate(rule.actions):
        if action["type"] == "stop":
            return rule.action_summaries[: place + 1], True
    return rule.action_summaries, False


def _may_stop(rule: Rule) -> bool:
    return any(action.get("invocation_type") == "RequestResponse" for action in rule.actions)


def find_verified_domain(aws: Gateway, domain: str) -> tuple[str | None, bool | None]:
    """The verified domain identity for a domain: itself or a parent (SES API v2 GetEmailIdentity).

    Returns its name and whether there is one, which is None if the look-up is denied.
    """
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        try:
            found = try_read(name, partial(aws.read, "sesv2", "GetEmailIdentity", EmailIdentity=name))
        except NotFoundError:
            continue
        if found is None:
            return None, None
        if found.get("VerificationStatus") == "SUCCESS":
            return name, True
    return None, False
