"""Sending authorization policies as JSON documents, checked as SES does.

The rules are "Policy requirements" in the SES developer guide: JSON of up to 4 KB with at least one statement. Each
statement has an effect, a principal, sending actions, and the ARN of this identity as its resource.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.errors import UsageError
from sescli.groups.identity.service.identity_arn import identity_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_BYTES = 4096
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACTIONS = ("ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail")
_ARN = re.compile(r"arn:aws[a-z-]*:ses:([a-z0-9-]+):(\d{12}):identity/(.+)", re.ASCII)
_MEMBERS = ("Effect", "Action", "Resource")


@dataclass(frozen=True)
class PolicyTarget:
    """The identity that a policy is for. `account` is None if unknown."""

    identity: str
    region: str
    account: str | None

    @property
    def arn(self) -> str:
        """The resource that a policy must name."""
        return identity_arn(self.region, self.account or "ACCOUNT", self.identity)


@dataclass(frozen=True)
class PolicyDocument:
    """A policy that SES accepts, as it is sent. `is_open_to_all`: it lets any AWS account send."""

    text: str
    is_open_to_all: bool


def parse_policy_name(text: str) -> str:
    """The name of a policy. Raises `UsageError`."""
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"policy name {text!r} is not valid", hint="use up to 64 letters, digits, hyphens and underscores"
        )
    return text


def parse_policy(text: str, about: PolicyTarget) -> PolicyDocument:
    """The policy without insignificant white space. Raises `UsageError` for a policy that SES would reject."""
    document = _json(text)
    if not isinstance(document, dict):
        raise UsageError(
            "the policy is not a JSON object", hint=NextCommand("identity", "policy", "put", "--help")
        )
    statements = _as_list(document.get("Statement"))
    if not statements:
        raise UsageError("the policy has no Statement", hint="add at least one statement")
    for number, statement in enumerate(statements, start=1):
        _check(statement, f"statement {number} of the policy", about)
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    size = len(compact.encode("utf-8", "surrogatepass"))
    if size > _MAX_BYTES:
        raise UsageError(
            f"the policy has {size:,} bytes without white space, and SES allows {_MAX_BYTES:,}",
            hint="split it: an identity can have up to 20 policies",
        )
    return PolicyDocument(compact, any(_is_open_to_all(statement) for statement in statements))


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_reject_duplicate_names, parse_constant=_reject_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(
            f"the policy is not valid JSON: {error.msg} at {place}",
            hint="to read it from a file, use --policy @policy.json",
        ) from error
    except RecursionError as error:
        raise UsageError("the policy is nested too deeply") from error
    except ValueError as error:  # a number with more digits than Python parses
        raise UsageError("the policy contains a number with thousands of digits") from error


def _reject_duplicate_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A duplicate name hides one of two values. Which Condition applies must not depend on the parser."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UsageError(f"the policy has {name} twice in one object", hint="remove one of them")
        found[name] = value
    return found


def _reject_constant(name: str) -> Any:
    raise UsageError(f"the policy contains {name}, which is not valid JSON")


def _check(statement: Any, location: str, about: PolicyTarget) -> None:
    if not isinstance(statement, dict):
        raise UsageError(f"{location} is not an object")
    missing = [member for member in _MEMBERS if not statement.get(member)]
    if not statement.get("Principal") and not statement.get("NotPrincipal"):
        missing.append("Principal")
    if missing:
        raise UsageError(
            f"{location} has no {', '.join(missing)}",
            hint="a statement needs Effect, Principal, Action and Resource",
        )
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise UsageError(f"the Effect of {location} is {statement['Effect']!r}", hint="use Allow or Deny")
    for action in _as_list(statement["Action"]):
        _check_action(action, location)
    resources = _as_list(statement["Resource"])
    for resource in resources:
        _check_resource(resource, location, about)


def _check_action(action: Any, location: str) -> None:
    pattern = str(action).lower()
    if not any(fnmatchcase(known.lower(), pattern) for known in _ACTIONS):
        raise UsageError(
            f"the Action {action!r} of {location} is not a sending action",
            hint=f"use {', '.join(_ACTIONS)}, or ses:Send* for all; API v2 and SMTP use them too",
        )


def _check_resource(resource: Any, location: str, about: PolicyTarget) -> None:
    found = _ARN.fullmatch(str(resource))
    if not found:
        raise UsageError(
            f"the Resource of {location} is {resource!r}, which is not the ARN of an identity",
            hint=f"use {about.arn}",
        )
    region, account, identity = found.groups()
    wrong = {
        "identity": identity.lower() != about.identity.lower(),
        "region": region != about.region,
        "account": about.account is not None and account != about.account,
    }
    for what, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(
                f"the Resource of {location} belongs to another {what}: {resource}", hint=f"use {about.arn}"
            )


def _is_open_to_all(statement: Mapping[str, Any]) -> bool:
    """Whether it lets anyone with an AWS account send, without a condition."""
    anyone = any("*" in _as_list(value) for value in _principals(statement.get("Principal")))
    return (
        statement["Effect"] == "Allow"
        and not statement.get("Condition")
        and (anyone or bool(statement.get("NotPrincipal")))
    )


def _principals(principal: Any) -> Iterator[Any]:
    if isinstance(principal, dict):
        yield from principal.values()
    elif principal:
        yield principal


def _as_list(value: Any) -> list[Any]:
    """In IAM policies, a single value stands for a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]
