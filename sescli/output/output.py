"""Everything that a command says: its result on standard output, all else on standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import UsageError
from sescli.exits import classify
from sescli.output import formats, sanitise, tables
from sescli.output.plain import to_plain
from sescli.output.results import Details, Document, Done, Listing, Result
from sescli.output.words import say, style_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from sescli.aws.planned import Plan
    from sescli.errors import SescliError
    from sescli.output.terminal import Terminal

FORMATS = ("table", "json", "jsonl", "yaml", "csv", "tsv")


@dataclass(frozen=True)
class Output:
    """Renders results and speaks to the user. `style` is one of `FORMATS`, `query` a JMESPath or None."""

    terminal: Terminal
    style: str = "table"
    query: str | None = None
    quiet: bool = False
    verbose: bool = False

    @property
    def for_people(self) -> bool:
        """Whether the result is a table; a machine format keeps standard error silent but for errors."""
        return self.style == "table" and self.query is None

    def result(self, result: Result) -> None:
        """Show what a command returned."""
        if self.for_people:
            self._show(result)
            self._say_next(getattr(result, "next", None))
        elif isinstance(result, Listing):
            self._write_items(to_plain(item) for item in result.items)
        else:
            self._write_value(to_plain(result.data))

    def plan(self, plan: Plan) -> None:
        """Show the calls of a dry run."""
        calls = [to_plain(call) for call in plan.calls]
        if not self.for_people:
            self._write_items(iter(calls))
            return
        self.line("Dry run: nothing was sent." if calls else "Dry run: there is nothing to change.")
        for call in calls:
            self.line(f"\n{call['service']} {call['operation']}")
            self.block(formats.dumps(call["parameters"]))

    def line(self, text: str, style: str = "") -> None:
        """A line of the result, on standard output."""
        self._print(self.terminal.stdout, sanitise.block(text), style, colour=self.terminal.colour)

    def block(self, text: str) -> None:
        """Foreign text of several lines, on standard output."""
        self.terminal.stdout.write(sanitise.block(text).rstrip("\n") + "\n")

    def note(self, text: str) -> None:
        """What is good to know, on standard error."""
        if self.for_people and not self.quiet:
            self._err(text, "dim")

    def step(self, text: str) -> None:
        """A heading of a longer flow, on standard error."""
        if self.for_people and not self.quiet:
            self._err(text, "bold")

    def warn(self, text: str) -> None:
        """What may go wrong, on standard error; said even with --quiet."""
        self._err(f"warning: {text}", "yellow")

    def trace(self, text: str) -> None:
        """A detail for --verbose, on standard error."""
        if self.verbose:
            self._err(text, "dim")

    def error(self, error: SescliError) -> None:
        """The last word of a command that failed, on standard error."""
        _, code = classify(error)
        if self.style in {"json", "jsonl"}:
            fault = {
                "code": code,
                "message": error.message,
                "hint": error.hint,
                "request_id": error.request_id,
                "retryable": error.retryable,
            }
            self.terminal.stderr.write(formats.dumps({"error": fault}, indent=None) + "\n")
            return
        self._err(f"error: {error.message}", "bold red")
        if error.hint:
            self._err(f"  try: {error.hint}", "")
        if error.request_id and self.verbose:
            self._err(f"  AWS request: {error.request_id}", "dim")

    def console(self) -> Console:
        """A rich console on standard error, for progress."""
        return self._console(self.terminal.stderr, colour=self.terminal.stderr_colour)

    def _show(self, result: Result) -> None:
        if isinstance(result, Listing):
            self._table(result)
        elif isinstance(result, Details):
            self._fields(result)
        elif isinstance(result, Done):
            self.line(result.message)
        elif isinstance(result, Document):
            self.block(result.text)
        for table in getattr(result, "tables", ()):
            self._table(table)

    def _table(self, listing: Listing) -> None:
        items = list(listing.items)
        if not items:
            self.note(listing.empty)
        elif self.terminal.stdout_is_tty:
            self._console(self.terminal.stdout, colour=self.terminal.colour).print(
                tables.rich_table(listing, items)
            )
        else:
            for line in tables.plain_lines(listing, items):
                self.line(line)

    def _fields(self, details: Details) -> None:
        if details.title:
            self.line(details.title, "bold")
        width = max((len(field[0]) for field in details.fields), default=0)
        for label, value, *rest in details.fields:
            kind = str(rest[0]) if rest else "text"
            text = say(value, kind)
            self._print(
                self.terminal.stdout,
                text,
                style_of(value, kind),
                colour=self.terminal.colour,
                lead=f"{label:<{width}}  ",
            )

    def _say_next(self, text: str | None) -> None:
        if text and not self.quiet:
            self._err(f"Next: {text}", "cyan")

    def _err(self, text: str, style: str) -> None:
        self._print(self.terminal.stderr, sanitise.block(text), style, colour=self.terminal.stderr_colour)

    def _print(self, stream: Any, text: str, style: str, *, colour: bool, lead: str = "") -> None:
        if not (colour and style):
            stream.write(f"{lead}{text}\n")
            return
        from rich.text import Text

        line = Text(lead).append(text, style=style)
        self._console(stream, colour=True).print(line, soft_wrap=True)

    def _console(self, stream: Any, *, colour: bool) -> Console:
        from rich.console import Console

        return Console(
            file=stream,
            force_terminal=colour or None,
            no_color=not colour,
            width=self.terminal.width,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def _write_items(self, items: Iterator[Any]) -> None:
        if self.query is not None:
            self._write_value(list(items))
        elif self.style == "json":
            formats.write_json_array(items, self.terminal.stdout)
        else:
            self._write_rows(items)

    def _write_value(self, value: Any) -> None:
        value = self._queried(value)
        if self.style in {"json", "table"}:
            formats.write_json(value, self.terminal.stdout)
        elif self.style == "yaml":
            formats.write_yaml(value, self.terminal.stdout)
        else:
            self._write_rows(value if isinstance(value, list) else [value])

    def _write_rows(self, rows: Iterable[Any]) -> None:
        if self.style == "jsonl":
            formats.write_jsonl(rows, self.terminal.stdout)
        elif self.style == "yaml":
            formats.write_yaml(list(rows), self.terminal.stdout)
        else:
            formats.write_csv(rows, self.terminal.stdout, tabs=self.style == "tsv")

    def _queried(self, value: Any) -> Any:
        if self.query is None:
            return value
        import jmespath
        from jmespath.exceptions import JMESPathError

        try:
            return jmespath.search(self.query, value)
        except JMESPathError as error:
            message = f"--query {self.query!r} is not a JMESPath expression: {error}"
            raise UsageError(message, hint="see https://jmespath.org") from error
