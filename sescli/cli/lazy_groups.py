"""Groups of commands: common options at every level, and groups that are imported when they are called."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from sescli.cli.common_options import common_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click.shell_completion import CompletionItem


class Group(TyperGroup):
    """A group of commands. It accepts the common options too, so that they can be given at every level."""

    shows_common_options = False
    first: Sequence[str] = ()

    def __init__(self, *args: Any, params: Sequence[Any] | None = None, **settings: Any) -> None:
        own = common_options(shown=self.shows_common_options)
        super().__init__(*args, params=[*(params or ()), *own], **settings)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in `first`, then the others in the order of registration."""
        names = super().list_commands(ctx)
        return [*self.first, *(name for name in names if name not in self.first)]


class LazyCommand(TyperCommand):
    """A group that is not imported yet: its name and its help line."""


class LazyGroup(Group):
    """The root group: its groups are imported when they are called.

    `lazy` maps the name of a group to (module, help line). The module has a Typer called `app`; for a single
    command it is a Typer with one command.
    """

    shows_common_options = True
    lazy: dict[str, tuple[str, str]]

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._listing = False
        for name, (_, text) in self.lazy.items():
            self.commands[name] = LazyCommand(name, help=text)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = super().get_command(ctx, cmd_name)
        if isinstance(found, LazyCommand) and not self._listing:
            found = self.commands[cmd_name] = self._load(cmd_name)
        return found

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Format the help from the help lines, without importing the groups."""
        self._listing = True
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[CompletionItem]:
        """Complete names of groups without importing the groups."""
        self._listing = True
        return super().shell_complete(ctx, incomplete)

    def _load(self, name: str) -> Any:
        return _load_command(self.lazy[name][0], name)


@functools.cache
def _load_command(module: str, name: str) -> Any:
    """Import a group and build its commands, once per process: each build takes Typer up to 64 ms."""
    command = typer.main.get_command(importlib.import_module(module).app)
    command.name = name
    return command
