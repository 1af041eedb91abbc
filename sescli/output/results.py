"""What a command returns: data, and how to show it to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.exits import ExitCode

if TYPE_CHECKING:
    from sescli.advice import Hint

Pick = str | Callable[[Any], object]
Field = tuple[str, object] | tuple[str, object, str]  # a label, a value, and its kind as in `Column`


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, the value that it shows of an item, and the format.

    `pick` is the name of an attribute or a function of the item. `kind` is `text` (names and sentences with names),
    `prose` (free text such as a subject, whose joiners stay), `status` (coloured by its meaning), `number`
    (right-aligned), `percent` (a fraction shown as a percentage) or `time`.
    """

    title: str
    pick: Pick
    kind: str = "text"

    def of(self, item: Any) -> object:
        """The value that this column shows of an item."""
        if callable(self.pick):
            return self.pick(item)
        return item.get(self.pick) if isinstance(item, dict) else getattr(item, self.pick)


@dataclass(frozen=True)
class Listing:
    """Items of one kind: a table for people, an array for scripts. `items` may be a stream."""

    items: Iterable[Any]
    columns: Sequence[Column]
    empty: Hint = "Nothing found."
    title: str | None = None
    next: Hint | None = None
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True)
class Details:
    """The details of one thing: `data` for scripts; fields, tables and text for people."""

    data: Any
    fields: Sequence[Field]
    tables: Sequence[Listing] = ()
    title: str | None = None
    text: str | None = None
    next: Hint | None = None
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True)
class Done:
    """What a change did, in one line, with what the user needs for the next step."""

    message: str
    data: Any
    tables: Sequence[Listing] = ()
    next: Hint | None = None
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True)
class Document:
    """Text that is itself the result, such as a zone file or the body of a message. `data` is its JSON form."""

    text: str
    data: Any = field(default=None)
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True)
class RawBytes:
    """Bytes that are themselves the result, such as an attachment; written unchanged, except to a terminal."""

    content: bytes
    exit_code: ExitCode = ExitCode.OK


@dataclass(frozen=True)
class Lines:
    """Lines that are themselves the result, such as a file on standard output; written one by one."""

    lines: Iterable[str]
    exit_code: ExitCode = ExitCode.OK


Result = Listing | Details | Done | Document | RawBytes | Lines
