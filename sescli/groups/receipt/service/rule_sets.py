"""Receipt rule sets: ordered rules for received messages. One rule set can be active (SES API v1 only)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AlreadyExistsError, ApiError, NotFoundError, UsageError
from sescli.groups.receipt.service.names import checked_set_name, describe_set, require_receiving
from sescli.groups.receipt.service.rules import Rule, from_api

if TYPE_CHECKING:
    from datetime import datetime

    from sescli.aws.gateway import Gateway

# Per account and region.
MOST_SETS = 40


@dataclass(frozen=True)
class RuleSetName:
    """A rule set in a list."""

    name: str
    active: bool
    created_at: datetime | None


@dataclass(frozen=True)
class RuleSet:
    """A rule set with its rules, in the order in which SES runs them."""

    name: str
    active: bool
    created_at: datetime | None
    rules: tuple[Rule, ...]


def names(aws: Gateway) -> list[RuleSetName]:
    """All rule sets (ListReceiptRuleSets, DescribeActiveReceiptRuleSet)."""
    active = active_name(aws)
    found = aws.pages("ses", "ListReceiptRuleSets", "RuleSets")
    return [RuleSetName(one["Name"], one["Name"] == active, one.get("CreatedTimestamp")) for one in found]


def active_name(aws: Gateway) -> str | None:
    """The name of the active rule set; None when mail is not received at all."""
    require_receiving(aws)
    name: str | None = aws.read("ses", "DescribeActiveReceiptRuleSet").get("Metadata", {}).get("Name")
    return name


def show(aws: Gateway, name: str | None = None) -> RuleSet:
    """One rule set, or the active one without a name. Raises `NotFoundError`."""
    require_receiving(aws)
    active = aws.read("ses", "DescribeActiveReceiptRuleSet")
    active_one = active.get("Metadata", {}).get("Name")
    if name is None and active_one is None:
        raise NotFoundError(
            f"no rule set is active in {aws.region}: SES does not receive email there",
            hint=Advice(
                NextCommand("receipt", "rule-set", "list"),
                ", then ",
                NextCommand("receipt", "rule-set", "activate", "NAME"),
            ),
            code="NoActiveRuleSet",
        )
    if name is None or name == active_one:
        return _from_api(active, active=True)
    return _from_api(describe_set(aws, name), active=False)


def create(aws: Gateway, name: str) -> str:
    """Create an empty rule set, not active (CreateReceiptRuleSet). Raises `AlreadyExistsError`, `UsageError`."""
    require_receiving(aws)
    _require_new_name(aws, checked_set_name(name))
    aws.write("ses", "CreateReceiptRuleSet", RuleSetName=name)
    return name


def clone(aws: Gateway, original: str, name: str) -> str:
    """Copy a rule set with all its rules, not active (CloneReceiptRuleSet)."""
    require_receiving(aws)
    describe_set(aws, original)
    _require_new_name(aws, checked_set_name(name))
    aws.write("ses", "CloneReceiptRuleSet", RuleSetName=name, OriginalRuleSetName=original)
    return name


def activate(aws: Gateway, name: str) -> None:
    """Activate a rule set (SetActiveReceiptRuleSet); the previous one becomes inactive."""
    aws.write("ses", "SetActiveReceiptRuleSet", RuleSetName=name)


def deactivate(aws: Gateway) -> None:
    """Deactivate the active rule set: SES then rejects all email (SetActiveReceiptRuleSet without a name)."""
    aws.write("ses", "SetActiveReceiptRuleSet")


def require_deletable(aws: Gateway, name: str) -> RuleSet:
    """The rule set, if it exists and is not active. Raises `NotFoundError`, `ApiError`."""
    try:
        found = show(aws, checked_set_name(name))
    except NotFoundError as error:
        error.hint = NextCommand("receipt", "rule-set", "list")
        raise
    if found.active:
        raise ApiError(
            f"{name} is the active rule set of {aws.region}; SES does not delete an active rule set",
            hint=Advice(
                "activate another one first: ",
                NextCommand("receipt", "rule-set", "activate", "OTHER"),
                "; or stop receiving email: ",
                NextCommand("receipt", "rule-set", "deactivate"),
            ),
            code="CannotDelete",
        )
    return found


def delete(aws: Gateway, name: str) -> None:
    """Delete a rule set and its rules (DeleteReceiptRuleSet). SES reports no error for a missing one."""
    aws.write("ses", "DeleteReceiptRuleSet", RuleSetName=name)


def _require_new_name(aws: Gateway, name: str) -> None:
    present = [one["Name"] for one in aws.pages("ses", "ListReceiptRuleSets", "RuleSets")]
    if name in present:
        raise AlreadyExistsError(
            f"rule set {name} already exists in {aws.region}",
            hint=NextCommand("receipt", "rule-set", "show", name),
            code="AlreadyExists",
        )
    if len(present) >= MOST_SETS:
        raise UsageError(
            f"{aws.region} has {len(present)} rule sets; SES allows at most {MOST_SETS}",
            hint=Advice("delete one: ", NextCommand("receipt", "rule-set", "delete", "NAME")),
            code="LimitExceeded",
        )


def _from_api(answer: dict[str, Any], *, active: bool) -> RuleSet:
    metadata = answer["Metadata"]
    rules = tuple(from_api(rule, place) for place, rule in enumerate(answer.get("Rules", []), 1))
    return RuleSet(metadata["Name"], active, metadata.get("CreatedTimestamp"), rules)
