"""Split an address header into its mailboxes (RFC 5322 section 3.4) in linear time.

`email.utils.getaddresses` recurses into comments and groups, so `((((…` ends in a RecursionError, and its result
for malformed headers depends on the version of Python.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A quoted string and a domain literal without an end reach to the end of the text.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|\[[^\]]*(?:\]|\Z)|[(),:;<>]|\\.?|[^"\\\[(),:;<>]+', re.DOTALL
)
_IN_COMMENT = re.compile(r"[()]|\\.", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


class Mailbox(NamedTuple):
    """A mailbox as written: `display_name` without quotes and not decoded, `spec` is `local@domain`.

    `is_clean` is False where programs may read the text differently: something is not closed, or there is text after
    the `>`.
    """

    display_name: str
    spec: str
    is_clean: bool = True

    def __str__(self) -> str:
        return f"{self.display_name} <{self.spec}>" if self.display_name else self.spec


def mailboxes(values: Iterable[str]) -> Iterator[Mailbox]:
    """The mailboxes of address headers, those of groups too. Comments are left out."""
    for value in values:
        yield from _Splitter(value).mailboxes()


def one_mailbox(text: str) -> Mailbox | None:
    """The mailbox of a text that has exactly one; None for any other text."""
    found = _Splitter(text).mailboxes()
    first = next(found, None)
    return first if first is not None and first.is_clean and next(found, None) is None else None


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._start()

    def _start(self) -> None:
        self._words: list[str] = []
        self._spec: list[str] | None = None
        self._is_open = False
        self._is_clean = True

    def mailboxes(self) -> Iterator[Mailbox]:
        at = 0
        while (part := _TOKEN.match(self._text, at)) is not None:
            at = part.end()
            if part[0] == "(":
                at = self._after_comment(at)
            elif part[0] in {",", ";"} and not self._is_open:
                yield from self._finished()
            else:
                self._add(part[0])
        self._is_clean &= not self._is_open
        yield from self._finished()

    def _add(self, piece: str) -> None:
        if self._is_open:
            self._add_to_spec(piece)
        elif piece == "<":
            self._is_clean &= self._spec is None
            self._spec, self._is_open = [], True
        elif piece == ":":  # what came before is the name of a group
            self._start()
        else:
            self._is_clean &= piece not in {">", "\\"} and _is_closed(piece)
            self._is_clean &= self._spec is None or not piece.strip()
            self._words.append(piece)

    def _add_to_spec(self, piece: str) -> None:
        if piece == ">":
            self._is_open = False
        elif piece == ":":  # a route (RFC 5322 section 4.4), which mail servers ignore
            self._spec = []
        elif self._spec is not None:
            self._is_clean &= piece not in {",", ";", "<"} and _is_closed(piece)
            self._spec.append(piece)

    def _after_comment(self, at: int) -> int:
        depth = 1
        for sign in _IN_COMMENT.finditer(self._text, at):
            depth += {"(": 1, ")": -1}.get(sign[0], 0)
            if not depth:
                return sign.end()
        self._is_clean = False
        return len(self._text)

    def _finished(self) -> Iterator[Mailbox]:
        words = "".join(self._words).strip()
        if self._spec is not None:
            yield Mailbox(_unquoted(words), "".join(self._spec).strip(), self._is_clean)
        elif words or not self._is_clean:
            yield Mailbox("", words, self._is_clean)
        self._start()


def _is_closed(piece: str) -> bool:
    if piece.startswith('"'):
        return _QUOTED.fullmatch(piece) is not None
    return not piece.startswith("[") or piece.endswith("]")


def _unquoted(words: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), words)
