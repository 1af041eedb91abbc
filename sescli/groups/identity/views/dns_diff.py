"""Changes of a DNS zone as a diff."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sescli.output.cell_format import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.dns.changes import RecordChange

_SIGNS = {
    "create": "+",
    "add": "~",
    "replace": "~",
    "unchanged": "=",
    "keep": "=",
    "skip": "?",
    "conflict": "!",
}
_REASON_LABELS = {"keep": "kept: ", "skip": "skipped: ", "conflict": "conflict: "}
_INDENT = " " * 9
_NARROWEST = 20


def format_diff(changes: Iterable[RecordChange], width: int | None) -> Iterator[str]:
    """Each record set with its sign, then its values: `-` removed, `+` added, no sign unchanged.

    Sentences are wrapped at `width`, unless it is None. Values are for copying, so they are never wrapped.
    """
    for change in changes:
        yield f"{_SIGNS[change.action]} {change.type:<5}  {say(change.name)}"
        yield from _values(change)
        if change.reason:
            yield from _sentence(f"{_REASON_LABELS.get(change.action, '')}{say(change.reason)}", width)
        if change.fix:
            yield from _sentence(f"fix: {say(change.fix)}", width)


def _sentence(text: str, width: int | None) -> Iterator[str]:
    lines = (
        textwrap.wrap(text, max(width - len(_INDENT), _NARROWEST), break_long_words=False)
        if width
        else [text]
    )
    yield from (f"{_INDENT}{line}" for line in lines)


def _values(change: RecordChange) -> Iterator[str]:
    for value in change.before:
        yield f"       {' ' if value in change.after else '-'} {say(value)}"
    for value in change.after:
        if value not in change.before:
            yield f"       + {say(value)}"


def describe_consequence(changes: Sequence[RecordChange], zone: str) -> str:
    """What publishing changes, the largest effect first, in a sentence without its full stop."""
    writes = [change for change in changes if change.writes]
    for change in writes:
        if change.purpose == "inbound_mx" and change.before != change.after:
            effect = f", and this {say(change.reason)}" if change.reason else ""
            return f"SES then receives all email for {change.name}{effect}"
    replaced = [
        f"the {change.type} record of {change.name}" for change in writes if change.action == "replace"
    ]
    if not replaced:
        return f"This adds {_records(len(writes))} to {zone}"
    one = replaced[0] if len(replaced) == 1 else _sets(len(replaced))
    more = len(writes) - len(replaced)
    return f"This replaces {one} in {zone}" + (f" and adds {_records(more)}" if more else "")


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number} records"


def _sets(number: int) -> str:
    return "1 record set" if number == 1 else f"{number} record sets"
