"""Receipt rules: recipients, and actions for their messages (SES API v1 only)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.names import parse_domain
from sescli.errors import AlreadyExistsError, ApiError, NotFoundError, UsageError
from sescli.groups.receipt.service import actions as receipt_actions
from sescli.groups.receipt.service import permissions
from sescli.groups.receipt.service.names import checked_rule_name, describe_set, require_receiving
from sescli.mail.addresses import parse_address
from sescli.mail.controls import refuse_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.groups.receipt.service.permissions import RequiredPermission

# Rules per rule set, and recipients per rule.
MOST_RULES = 200
MOST_RECIPIENTS = 500
TLS_POLICIES = {"require": "Require", "optional": "Optional"}
_MEMBERS = ("Name", "Enabled", "TlsPolicy", "Recipients", "Actions", "ScanEnabled")
# SES returns these if it cannot use the bucket, function or topic; some code strings have a suffix.
_NO_ACCESS = ("InvalidS3Configuration", "InvalidLambdaFunction", "InvalidSnsTopic")


@dataclass(frozen=True)
class Rule:
    """A receipt rule. `position` counts from 1. No recipients means every address of every verified domain."""

    position: int
    name: str
    enabled: bool
    recipients: tuple[str, ...]
    actions: tuple[dict[str, str], ...]
    tls_policy: str
    scan_enabled: bool
    source: Mapping[str, Any] = field(metadata={"json": False}, repr=False)

    @property
    def action_summaries(self) -> tuple[str, ...]:
        """The actions as short texts."""
        return tuple(receipt_actions.describe(action) for action in self.source["Actions"])


@dataclass(frozen=True)
class SavedRule:
    """A rule that was created or changed. `of` is the number of rules in the set, `access` what SES needs."""

    rule_set: str
    rule: Rule
    of: int
    access: tuple[RequiredPermission, ...]


@dataclass(frozen=True)
class RulePosition:
    """Where a rule goes: after another rule, first, or last (neither)."""

    after: str | None = None
    first: bool = False


def from_api(rule: Mapping[str, Any], position: int) -> Rule:
    """A rule from the API, with the defaults that the API omits."""
    source = {"Actions": [], "Recipients": [], **rule}
    return Rule(
        position=position,
        name=rule["Name"],
        enabled=bool(rule.get("Enabled")),
        recipients=tuple(source["Recipients"]),
        actions=tuple(receipt_actions.to_data(action) for action in source["Actions"]),
        tls_policy=rule.get("TlsPolicy", "Optional"),
        scan_enabled=bool(rule.get("ScanEnabled")),
        source=source,
    )


def checked_recipients(recipients: object) -> list[str]:
    """Addresses, domains, and `.domain` for subdomains; at most 500. Raises `UsageError`."""
    if not isinstance(recipients, list) or not all(isinstance(one, str) for one in recipients):
        raise UsageError("Recipients is not a list of strings", code="InvalidRecipient")
    if len(recipients) > MOST_RECIPIENTS:
        raise UsageError(
            f"the rule has {len(recipients)} recipients; SES allows at most {MOST_RECIPIENTS}",
            hint="use the domain instead, or add a second rule",
            code="LimitExceeded",
        )
    return list(dict.fromkeys(_recipient(one) for one in recipients))


def _recipient(text: str) -> str:
    refuse_controls(text, "a recipient")
    stripped = text.strip()
    if stripped.startswith("*"):
        rest = stripped.lstrip("*")
        hint = (
            f"use {rest.removeprefix('@')} for all its addresses" if "@" in rest else f"use {rest} for them"
        )
        raise UsageError(
            f"{text!r} has a wildcard, which SES does not support", hint=hint, code="InvalidRecipient"
        )
    if stripped.startswith("."):
        return f".{parse_domain(stripped[1:])}"
    if "@" in stripped:
        address = parse_address(stripped)
        return f"{address.local}@{address.domain.lower()}"
    return parse_domain(stripped)


def checked_members(rule: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The given members, each in the form of the API. Raises `UsageError`."""
    given = {name: value for name, value in rule.items() if value is not None}
    unknown = sorted(set(given) - set(_MEMBERS))
    if unknown:
        raise UsageError(
            f"the rule has unknown keys: {', '.join(unknown)}",
            hint=f"valid keys: {', '.join(_MEMBERS)}",
            code="BadRule",
        )
    for name in ("Enabled", "ScanEnabled"):
        if not isinstance(given.get(name, True), bool):
            raise UsageError(f"{name} is not true or false", code="BadRule")
    checks: dict[str, Callable[[Any], Any]] = {
        "Name": lambda name: checked_rule_name(str(name)),
        "TlsPolicy": checked_tls,
        "Recipients": checked_recipients,
        "Actions": lambda actions: receipt_actions.checked_actions(actions, region),
    }
    return {name: checks[name](value) if name in checks else value for name, value in given.items()}


def complete_rule(members: Mapping[str, Any], region: str) -> dict[str, Any]:
    """A new rule, checked and with defaults. Raises `UsageError`, also without a name or action."""
    asked = {"Name": "", "Actions": [], **members}
    defaults = {"Enabled": True, "TlsPolicy": "Optional", "Recipients": [], "ScanEnabled": False}
    return {**defaults, **checked_members(asked, region)}


