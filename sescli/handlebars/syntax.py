"""Parse the expressions in a template part.

Only what SES documents is supported: substitution, nested paths, `each`, `if`, `unless`, `with`, `lookup` and inline
partials (Amazon SES developer guide, "Advanced email personalization"). The grammar is that of handlebars.js.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sescli.handlebars.errors import TemplateSyntaxError, UnknownSyntax
from sescli.handlebars.nodes import Expression, HelperCall, Literal, Lookup, Path
from sescli.handlebars.reserved import PLACEHOLDERS

if TYPE_CHECKING:
    from sescli.advice import Hint


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
      | (?P<block>as\s+\|[^|]*\|)
      | (?P<number>-?\d+(?:\.\d+)?(?=[\s)=~}/.]|$))
      | (?P<open>\() | (?P<close>\)) | (?P<equals>=)
      | (?P<bracket>\[[^\]]*\])
      | (?P<up>\.\.(?=[\s)~}/]|$)) | (?P<dot>\.(?=[\s)~}/]|$)) | (?P<sep>[./])
      | (?P<at>@)
      | (?P<id>[^\s!"\#%-,./;->@\[-^`{-~]+)""",
    re.VERBOSE | re.DOTALL,
)
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_DATA_NAMES = frozenset({"root", "index", "key", "first", "last"})
_NESTED_CALLS = 20


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


