"""Sending authorization policies on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.output.results import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.identity.service.policies import SendingPolicy


def policy_principals(policy: SendingPolicy) -> str:
    """Everyone named in its statements."""
    return _members(policy, "Principal", "NotPrincipal")


def _members(policy: SendingPolicy, *keys: str) -> str:
    """The values that its statements have under these keys, each once."""
    found = (text for statement in policy.statements() for key in keys for text in _texts(statement.get(key)))
    return ", ".join(dict.fromkeys(found))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


POLICY_COLUMNS = (
    Column("policy", "name"),
    Column("effect", lambda policy: _members(policy, "Effect")),
    Column("principal", policy_principals),
    Column("actions", lambda policy: _members(policy, "Action")),
    Column("condition", lambda policy: "yes" if _members(policy, "Condition") else "none"),
)