def checked_tls(text: object) -> str:
    """`require` or `optional`, in API spelling. Raises `UsageError`."""
    policy = TLS_POLICIES.get(str(text).casefold())
    if policy is None:
        raise UsageError(f"{text!r} is not a TLS policy", hint="use require or optional", code="InvalidValue")
    return policy


def rules(aws: Gateway, set_name: str) -> list[Rule]:
    """The rules of a rule set in order (DescribeReceiptRuleSet). Raises `NotFoundError`."""
    require_receiving(aws)
    found = describe_set(aws, set_name).get("Rules", [])
    return [from_api(rule, position) for position, rule in enumerate(found, 1)]


def show(aws: Gateway, set_name: str, name: str) -> Rule:
    """One rule. Raises `NotFoundError` that names the existing rules."""
    return _named(rules(aws, set_name), set_name, name)


def create(
    aws: Gateway,
    set_name: str,
    wanted: Mapping[str, Any],
    where: RulePosition,
    *,
    present: list[Rule] | None = None,
) -> SavedRule:
    """Create a rule at a position (CreateReceiptRule).

    `present` are the existing rules, if known: a dry run cannot read a rule set that it does not create. SES tests
    its permissions at once and rejects the call without them. Raises `AlreadyExistsError`, `NotFoundError`,
    `UsageError`, `ApiError`.
    """
    rule = complete_rule(wanted, aws.region)
    present = rules(aws, set_name) if present is None else present
    _require_new(present, set_name, rule["Name"])
    after = _after(present, set_name, where)
    position = 1 + next((one.position for one in present if one.name == after), 0)
    access = permissions.required_permissions(aws, set_name, rule)
    try:
        aws.write("ses", "CreateReceiptRule", RuleSetName=set_name, Rule=rule, **_after_param(after))
    except ApiError as error:
        raise _with_permission_hint(error, access) from error
    return SavedRule(set_name, from_api(rule, position), len(present) + 1, access)


def update(aws: Gateway, set_name: str, name: str, changes: Mapping[str, Any]) -> SavedRule:
    """Change members of a rule and keep the others (UpdateReceiptRule, which replaces the full rule).

    Raises `NotFoundError`, `UsageError`, `ApiError`.
    """
    changed = checked_members(changes, aws.region)
    if not changed:
        raise UsageError(
            "nothing to change: give at least one option",
            hint=NextCommand("receipt", "rule", "update", "--help"),
            code="Usage",
        )
    present = rules(aws, set_name)
    current = _named(present, set_name, name)
    rule = {**current.source, **changed, "Name": name}
    access = permissions.required_permissions(aws, set_name, rule)
    try:
        aws.write("ses", "UpdateReceiptRule", RuleSetName=set_name, Rule=rule)
    except ApiError as error:
        raise _with_permission_hint(error, access) from error
    return SavedRule(set_name, from_api(rule, current.position), len(present), access)


def delete(aws: Gateway, set_name: str, name: str) -> None:
    """Delete a rule (DeleteReceiptRule). SES reports no error for a missing one."""
    aws.write("ses", "DeleteReceiptRule", RuleSetName=set_name, RuleName=name)


def move(aws: Gateway, set_name: str, name: str, where: RulePosition) -> int:
    """Move a rule within its rule set (SetReceiptRulePosition). Returns its new position, from 1.

    Raises `NotFoundError`, `UsageError`.
    """
    present = rules(aws, set_name)
    _named(present, set_name, name)
    if where.after == name:
        raise UsageError(f"cannot place {name} after itself", hint="use another rule with --after")
    others = [one for one in present if one.name != name]
    after = _after(others, set_name, where)
    aws.write("ses", "SetReceiptRulePosition", RuleSetName=set_name, RuleName=name, **_after_param(after))
    return 1 if after is None else [one.name for one in others].index(after) + 2


def _named(present: list[Rule], set_name: str, name: str) -> Rule:
    for rule in present:
        if rule.name == name:
            return rule
    names = ", ".join(rule.name for rule in present) or "none"
    raise NotFoundError(
        f"rule {name} not found in the rule set {set_name}",
        hint=f"existing rules: {names}",
        code="RuleDoesNotExist",
    )


def _require_new(present: list[Rule], set_name: str, name: str) -> None:
    if any(rule.name == name for rule in present):
        raise AlreadyExistsError(
            f"rule {name} already exists in the rule set {set_name}",
            hint=Advice("to change it: ", NextCommand("receipt", "rule", "update", set_name, name)),
            code="AlreadyExists",
        )
    if len(present) >= MOST_RULES:
        raise UsageError(
            f"the rule set {set_name} has {len(present)} rules; SES allows at most {MOST_RULES}",
            hint="combine several recipients in one rule",
            code="LimitExceeded",
        )


def _after(present: list[Rule], set_name: str, where: RulePosition) -> str | None:
    """The rule before the position; None for the first position."""
    if where.first:
        return None
    if where.after is not None:
        return _named(present, set_name, where.after).name
    return present[-1].name if present else None


def _after_param(after: str | None) -> dict[str, str]:
    return {} if after is None else {"After": after}


def _with_permission_hint(error: ApiError, access: tuple[RequiredPermission, ...]) -> ApiError:
    """The error; if SES lacks a permission, with how to grant it as its hint."""
    if not access or not str(error.code).startswith(_NO_ACCESS):
        return error
    return ApiError(
        f"{error.message} (SES lacks permission for a resource of the rule)",
        hint=permissions.instructions(access),
        code=error.code,
        request_id=error.request_id,
    )
