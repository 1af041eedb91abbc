"""A dry run: the calls that would be made, and placeholders for their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Parameters whose values are never shown.
_SECRETS = frozenset({"DomainSigningPrivateKey"})


@dataclass(frozen=True)
class PlannedCall:
    """One API call of a dry run, with the parameters that it would send, secrets redacted."""

    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass
class DryRunPlan:
    """The calls that a dry run has recorded, in order; `more` calls of the same kind would follow."""

    calls: list[PlannedCall] = field(default_factory=list)
    more: int = 0

    def record(self, service: str, operation: str, parameters: Mapping[str, Any]) -> KnownAfter:
        """Record a call and return a placeholder for its answer."""
        self.calls.append(PlannedCall(service, operation, redacted(parameters)))
        return KnownAfter(operation)


def redacted(value: Any) -> Any:
    """Parameters to show: secrets masked, bytes as their length, placeholders as their origin."""
    if isinstance(value, KnownAfter):
        return str(value)
    if isinstance(value, Mapping):
        return {key: "(redacted)" if key in _SECRETS else redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"({len(value)} bytes)"
    return value


class KnownAfter(dict[str, Any]):
    """A placeholder for an answer that a dry run does not have; each part of it is a placeholder too.

    It prints as `(known after CreateEmailIdentity: DkimAttributes.Tokens)`.
    """

    def __init__(self, operation: str, path: str = "") -> None:
        super().__init__()
        self._operation = operation
        self._path = path

    def __missing__(self, key: object) -> KnownAfter:
        path = f"{self._path}.{key}" if self._path else str(key)
        return KnownAfter(self._operation, path)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002 - a default would be a guess
        return self[key]

    def __iter__(self) -> Iterator[Any]:
        yield KnownAfter(self._operation, f"{self._path}[]")

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return (
            f"(known after {self._operation}: {self._path})"
            if self._path
            else f"(known after {self._operation})"
        )

    __repr__ = __str__

    # A placeholder may be used in place of a string, such as a dictionary key.
    def __hash__(self) -> int:  # type: ignore[override]
        return hash((self._operation, self._path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KnownAfter) and hash(self) == hash(other)
