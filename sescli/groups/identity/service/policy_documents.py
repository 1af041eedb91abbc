"""Sending-authorization policies as documents: read with care, and checked as SES does.

What is checked is the developer guide's "Policy requirements": JSON of up to 4 KB, at least one statement, each
with an effect, a principal, sending actions, and the ARN of the very identity as its resource.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST = 4096  # bytes
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACTIONS = ("ses:SendEmail", "ses:SendRawEmail", "ses:SendTemplatedEmail", "ses:SendBulkTemplatedEmail")
_ARN = re.compile(r"arn:aws[a-z-]*:ses:([a-z0-9-]+):(\d{12}):identity/(.+)", re.ASCII)
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_MEMBERS = ("Effect", "Action", "Resource")


@dataclass(frozen=True)
class Context:
    """The identity that a policy is for; `account` is None where it is not known."""

    identity: str
    region: str
    account: str | None

    @property
    def arn(self) -> str:
        """The resource that a policy must name."""
        partition = next(
            (name for begin, name in _PARTITIONS.items() if self.region.startswith(begin)), "aws"
        )
        return f"arn:{partition}:ses:{self.region}:{self.account or 'ACCOUNT'}:identity/{self.identity}"


@dataclass(frozen=True)
class Document:
    """A policy that SES will take, as it is sent. `open_to_all` says that any AWS account may send by it."""

    text: str
    open_to_all: bool


def parse_name(text: str) -> str:
    """The name of a policy. Raises `UsageError`."""
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"{text!r} cannot be the name of a policy", hint="at most 64 letters, digits, - and _"
        )
    return text


def parse(text: str, about: Context) -> Document:
    """A policy, without the white space between its parts. Raises `UsageError` for what SES would refuse."""
    document = _json(text)
    if not isinstance(document, dict):
        raise UsageError("the policy must be a JSON object", hint="sescli identity policy put --help")
    statements = _several(document.get("Statement"))
    if not statements:
        raise UsageError("the policy has no Statement, and needs one at least")
    for number, statement in enumerate(statements, start=1):
        _check(statement, f"statement {number} of the policy", about)
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    size = len(compact.encode("utf-8", "surrogatepass"))
    if size > _LONGEST:
        raise UsageError(
            f"the policy has {size:,} bytes without white space, and SES takes {_LONGEST:,}",
            hint="an identity may have up to 20 policies: split it",
        )
    return Document(compact, any(_is_open(statement) for statement in statements))


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(
            f"the policy is not JSON: {error.msg} at {place}", hint="a file is given as --policy @policy.json"
        ) from error
    except RecursionError as error:
        raise UsageError("the policy is nested too deeply") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise UsageError("the policy has a number of thousands of digits") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name given twice hides one of two values: whose Condition holds must not be a guess."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UsageError(f"the policy has {name} twice in one object")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise UsageError(f"the policy has {name}, which is not JSON")


def _check(statement: Any, where: str, about: Context) -> None:
    if not isinstance(statement, dict):
        raise UsageError(f"{where} is not an object")
    missing = [member for member in _MEMBERS if not statement.get(member)]
    if not statement.get("Principal") and not statement.get("NotPrincipal"):
        missing.append("Principal")
    if missing:
        raise UsageError(f"{where} lacks {', '.join(missing)}", hint="who may do what, with which identity")
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise UsageError(f"the Effect of {where} is {statement['Effect']!r}", hint="it is Allow or Deny")
    for action in _several(statement["Action"]):
        _check_action(action, where)
    resources = _several(statement["Resource"])
    for resource in resources:
        _check_resource(resource, where, about)


def _check_action(action: Any, where: str) -> None:
    pattern = str(action).lower()
    if not any(fnmatchcase(known.lower(), pattern) for known in _ACTIONS):
        raise UsageError(
            f"the Action {action!r} of {where} sends no mail",
            hint=f"{', '.join(_ACTIONS)}, or ses:Send* for all; API v2 and SMTP ask for these too",
        )


def _check_resource(resource: Any, where: str, about: Context) -> None:
    found = _ARN.fullmatch(str(resource))
    if not found:
        raise UsageError(
            f"the Resource of {where} is {resource!r}, which is no identity's ARN", hint=f"it is {about.arn}"
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
                f"the Resource of {where} is of another {what}: {resource}", hint=f"it is {about.arn}"
            )


def _is_open(statement: Mapping[str, Any]) -> bool:
    """Whether anybody with an AWS account may send by it, unconditionally."""
    anyone = any("*" in _several(value) for value in _principals(statement.get("Principal")))
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


def _several(value: Any) -> list[Any]:
    """IAM takes one or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
