"""Everything that a command prints: its result to standard output, all else to standard error."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sescli.exits import classify
from sescli.output import formats, human_renderer, sanitise
from sescli.output.machine_renderer import DataWriter
from sescli.output.next_commands import ContextOptions, rendered
from sescli.output.plain import to_plain
from sescli.output.printer import Printer
from sescli.output.results import Lines, Listing, RawBytes
from sescli.output.wrap_command import folded_hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from sescli.advice import Hint
    from sescli.aws.dry_run import DryRunPlan
    from sescli.errors import SescliError
    from sescli.output.results import Result
    from sescli.output.terminal import Terminal

# As in a diff: added, removed, changed, not possible.
_SIGNS = {"+": "green", "-": "red", "~": "yellow", "!": "bold red"}

FORMATS = ("table", "json", "jsonl", "yaml", "csv", "tsv")


@dataclass(frozen=True)
class Output:
    """Renders results and shows messages.

    `style` is one of `FORMATS`, `query` a JMESPath or None. `context_options` are added to the next commands.
    """

    terminal: Terminal
    style: str = "table"
    query: str | None = None
    quiet: bool = False
    verbose: bool = False
    context_options: ContextOptions = field(default_factory=ContextOptions)

    @property
    def for_people(self) -> bool:
        """Whether the result is for a person; beside a machine format only warnings, traces and errors are shown."""
        return self.style == "table" and self.query is None

    @cached_property
    def out(self) -> Printer:
        """Standard output."""
        place = self.terminal
        return Printer(place.stdout, place.stdout_is_tty, place.colour, place.width)

    @cached_property
    def err(self) -> Printer:
        """Standard error."""
        place = self.terminal
        return Printer(place.stderr, place.stderr_is_tty, place.stderr_colour, place.width)

    @cached_property
    def data(self) -> DataWriter:
        """Standard output, for scripts."""
        return DataWriter(self.terminal.stdout, self.style, self.query)

    def result(self, result: Result) -> None:
        """Show what a command returned."""
        if isinstance(result, RawBytes | Lines) or self.for_people:
            if human_renderer.show(rendered(result, self.with_context_options), self.out, self.err):
                self._show_next(getattr(result, "next", None))
        elif isinstance(result, Listing):
            self._note_unmatched_query(self.data.items(to_plain(item) for item in result.items))
        else:
            self._note_unmatched_query(self.data.value(to_plain(result.data)))

    def change(self, lines: Iterable[str]) -> None:
        """A planned change, on standard error before its confirmation; the first sign of a line sets its colour."""
        for line in lines:
            self.err.line(_continued(line), _SIGNS.get(line.lstrip()[:1], ""))

    def aside(self, text: str) -> None:
        """Text to copy, on standard error, never wrapped."""
        if self.for_people and not self.quiet:
            self.err.block(text)

    def plan(self, plan: DryRunPlan) -> None:
        """The calls of a dry run."""
        calls = [to_plain(call) for call in plan.calls]
        if not self.for_people:
            if plan.more:
                self.warn(f"only the first {len(calls):,} calls are shown; {plan.more:,} more would follow")
            self.data.items(iter(calls))
            return
        self.out.line("Dry run: no call was made.")
        for call in calls:
            self.out.line(f"\n{call['service']} {call['operation']}")
            self.out.block(formats.dumps(call["parameters"]))
        if plan.more:
            self.out.line(f"\n… and {plan.more:,} more calls.")

    def check_query(self) -> None:
        """Raise `UsageError` for a --query that is not valid JMESPath, before the command changes anything."""
        self.data.check_query()

    def note(self, text: Hint) -> None:
        """Additional information, on standard error."""
        if self.for_people and not self.quiet:
            self.err.prose(self._text(text), "dim")

    def step(self, text: str) -> None:
        """The heading of a step, on standard error."""
        if self.for_people and not self.quiet:
            self.err.line(_continued(text), "bold")

    def warn(self, text: Hint) -> None:
        """A warning, on standard error, also with --quiet."""
        self.err.prose(self._text(text), "yellow", lead="warning: ")

    def trace(self, text: str) -> None:
        """A detail, on standard error, with --verbose only."""
        if self.verbose:
            self.err.line(sanitise.one_line(text), "dim")

    def error(self, error: SescliError) -> None:
        """The error of a command that failed, on standard error."""
        if self.style in {"json", "jsonl"}:
            self.err.block(formats.dumps({"error": self._fault(error)}, indent=None))
            return
        self.err.prose(error.message, "bold red", lead="error: ")
        if error.hint:
            self.err.line(self._folded(error.hint, "  try: "))
        if error.request_id and self.verbose:
            self.err.line(f"  AWS request ID: {sanitise.name(error.request_id)}", "dim")

    def console(self) -> Console:
        """A rich console on standard error, for progress."""
        return self.err.console()

    def _show_next(self, hint: Hint | None) -> None:
        if hint and not self.quiet:
            self.err.line(self._folded(hint, "Next: "), "cyan")

    def _note_unmatched_query(self, keys: Sequence[str]) -> None:
        if keys and self.style == "table" and not self.quiet:
            self.err.prose(f"--query {self.query} matches nothing; available keys: {', '.join(keys)}", "dim")

    def same(self, command: Hint) -> None:
        """The one command that does the same as a series of prompts, to copy, on standard error."""
        if self.for_people and not self.quiet:
            self.err.prose("The same command without prompts:", "dim")
            self.err.line(self._folded(command, "  "), "bold")

    def with_context_options(self, hint: Hint) -> str:
        """The text of a hint; its commands get the options that reach the same place as this call's."""
        return self.context_options.render(hint)

    def _text(self, text: Hint) -> str:
        return text if isinstance(text, str) else self.with_context_options(text)

    def _folded(self, hint: Hint, lead: str) -> str:
        width = self.terminal.width if self.err.is_tty else None
        return sanitise.message(folded_hint(hint, self.context_options, width, lead))

    def _fault(self, error: SescliError) -> dict[str, object]:
        return {
            "code": classify(error)[1],
            "message": error.message,
            "hint": self.with_context_options(error.hint) if error.hint else None,
            "request_id": error.request_id,
            "retryable": error.retryable,
        }


def _continued(text: str) -> str:
    """Text whose further lines are indented, so that they do not look like lines of their own."""
    return sanitise.message(text).replace("\n", "\n  ")
