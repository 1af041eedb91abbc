"""The operations of the two APIs: functions with the API's names, registered for v1 or v2."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region

Params = dict[str, Any]
Operation = Callable[["Region", Params], dict[str, Any]]


class Registry:
    """Operations by name. As a decorator it registers a function under its name."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def __call__(self, operation: Operation) -> Operation:
        self._operations[operation.__name__] = operation
        return operation

    def get(self, name: str) -> Operation | None:
        return self._operations.get(name)

    def names(self) -> list[str]:
        return sorted(self._operations)


V1 = Registry()
V2 = Registry()
