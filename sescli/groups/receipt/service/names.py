"""The regions in which SES receives email, and the valid names of rule sets, rules and filters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.regions import RECEIVING
from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_DOTTED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")


def require_receiving(aws: Gateway) -> None:
    """Check that SES receives email in the region (AWS General Reference, SES endpoints and quotas).

    Raises `UsageError` that names the regions in which it does.
    """
    if aws.region not in RECEIVING:
        raise UsageError(
            f"SES does not receive email in {aws.region}",
            hint=f"use --region with one of {', '.join(sorted(RECEIVING))}",
            code="RegionCannotReceive",
        )


def checked_set_name(name: str) -> str:
    """The name of a rule set. Raises `UsageError`."""
    return _checked(name, "a rule set", _PLAIN, "letters, digits, '_' and '-'")


def checked_rule_name(name: str) -> str:
    """The name of a rule. Raises `UsageError`."""
    return _checked(name, "a rule", _DOTTED, "letters, digits, '_', '-' and '.'")


def checked_filter_name(name: str) -> str:
    """The name of an IP filter. Raises `UsageError`."""
    return _checked(name, "an IP filter", _PLAIN, "letters, digits, '_' and '-'")


def describe_set(aws: Gateway, name: str) -> dict[str, Any]:
    """A rule set from the API (DescribeReceiptRuleSet). Raises `NotFoundError`."""
    try:
        return aws.read("ses", "DescribeReceiptRuleSet", RuleSetName=checked_set_name(name))
    except NotFoundError as error:
        raise NotFoundError(
            f"rule set {name} not found in {aws.region}",
            hint=Advice(
                NextCommand("receipt", "rule-set", "list"),
                "; to create it: ",
                NextCommand("receipt", "rule-set", "create", name),
            ),
            code=error.code,
            request_id=error.request_id,
        ) from error


def _checked(name: str, what: str, pattern: re.Pattern[str], characters: str) -> str:
    if not pattern.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid name for {what}",
            hint=f"use 1 to 64 {characters}; the first and last must be a letter or digit",
            code="InvalidName",
        )
    return name
