r"""Parse the text of a template part into its syntax tree, with the position of every output.

Escapes (`\{{`), comments, raw blocks, string literals and white-space control (`{{~x~}}`) are read as by the lexer
of handlebars.js, so that a `}}` inside them does not close a tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from sescli.handlebars.syntax import (
    Block,
    ExpressionParser,
    HelperCall,
    Inline,
    Literal,
    Node,
    OutputTag,
    Partial,
    Path,
    fault,
)

BLOCK_HELPERS = frozenset({"if", "unless", "each", "with"})
_VALUE_HELPERS = frozenset({"lookup", "log"})
# The parser of the engine recurses on the C stack and crashes at a depth of about 5,000.
_DEEPEST = 100
_MOST_CALLS = 10_000

_INSIDE = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^\]]*\]|[^"'\[{}])*?"""
_MUSTACHE = re.compile(
    rf"\{{\{{(?P<left>~?)(?P<sigil>\#\*|\#>|\#|/|\^|>|&)?(?P<inside>{_INSIDE})(?P<right>~?)\}}\}}", re.DOTALL
)
_TRIPLE = re.compile(
    rf"\{{\{{(?P<left>~?)\{{(?P<inside>{_INSIDE})\}}(?P<right>~?)\}}\}}(?P<sigil>)?", re.DOTALL
)
_COMMENT = re.compile(r"\{\{~?!(?:--(?P<long>.*?)--~?|(?!--)(?P<short>.*?))\}\}", re.DOTALL)
_RAW = re.compile(r"\{\{\{\{\s*(?P<name>[^\s{}]+)\s*\}\}\}\}.*?\{\{\{\{/(?P=name)\}\}\}\}", re.DOTALL)
_ELSE = re.compile(r"\s*else(?:\s+(?P<chain>.+))?\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PlacedExpression:
    """An output with its position: `source[start:end]` is the complete tag."""

    start: int
    end: int
    left: str
    right: str
    expression: str
    node: OutputTag


@dataclass(frozen=True, slots=True)
class Parsed:
    nodes: tuple[Node, ...]
    outputs: tuple[PlacedExpression, ...]


@dataclass(slots=True)
class _Frame:
    """An open block: the tag that opened it, and the nodes of its two branches."""

    name: str
    offset: int
    call: HelperCall | None = None
    # Opened by `{{else if …}}`: closed together with the enclosing block.
    chained: bool = False
    inline_name: str = ""
    # Partials called in it, with those called by partials; the depth of blocks and partials in it.
    calls: int = 0
    depth: int = 0
    body: list[Node] = field(default_factory=list)
    inverse: list[Node] | None = None

    @property
    def nodes(self) -> list[Node]:
        return self.body if self.inverse is None else self.inverse


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._frames = [_Frame("", 0)]
        self._outputs: list[PlacedExpression] = []
        self._inlines: dict[str, _Frame] = {}

    def parse(self) -> Parsed:
        position = 0
        while (position := self._source.find("{{", position)) >= 0:
            position = self._escaped(position) or self._mustache(position)
        if len(self._frames) > 1:
            open_ = self._frames[-1]
            closing = "{{/" + open_.name.removeprefix("*") + "}}"
            self._fail(open_.offset, f"{{{{#{open_.name}}}}} is not closed: {closing} is missing")
        return Parsed(tuple(self._frames[0].body), tuple(self._outputs))

    def _escaped(self, position: int) -> int | None:
        """The next position if one backslash escapes this tag; two are a backslash before a tag."""
        before = self._source[max(0, position - 2) : position]
        return position + 2 if before.endswith("\\") and before != "\\\\" else None

    def _mustache(self, position: int) -> int:
        if self._source.startswith("{{{{", position):
            return self._raw(position)
        if re.compile(r"\{\{~?!").match(self._source, position):
            return self._comment(position)
        triple = re.compile(r"\{\{~?\{").match(self._source, position) is not None
        match = (_TRIPLE if triple else _MUSTACHE).match(self._source, position)
        if match is None:
            braces = "{{{" if triple else "{{"
            self._fail(position, f"this {braces} is not closed by {'}}}' if triple else '}}'}")
        self._dispatch(match, position)
        return match.end()

    def _raw(self, position: int) -> int:
        match = _RAW.match(self._source, position)
        if match is None:
            self._fail(position, "this raw block {{{{…}}}} is not closed")
        if match["name"] != "raw":
            self._fail(position, f"SES has no helper '{match['name']}'")
        return match.end()

    def _comment(self, position: int) -> int:
        match = _COMMENT.match(self._source, position)
        if match is None:
            self._fail(position, "this comment is not closed")
        if self._source[position + 2] == "~" or match.group().endswith("~}}"):
            self._fail(position, "white-space control (~) does not work on a comment")
        return match.end()

    def _dispatch(self, match: re.Match[str], position: int) -> None:
        sigil, inside = match["sigil"] or "", match["inside"]
        chain = _ELSE.match(inside) if not sigil else None
        if chain is not None and match.re is _MUSTACHE:
            self._else(position, match, chain)
        elif sigil == "^" and not inside.strip():
            self._turn(position)
        elif sigil in {"", "&"}:
            self._output(match, position)
        elif sigil == "/":
            self._close(inside.strip(), position)
        elif sigil == "#":
            self._open(self._call(match), position, chained=False)
        elif sigil == "#*":
            self._inline(self._call(match), position)
        elif sigil == ">":
            self._partial(self._call(match), position)
        else:
            self._refuse(sigil, inside.strip(), position)

    def _refuse(self, sigil: str, inside: str, position: int) -> NoReturn:
        if sigil == "^":
            self._fail(position, f"{{{{^{inside}}}}} is not supported by SES: write {{{{#unless {inside}}}}}")
        self._fail(
            position,
            "SES does not support partial blocks: define the partial with {{#*inline}} and call it with {{>}}",
        )

    def _call(self, match: re.Match[str], *, start: int | None = None) -> HelperCall:
        first = match.start("inside") if start is None else start
        return ExpressionParser(self._source, first, match.end("inside")).call(what="this mustache")

    def _output(self, match: re.Match[str], position: int) -> None:
        parser = ExpressionParser(self._source, match.start("inside"), match.end("inside"))
        call = parser.call(what="this mustache")
        if _bare_name(call) == "log":
            return
        if call.args or call.hash or _bare_name(call) in BLOCK_HELPERS | _VALUE_HELPERS:
            value = parser.lookup(call.head, call.args, position)
            node = OutputTag(value)
        elif isinstance(call.head, Literal):
            self._fail(position, f"{call.head.value!r} is not the name of a variable")
        else:
            node = OutputTag(call.head)
        self._frames[-1].nodes.append(node)
        text = match["inside"].strip()
        self._outputs.append(
            PlacedExpression(position, match.end(), match["left"], match["right"], text, node)
        )

    def _open(self, call: HelperCall, position: int, *, chained: bool) -> None:
        name = _bare_name(call)
        if name not in BLOCK_HELPERS:
            hint = "SES supports the blocks if, unless, each and with."
            if not call.args and name:
                hint = f"Write {{{{#each {name}}}}} for a list, {{{{#if {name}}}}} for a condition."
            raise fault(self._source, position, f"SES has no block helper '{name or '(…)'}'", hint=hint)
        if len(call.args) != 1:
            self._fail(position, f"{{{{#{name}}}}} needs one value, and {len(call.args)} are given")
        if call.hash:
            self._fail(position, f"{{{{#{name}}}}} does not accept name=value")
        if len(self._frames) > _DEEPEST:
            self._fail(position, f"blocks are nested more than {_DEEPEST} levels deep")
        self._frames.append(_Frame(name, position, call, chained))

    def _else(self, position: int, match: re.Match[str], chain: re.Match[str]) -> None:
        self._turn(position)
        if chain["chain"]:
            start = match.start("inside") + chain.start("chain")
            self._open(self._call(match, start=start), position, chained=True)

    def _turn(self, position: int) -> None:
        frame = self._frames[-1]
        if frame.call is None:
            self._fail(position, "{{else}} is outside of any block")
        if frame.inverse is not None:
            self._fail(position, f"a second {{{{else}}}} in the same {{{{#{frame.name}}}}}")
        frame.inverse = []

    def _close(self, name: str, position: int) -> None:
        frame = self._frames.pop()
        if not self._frames:
            self._fail(position, f"{{{{/{name}}}}} has no block to close")
        while frame.chained:
            self._count(self._frames[-1], frame.calls, frame.depth + 1, position)
            self._frames[-1].nodes.append(_block(frame))
            frame = self._frames.pop()
        if frame.name.removeprefix("*") != name:
            opened = fault(self._source, frame.offset, "")
            self._fail(
                position,
                f"{{{{/{name}}}}} closes {{{{#{frame.name}}}}}, which was opened on line {opened.line}",
            )
        if frame.call:
            self._count(self._frames[-1], frame.calls, frame.depth + 1, position)
            self._frames[-1].nodes.append(_block(frame))
        else:
            self._frames[-1].nodes.append(Inline(frame.inline_name, tuple(frame.body)))

    def _inline(self, call: HelperCall, position: int) -> None:
        name = call.args[0] if len(call.args) == 1 else None
        if _bare_name(call) != "inline" or not isinstance(name, Literal) or not isinstance(name.value, str):
            self._fail(position, 'only {{#*inline "name"}} is supported here')
        if name.value in self._inlines:
            self._fail(position, f"the partial '{name.value}' is defined twice")
        self._inlines[name.value] = _Frame("*inline", position, inline_name=name.value)
        self._frames.append(self._inlines[name.value])

    def _partial(self, call: HelperCall, position: int) -> None:
        name = call.head.value if isinstance(call.head, Literal) else _bare_name(call)
        if not isinstance(name, str) or not name:
            self._fail(position, "the name of a partial must be a plain name")
        if name in {frame.inline_name for frame in self._frames}:
            self._fail(position, f"the partial '{name}' calls itself")
        if name not in self._inlines:
            raise fault(
                self._source,
                position,
                f"the partial '{name}' is not defined before this line",
                hint=f'define it above, in this part: {{{{#*inline "{name}"}}}}…{{{{/inline}}}}. '
                "Subject, text and HTML do not share partials.",
            )
        partial = self._inlines[name]
        self._count(self._frames[-1], partial.calls + 1, partial.depth + 1, position)
        context = call.args[0] if call.args else None
        self._frames[-1].nodes.append(Partial(name, context, call.hash, position))

    def _count(self, frame: _Frame, calls: int, depth: int, position: int) -> None:
        """Count calls and depth of a frame. Partials that call partials multiply: ten lines can make a billion calls."""
        frame.calls += calls
        frame.depth = max(frame.depth, depth)
        if frame.calls > _MOST_CALLS or frame.depth > _DEEPEST:
            self._fail(
                position,
                f"partials make more than {_MOST_CALLS} calls, or are nested more than {_DEEPEST} levels deep",
            )

    def _fail(self, offset: int, message: str) -> NoReturn:
        raise fault(self._source, offset, message)


def _bare_name(call: HelperCall) -> str:
    head = call.head
    bare = isinstance(head, Path) and len(head.names) == 1 and not (head.up or head.data or head.scoped)
    return head.names[0] if bare and isinstance(head, Path) else ""


def _block(frame: _Frame) -> Block:
    call = frame.call
    if call is None:
        raise ValueError(frame.name)
    inverse = tuple(frame.inverse or ())
    return Block(frame.name, call.args[0], call.params, tuple(frame.body), inverse)


def parse(source: str) -> Parsed:
    """Parse a template part.

    Raises `TemplateSyntaxError` with line and column for wrong syntax and for features that SES does not have.
    """
    return _Parser(source).parse()
