"""Changes of a DNS zone on the screen: as a diff, made to be read before the answer to a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.output.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sescli.dns.changes import Change

_SIGNS = {
    "create": "+",
    "add": "~",
    "replace": "~",
    "unchanged": "=",
    "keep": "=",
    "skip": "?",
    "conflict": "!",
}
_WORDS = {
    "create": "new",
    "add": "one value more",
    "replace": "replaced",
    "unchanged": "there already",
    "keep": "kept",
    "skip": "left out",
    "conflict": "conflict",
}


def diff(changes: Iterable[Change]) -> Iterator[str]:
    """Each record set with its sign, then its values: `-` goes, `+` comes, no sign stays."""
    for change in changes:
        reason = f": {say(change.reason)}" if change.reason else ""
        yield f"{_SIGNS[change.action]} {change.type:<5}  {say(change.name)}  ({_WORDS[change.action]}{reason})"
        yield from _values(change)
        if change.fix:
            yield f"         fix: {say(change.fix)}"


def _values(change: Change) -> Iterator[str]:
    for value in change.before:
        yield f"       {' ' if value in change.after else '-'} {say(value)}"
    for value in change.after:
        if value not in change.before:
            yield f"       + {say(value)}"


def consequence(changes: Sequence[Change], zone: str) -> str:
    """What a yes does, the worst of it first, in a sentence without its full stop."""
    writes = [change for change in changes if change.writes]
    for change in writes:
        if change.purpose == "inbound_mx":
            gone = f", and this {say(change.reason)}" if change.reason else ""
            return f"SES then receives all mail to {change.name}{gone}"
    replaced = [f"the {change.type} of {change.name}" for change in writes if change.action == "replace"]
    if replaced:
        return f"This replaces {' and '.join(replaced)} in {zone}"
    return f"This adds {len(writes)} record{'s' * (len(writes) != 1)} to {zone}"
