"""Sending authorization policies of an identity: they let other accounts send from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.caller import UNKNOWN_ACCOUNT, account
from sescli.errors import NotFoundError, UsageError
from sescli.groups.identity.service.identities import get_email_identity
from sescli.groups.identity.service.policy_documents import PolicyTarget, parse_policy_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName
    from sescli.groups.identity.service.policy_documents import PolicyDocument

# Policies per identity, a quota of SES.
_MAX_POLICIES = 20


@dataclass(frozen=True)
class SendingPolicy:
    """A policy of an identity, parsed. Text that is not JSON stays text."""

    identity: str
    name: str
    policy: Any

    def statements(self) -> list[dict[str, Any]]:
        """Its statements, empty if it does not have the form of a policy."""
        found = self.policy.get("Statement", []) if isinstance(self.policy, dict) else []
        items = found if isinstance(found, list) else [found]
        return [item for item in items if isinstance(item, dict)]


def list_policies(aws: Gateway, name: IdentityName) -> list[SendingPolicy]:
    """All policies of an identity, by name (SES API v2 GetEmailIdentityPolicies). Raises `NotFoundError`."""
    found = _texts(aws, name)
    return [SendingPolicy(name.text, policy, _parsed(found[policy])) for policy in sorted(found)]


def show(aws: Gateway, name: IdentityName, policy: str) -> SendingPolicy:
    """One policy. Raises `NotFoundError`, which names the existing policies."""
    found = _texts(aws, name)
    if policy not in found:
        existing = f"its policies are {', '.join(sorted(found))}" if found else "it has no policies"
        raise NotFoundError(
            f"policy {policy} of {name} not found in {aws.region}; {existing}",
            hint=NextCommand("identity", "policy", "list", name.text),
            code="NotFoundException",
        )
    return SendingPolicy(name.text, policy, _parsed(found[policy]))


@dataclass(frozen=True)
class PolicyPut:
    """A policy to create, or to replace if it exists."""

    identity: str
    name: str
    document: PolicyDocument
    replaces: bool

    def apply(self, aws: Gateway) -> SendingPolicy:
        """SES API v2 CreateEmailIdentityPolicy or UpdateEmailIdentityPolicy."""
        operation = "UpdateEmailIdentityPolicy" if self.replaces else "CreateEmailIdentityPolicy"
        text = self.document.text
        aws.write("sesv2", operation, EmailIdentity=self.identity, PolicyName=self.name, Policy=text)
        return SendingPolicy(self.identity, self.name, json.loads(text))


def plan_put(aws: Gateway, name: IdentityName, policy: str, document: PolicyDocument) -> PolicyPut:
    """Find out whether the policy exists. Raises `UsageError` if the identity already has 20 policies."""
    parse_policy_name(policy)
    found = _texts(aws, name)
    if policy not in found and len(found) >= _MAX_POLICIES:
        raise UsageError(
            f"{name} already has {len(found)} policies, and SES allows {_MAX_POLICIES}",
            hint=Advice(
                "combine statements in one policy. To list the policies: ",
                NextCommand("identity", "policy", "list", name.text),
            ),
        )
    return PolicyPut(name.text, policy, document, policy in found)


def policy_target(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> PolicyTarget:
    """What the Resource of a policy must name. The account comes from STS GetCallerIdentity, None if unknown."""
    number = account(aws)
    if number == UNKNOWN_ACCOUNT:
        warn("could not check whether the policy names this account: STS did not return the account ID")
    return PolicyTarget(name.text, aws.region, None if number == UNKNOWN_ACCOUNT else number)


def delete(aws: Gateway, name: IdentityName, policy: str) -> SendingPolicy:
    """Delete a policy and return it (SES API v2 DeleteEmailIdentityPolicy, which ignores a missing policy).

    Raises `NotFoundError`.
    """
    found = show(aws, name, policy)
    aws.write("sesv2", "DeleteEmailIdentityPolicy", EmailIdentity=name.text, PolicyName=policy)
    return found


def _texts(aws: Gateway, name: IdentityName) -> dict[str, str]:
    try:
        answer = aws.read("sesv2", "GetEmailIdentityPolicies", EmailIdentity=name.text)
    except NotFoundError:
        get_email_identity(aws, name)  # raises with a hint if the identity is missing
        raise
    found: dict[str, str] = answer.get("Policies", {})
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
