"""What a command runs with: settings, AWS, output and prompts, built once per call."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from sescli import settings as settings_module
from sescli.errors import UsageError
from sescli.output import sanitise
from sescli.output.next_commands import ContextOptions
from sescli.output.output import Output
from sescli.output.results import Done
from sescli.output.terminal import Terminal, detect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sescli.aws.gateway import Gateway
    from sescli.prompts.prompter import Prompter
    from sescli.settings import Settings


@dataclass(frozen=True)
class World:
    """What surrounds a call: the streams, the environment, the clock, and in tests the answers to prompts."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    prompter: Prompter | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


@dataclass(frozen=True)
class Runtime:
    """Settings, AWS, output and prompts of one call. Costly parts are created on first use."""

    settings: Settings
    world: World
    terminal: Terminal
    output: Output

    @cached_property
    def aws(self) -> Gateway:
        """The gateway to AWS, or with --local to the local SES emulator, which is started if it is not running."""
        from sescli.aws.gateway import Gateway

        return Gateway(
            self._target(),
            dry_run=self.settings.dry_run,
            announce=self.output.warn,
            trace=self.output.trace,
            sleep=self.world.sleep,
        )

    @cached_property
    def prompter(self) -> Prompter:
        """The prompter: on the terminal, or one that refuses every question."""
        if self.world.prompter is not None:
            return self.world.prompter
        if self.terminal.interactive:
            from sescli.prompts.terminal_prompter import TerminalPrompter

            return TerminalPrompter()
        from sescli.prompts.refusing_prompter import RefusingPrompter

        return RefusingPrompter()

    @property
    def asks(self) -> bool:
        """Whether a user can answer a question."""
        return self.world.prompter is not None or self.terminal.interactive

    @property
    def state_folder(self) -> Path:
        """The folder of journals and of the state of the local SES emulator."""
        return settings_module.state_folder(self.world.environ)

    def confirm(self, question: str, *, consequence: str) -> None:
        """Ask before a change that cannot be undone. --yes and --dry-run answer for the user.

        Raises `UsageError` off a terminal without --yes, and if the user declines.
        """
        if self.settings.yes or self.settings.dry_run:
            return
        if not self.asks:
            raise UsageError(
                f"confirmation needed: {consequence}", hint="to confirm without a terminal, add --yes"
            )
        # Names from an endpoint must not draw a question of their own.
        if not self.prompter.confirm(sanitise.message(f"{consequence}. {question}"), default=False):
            raise UsageError("not confirmed; nothing was changed", code="NotConfirmed")

    def dry_run_result(self, would: str) -> Done | None:
        """The result under --dry-run of a change that makes no API call; None without --dry-run."""
        return Done(f"Dry run: this would {would}.", {"would": would}) if self.settings.dry_run else None

    def _target(self) -> Any:
        from sescli.aws.endpoint import AwsEndpoint

        chosen = self.settings
        endpoint_url = chosen.endpoint_url
        if chosen.local:
            from sescli.emulator.process import ensure_running

            endpoint_url = ensure_running(announce=self.output.note).endpoint_url
        return AwsEndpoint(chosen.profile, chosen.region, endpoint_url, chosen.local)


def build(flags: Mapping[str, Any], world: World, *, resolver: str | None = None) -> Runtime:
    """The runtime of a call from its common options; `resolver` is the DNS server given with --resolver.

    Raises `UsageError` for settings that are not valid.
    """
    settings = settings_module.load(flags, world.environ)
    terminal = detect(
        world.stdin,
        world.stdout,
        world.stderr,
        world.environ,
        no_input=settings.no_input,
        colour=settings.color,
    )
    output = Output(
        terminal,
        settings.output,
        settings.query,
        settings.quiet,
        settings.verbose,
        ContextOptions.of(flags, resolver),
    )
    output.check_query()
    return Runtime(settings, world, terminal, output)
