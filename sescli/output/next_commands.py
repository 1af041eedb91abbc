"""Next commands as text, with the options that reach the same account, region and DNS server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand, Operand, join_command
from sescli.output.results import Column, Details, Done, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sescli.advice import Hint
    from sescli.output.results import Field, Result

# Groups that act on this machine: their commands need no --region or --local.
_LOCAL_GROUPS = frozenset({"local", "demo", "completion"})
# Commands that query DNS: they need the DNS server that this call was given with --resolver.
_DNS_COMMANDS = frozenset(
    {
        ("identity", "setup"),
        ("identity", "check"),
        ("identity", "publish"),
        ("identity", "wait"),
        ("receipt", "setup"),
    }
)


@dataclass(frozen=True)
class ContextOptions:
    """The options of this call that a next command must repeat: `reach` as (option, value), then the DNS server.

    A flag such as `--local` has the value None.
    """

    reach: tuple[tuple[str, str | None], ...] = ()
    resolver: str | None = None

    @classmethod
    def of(cls, flags: Mapping[str, Any], resolver: str | None = None) -> ContextOptions:
        """Made from the common options of the command line, by name."""
        local: tuple[tuple[str, None], ...] = (("--local", None),) if flags.get("local") else ()
        named = {name: flags.get(name) for name in ("profile", "region", "endpoint_url")}
        values = ((f"--{name.replace('_', '-')}", str(value)) for name, value in named.items() if value)
        return cls((*local, *values), resolver)

    def __str__(self) -> str:
        """The options as text between `sescli` and a command, each with a space after it."""
        return "".join(f"{join_command(words)} " for words in self._words(()))

    def render(self, hint: Hint) -> str:
        """The text of a hint, with these options in each of its commands."""
        if isinstance(hint, str):
            return hint
        parts = hint.parts if isinstance(hint, Advice) else (hint,)
        return "".join(part if isinstance(part, str) else self.command_line(part) for part in parts)

    def command_line(self, command: NextCommand) -> str:
        """The command for a POSIX shell, with these options."""
        return join_command(self._argv(command.argv))

    def _argv(self, argv: tuple[str, ...]) -> Iterator[str]:
        yield "sescli"
        if argv and argv[0] not in _LOCAL_GROUPS and not argv[0].startswith("-"):
            for words in self._words(argv):
                yield from words
        end = next(
            (at for at, word in enumerate(argv) if word.startswith("-") and not isinstance(word, Operand)),
            len(argv),
        )
        yield from argv[:end]
        if self.resolver and argv[:2] in _DNS_COMMANDS and not {"--help", "--resolver"} & set(argv):
            yield from ("--resolver", self.resolver)
        yield from argv[end:]

    def _words(self, argv: Sequence[str]) -> Iterator[tuple[str, ...]]:
        for option, value in self.reach:
            if option not in argv:
                yield (option,) if value is None else (option, value)


def rendered(result: Result, render: Callable[[Hint], str]) -> Result:
    """The result with text in place of the commands in its fields and table cells."""
    if isinstance(result, Listing):
        return _listing(result, render)
    if isinstance(result, Details):
        fields = [_field(field, render) for field in result.fields]
        return replace(result, fields=fields, tables=[_listing(table, render) for table in result.tables])
    if isinstance(result, Done):
        return replace(result, tables=[_listing(table, render) for table in result.tables])
    return result


def _listing(listing: Listing, render: Callable[[Hint], str]) -> Listing:
    columns = [_column(column, render) for column in listing.columns]
    return replace(listing, columns=columns, empty=render(listing.empty))


def _column(column: Column, render: Callable[[Hint], str]) -> Column:
    return replace(column, pick=lambda item: _text(column.of(item), render))


def _field(field: Field, render: Callable[[Hint], str]) -> Field:
    label, value, *kind = field
    return (label, _text(value, render), *kind)  # type: ignore[return-value]


def _text(value: object, render: Callable[[Hint], str]) -> object:
    return render(value) if isinstance(value, NextCommand | Advice) else value
