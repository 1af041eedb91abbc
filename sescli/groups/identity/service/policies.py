"""Sending authorization: policies of an identity that let others send from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.caller import UNKNOWN_ACCOUNT, account
from sescli.errors import NotFoundError, UsageError
from sescli.groups.identity.service.identities import get
from sescli.groups.identity.service.policy_documents import Context, parse_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName
    from sescli.groups.identity.service.policy_documents import Document

_MOST = 20


@dataclass(frozen=True)
class Policy:
    """A policy of an identity, parsed; what is not JSON stays text."""

    identity: str
    name: str
    policy: Any

    def statements(self) -> list[dict[str, Any]]:
        """Its statements; none where it is not what a policy looks like."""
        found = self.policy.get("Statement", []) if isinstance(self.policy, dict) else []
        items = found if isinstance(found, list) else [found]
        return [item for item in items if isinstance(item, dict)]


def policies(aws: Gateway, name: IdentityName) -> list[Policy]:
    """All of an identity, by name (SES API v2 GetEmailIdentityPolicies). Raises `NotFoundError`."""
    found = _texts(aws, name)
    return [Policy(name.text, policy, _parsed(found[policy])) for policy in sorted(found)]


def show(aws: Gateway, name: IdentityName, policy: str) -> Policy:
    """One of them. Raises `NotFoundError` that names those there are."""
    found = _texts(aws, name)
    if policy not in found:
        there = f"it has {', '.join(sorted(found))}" if found else "it has none"
        raise NotFoundError(
            f"{name} has no policy {policy} in {aws.region}; {there}",
            hint=f"sescli identity policy list {name}",
            code="NotFoundException",
        )
    return Policy(name.text, policy, _parsed(found[policy]))


@dataclass(frozen=True)
class Putting:
    """A policy that is to be made, or to take the place of the one of its name."""

    identity: str
    name: str
    document: Document
    replaces: bool

    def apply(self, aws: Gateway) -> Policy:
        """SES API v2 CreateEmailIdentityPolicy or UpdateEmailIdentityPolicy."""
        operation = "UpdateEmailIdentityPolicy" if self.replaces else "CreateEmailIdentityPolicy"
        text = self.document.text
        aws.write("sesv2", operation, EmailIdentity=self.identity, PolicyName=self.name, Policy=text)
        return Policy(self.identity, self.name, json.loads(text))


def putting(aws: Gateway, name: IdentityName, policy: str, document: Document) -> Putting:
    """Look whether it is there. Raises `UsageError` for one more than the 20 that an identity may have."""
    parse_name(policy)
    found = _texts(aws, name)
    if policy not in found and len(found) >= _MOST:
        raise UsageError(
            f"{name} has {len(found)} policies already, and SES takes {_MOST}",
            hint=f"one policy can hold many statements; sescli identity policy list {name}",
        )
    return Putting(name.text, policy, document, policy in found)


def context(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Context:
    """What a policy must be about; whose account it is STS says (GetCallerIdentity), and None where it does not."""
    number = account(aws)
    if number == UNKNOWN_ACCOUNT:
        warn("not checked whether the policy names this account: STS does not say which it is")
    return Context(name.text, aws.region, None if number == UNKNOWN_ACCOUNT else number)


def delete(aws: Gateway, name: IdentityName, policy: str) -> Policy:
    """Take one away and give it (SES API v2 DeleteEmailIdentityPolicy, silent about one that is not there).

    Raises `NotFoundError`.
    """
    gone = show(aws, name, policy)
    aws.write("sesv2", "DeleteEmailIdentityPolicy", EmailIdentity=name.text, PolicyName=policy)
    return gone


def _texts(aws: Gateway, name: IdentityName) -> dict[str, str]:
    try:
        answer = aws.read("sesv2", "GetEmailIdentityPolicies", EmailIdentity=name.text)
    except NotFoundError:
        get(aws, name)  # says what to do about an identity that is not there
        raise
    found: dict[str, str] = answer.get("Policies", {})
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