class ExpressionParser:
    """Parses the content between the braces of one tag of `source`."""

    def __init__(self, source: str, start: int, end: int) -> None:
        self._source = source
        self._start = start
        self._tokens = self._tokenize(start, end)
        self._next = 0

    def call(self, *, what: str) -> HelperCall:
        """Parse `head arg… key=value… as |names|`; `what` names the tag in messages."""
        self._skip_space()
        if self._peek() is None:
            self._fail(self._start, f"{what} is empty")
        offset = self._tokens[self._next].offset
        head = self._expression()
        args: list[Expression] = []
        pairs: list[tuple[str, Expression]] = []
        params: tuple[str, ...] = ()
        while self._gap(what) and (token := self._peek()) is not None:
            if token.kind == "block":
                params = tuple(token.text[token.text.index("|") + 1 : -1].split())
                self._next += 1
            elif self._at_pair():
                pairs.append(self._pair())
            else:
                args.append(self._expression())
        return HelperCall(head, tuple(args), tuple(pairs), params, offset)

    def _tokenize(self, start: int, end: int) -> list[_Token]:
        tokens: list[_Token] = []
        position = start
        while position < end:
            match = _TOKEN.match(self._source, position, end)
            if match is None:
                self._fail(position, f"{self._source[position]!r} is not allowed here")
            tokens.append(_Token(match.lastgroup or "", match.group(), position))
            position = match.end()
        return tokens

    def _peek(self, ahead: int = 0) -> _Token | None:
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _skip_space(self) -> bool:
        token = self._peek()
        if token is None or token.kind != "space":
            return False
        self._next += 1
        return True

    def _gap(self, what: str) -> bool:
        """Skip the white space between two arguments; False at the end."""
        spaced = self._skip_space()
        token = self._peek()
        if token is None:
            return False
        if not spaced:
            self._fail(token.offset, f"{token.text!r} is not allowed here in {what}")
        return True

    def _at_pair(self) -> bool:
        name, equals = self._peek(), self._peek(1)
        return bool(name and equals and name.kind in {"id", "bracket"} and equals.kind == "equals")

    def _pair(self) -> tuple[str, Expression]:
        name = self._tokens[self._next].text.strip("[]")
        self._next += 2
        return name, self._expression()

    def _expression(self, depth: int = 0) -> Expression:
        token = self._peek()
        if token is None:
            self._fail(self._start, "a value is missing")
        if token.kind == "string":
            self._next += 1
            return Literal(re.sub(r"\\(.)", r"\1", token.text[1:-1]))
        if token.kind == "number" and not self._is_path_part(1):
            self._next += 1
            return Literal(float(token.text) if "." in token.text else int(token.text))
        if token.kind == "open":
            return self._lookup(token, depth + 1)
        if token.kind == "id" and token.text in _LITERALS and not self._is_path_part(1):
            self._next += 1
            return Literal(_LITERALS[token.text])
        return self._path(token)

    def _is_path_part(self, ahead: int) -> bool:
        token = self._peek(ahead)
        return token is not None and token.kind == "sep"

    def _lookup(self, opening: _Token, depth: int) -> Expression:
        if depth > _NESTED_CALLS:
            self._fail(opening.offset, f"expressions are nested more than {_NESTED_CALLS} levels deep")
        self._next += 1
        parts: list[Expression] = []
        self._skip_space()
        while (token := self._peek()) is not None and token.kind != "close":
            parts.append(self._expression(depth))
            if not self._skip_space() and (after := self._peek()) is not None and after.kind != "close":
                self._fail(after.offset, f"{after.text!r} is not allowed here")
        if token is None:
            self._fail(opening.offset, "this '(' is not closed")
        self._next += 1
        if not parts:
            self._fail(opening.offset, "() is empty")
        return self.lookup(parts[0], tuple(parts[1:]), opening.offset)

    def lookup(self, head: Expression, args: tuple[Expression, ...], offset: int) -> Lookup:
        """Parse `lookup base key`; another helper is an error."""
        name = ".".join(head.names) if isinstance(head, Path) else str(head)
        if name != "lookup":
            raise self.fault(
                offset,
                f"SES documents no helper '{name}'",
                hint="compute the value before you send",
            )
        if len(args) != 2:  # noqa: PLR2004 - the container and the key
            self._fail(offset, "lookup needs two values: a list or object, and the key")
        return Lookup(args[0], args[1])

    def _path(self, first: _Token) -> Path:
        data = first.kind == "at"
        if data:
            self._next += 1
        up, scoped = self._leading()
        names = self._names(first, needed=not (up or scoped))
        if data and (not names or names[0] not in _DATA_NAMES):
            known = ", ".join(f"@{name}" for name in sorted(_DATA_NAMES))
            self._fail(first.offset, f"SES does not document '@{'.'.join(names)}'; known names: {known}")
        if len(names) == 1 and names[0] in PLACEHOLDERS and not (up or data or scoped):
            return Path(("root", *names), data=True)
        return Path(names, up, data, scoped)

    def _leading(self) -> tuple[int, bool]:
        """Parse `../../`, `./`, `this.`: the levels up, and whether the path is bound to a context."""
        up, scoped = 0, False
        while (token := self._peek()) is not None:
            this = token.kind == "id" and token.text == "this"
            if token.kind not in {"up", "dot"} and not this:
                break
            up += token.kind == "up"
            scoped = True
            self._next += 1
            if not self._is_path_part(0):
                break
            self._next += 1
        return up, scoped

    def _names(self, first: _Token, *, needed: bool) -> tuple[str, ...]:
        names: list[str] = []
        while (token := self._peek()) is not None and token.kind in {"id", "bracket", "number"}:
            # The tokenizer reads the end of `lines.0.1` as a number.
            names.extend([token.text[1:-1]] if token.kind == "bracket" else token.text.split("."))
            self._next += 1
            if not self._is_path_part(0):
                break
            self._next += 1
            needed = True
        else:
            if needed:
                self._fail(first.offset, "a name is missing here")
        return tuple(names)

    def fault(self, offset: int, message: str, *, hint: Hint | None = None) -> TemplateSyntaxError:
        return unknown(self._source, offset, message, hint=hint)

    def _fail(self, offset: int, message: str) -> NoReturn:
        raise self.fault(offset, message)


def fault(source: str, offset: int, message: str, *, hint: Hint | None = None) -> TemplateSyntaxError:
    """The error for `offset` (in characters) of a template part."""
    return TemplateSyntaxError(message, *position_of(source, offset), hint=hint)


def unknown(source: str, offset: int, message: str, *, hint: Hint | None = None) -> UnknownSyntax:
    """Like `fault`, for syntax that SES may support."""
    return UnknownSyntax(message, *position_of(source, offset), hint=hint)


def position_of(source: str, offset: int) -> tuple[int, int]:
    """Line and column, which count from 1, of an offset in characters."""
    line = source.count("\n", 0, offset) + 1
    return line, offset - (source.rfind("\n", 0, offset) + 1) + 1
