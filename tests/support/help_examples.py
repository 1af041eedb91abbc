"""The command lines in a group's help."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from typer.main import get_command

if TYPE_CHECKING:
    from collections.abc import Iterator


def example_lines(app: Any) -> list[str]:
    """Every example of a group, in the order of the help."""
    return list(_lines(get_command(app)))


def _lines(group: Any) -> Iterator[str]:
    for found in group.commands.values():
        if hasattr(found, "commands"):
            yield from _lines(found)
        for line in (found.epilog or "").splitlines():
            if line.strip().startswith("$ "):
                yield line.strip().removeprefix("$ ").replace("\\[", "[")


def words(line: str) -> list[str]:
    """The arguments of an example."""
    return shlex.split(line)[1:]
