"""Where SES receives mail at all, and how the things of receiving may be called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sescli.dns.regions import RECEIVING
from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_DOTTED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")


def require_receiving(aws: Gateway) -> None:
    """Refuse a region in which SES does not receive (AWS General Reference, SES endpoints and quotas).

    Raises `UsageError` that names the regions in which it does.
    """
    if aws.region not in RECEIVING:
        raise UsageError(
            f"SES does not receive mail in {aws.region}",
            hint=f"--region with one of {', '.join(sorted(RECEIVING))}",
            code="RegionCannotReceive",
        )


def checked_set_name(name: str) -> str:
    """The name of a rule set, or `UsageError`."""
    return _checked(name, "rule set", _PLAIN, "letters, digits, '_' and '-'")


def checked_rule_name(name: str) -> str:
    """The name of a rule, or `UsageError`."""
    return _checked(name, "rule", _DOTTED, "letters, digits, '_', '-' and '.'")


def checked_filter_name(name: str) -> str:
    """The name of an IP filter, or `UsageError`."""
    return _checked(name, "filter", _PLAIN, "letters, digits, '_' and '-'")


def describe_set(aws: Gateway, name: str) -> dict[str, Any]:
    """A set as the API tells it (DescribeReceiptRuleSet). Raises `NotFoundError`."""
    try:
        return aws.read("ses", "DescribeReceiptRuleSet", RuleSetName=checked_set_name(name))
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no rule set {name} in {aws.region}",
            hint=f"sescli receipt rule-set list shows those there are; sescli receipt rule-set create {name}",
            code=error.code,
            request_id=error.request_id,
        ) from error


def _checked(name: str, what: str, pattern: re.Pattern[str], signs: str) -> str:
    if not pattern.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a {what}",
            hint=f"1 to 64 {signs}; a letter or a digit first and last",
            code="InvalidName",
        )
    return name
