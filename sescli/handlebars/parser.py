r"""Parse the text of a template part into its syntax tree, with the position of every output.

Escapes (`\{{`), comments, raw blocks, string literals and white-space control (`{{~x~}}`) are read as by the lexer
of handlebars.js, so that a `}}` inside them does not close a tag.
"""

from __future__ import annotations

import re
from typing import NoReturn

from sescli.handlebars.doubts import Doubt, call_doubt, inverse_doubt, section_doubt
from sescli.handlebars.nodes import Block, HelperCall, Inline, Literal, OutputTag, Partial, Path
from sescli.handlebars.syntax import ExpressionParser, fault, position_of, unknown
from sescli.handlebars.tags import (
    BLOCK_HELPERS,
    COMMENT,
    ELSE,
    MUSTACHE,
    RAW,
    TRIPLE,
    VALUE_HELPERS,
    Frame,
    Parsed,
    PlacedExpression,
    SectionTags,
)

# The parser of the engine recurses on the C stack and crashes at a depth of about 5,000.
_DEEPEST = 100
_MOST_CALLS = 10_000


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._frames = [Frame("", 0)]
        self._outputs: list[PlacedExpression] = []
        self._inlines: dict[str, Frame] = {}
        self._sections: list[SectionTags] = []
        self._edits: list[tuple[int, int, str]] = []
        self._doubts: list[Doubt] = []

    def parse(self) -> Parsed:
        position = 0
        while (position := self._source.find("{{", position)) >= 0:
            position = self._escaped(position) or self._mustache(position)
        if len(self._frames) > 1:
            open_ = self._frames[-1]
            closing = "{{/" + open_.name.removeprefix("*") + "}}"
            self._fail(open_.offset, f"{{{{#{open_.name}}}}} is not closed: {closing} is missing")
        return Parsed(
            tuple(self._frames[0].body),
            tuple(self._outputs),
            tuple(self._sections),
            tuple(self._edits),
            tuple(self._doubts),
        )

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
        match = (TRIPLE if triple else MUSTACHE).match(self._source, position)
        if match is None:
            braces = "{{{" if triple else "{{"
            self._fail(position, f"this {braces} is not closed by {'}}}' if triple else '}}'}")
        self._dispatch(match, position)
        return match.end()

    def _raw(self, position: int) -> int:
        match = RAW.match(self._source, position)
        if match is None:
            self._fail(position, "this raw block {{{{…}}}} is not closed")
        if match["name"] != "raw":
            self._doubtful(position, f"SES documents no helper '{match['name']}'")
        return match.end()

    def _comment(self, position: int) -> int:
        match = COMMENT.match(self._source, position)
        if match is None:
            self._fail(position, "this comment is not closed")
        if self._source[position + 2] == "~" or match.group().endswith("~}}"):
            self._doubtful(position, "white-space control (~) does not work on a comment")
        return match.end()

    def _dispatch(self, match: re.Match[str], position: int) -> None:
        sigil, inside = match["sigil"] or "", match["inside"]
        chain = ELSE.match(inside) if not sigil else None
        if chain is not None and match.re is MUSTACHE:
            self._else(position, match, chain)
        elif sigil == "^" and not inside.strip():
            self._turn(position)
        elif sigil in {"", "&"}:
            self._output(match, position)
        elif sigil == "/":
            self._close(match, position)
        elif sigil == "#":
            self._open_tag(match, position)
        elif sigil == "#*":
            self._inline(self._call(match), position)
        elif sigil == ">":
            self._partial(self._call(match), position)
        elif sigil == "^":
            self._inverse(match, position)
        else:
            self._doubtful(
                position,
                "SES documents no partial blocks: define the partial with {{#*inline}} and call it with {{>}}",
            )

    def _call(self, match: re.Match[str], *, start: int | None = None) -> HelperCall:
        first = match.start("inside") if start is None else start
        return ExpressionParser(self._source, first, match.end("inside")).call(what="this mustache")

    def _output(self, match: re.Match[str], position: int) -> None:
        parser = ExpressionParser(self._source, match.start("inside"), match.end("inside"))
        call = parser.call(what="this mustache")
        if _bare_name(call) == "log":
            return
        if (call.args or call.hash) and _is_unknown_helper(call):
            node = self._unknown_call(match, call, position)
        elif call.args or call.hash or _bare_name(call) in BLOCK_HELPERS | VALUE_HELPERS:
            value = parser.lookup(call.head, call.args, position)
            node = OutputTag(value)
        elif isinstance(call.head, Literal):
            self._doubtful(position, f"{call.head.value!r} is not the name of a variable")
        else:
            node = OutputTag(call.head)
        self._frames[-1].nodes.append(node)
        text = match["inside"].strip()
        if node.call:
            text = text.split()[0]
        self._outputs.append(
            PlacedExpression(position, match.end(), match["left"], match["right"], text, node)
        )

    def _unknown_call(self, match: re.Match[str], call: HelperCall, position: int) -> OutputTag:
        """`{{upper name}}`, or a name with a space. SES may look up the first word as a variable."""
        inside = " ".join(match["inside"].split())
        plain = not call.hash and all(isinstance(arg, Path) for arg in call.args)
        self._doubt(position, call_doubt(inside, inside.split()[0], plain=plain))
        return OutputTag(call.head, inside)

    def _open_tag(self, match: re.Match[str], position: int) -> None:
        call = self._call(match)
        if isinstance(call.head, Path) and not (call.args or call.hash) and _is_unknown_helper(call):
            name = re.split(r"\s+as\s+\|", match["inside"].strip())[0]
            self._doubt(position, section_doubt(name))
            self._push(Frame(name, position, call, helper="section", opening=match.start("inside")))
        else:
            self._open(call, position, chained=False)

    def _inverse(self, match: re.Match[str], position: int) -> None:
        """`{{^name}}…{{/name}}`: rendered as `unless`."""
        call, name = self._call(match), match["inside"].strip()
        if call.args or call.hash or call.params or not isinstance(call.head, Path):
            self._doubtful(position, inverse_doubt(name)[0])
        self._doubt(position, inverse_doubt(name))
        self._edits.append((match.start("sigil"), match.end("sigil"), "#unless "))
        self._push(Frame(name, position, call, helper="unless"))

    def _open(self, call: HelperCall, position: int, *, chained: bool) -> None:
        name = _bare_name(call)
        if name not in BLOCK_HELPERS:
            message = f"SES documents no block helper '{name or '(…)'}'"
            raise unknown(self._source, position, message, hint="SES documents if, unless, each and with")
        if len(call.args) != 1:
            self._doubtful(position, f"{{{{#{name}}}}} needs one value, and {len(call.args)} are given")
        if call.hash:
            self._doubtful(position, f"{{{{#{name}}}}} does not accept name=value")
        self._push(Frame(name, position, call, chained=chained))

    def _push(self, frame: Frame) -> None:
        if len(self._frames) > _DEEPEST:
            self._doubtful(frame.offset, f"blocks are nested more than {_DEEPEST} levels deep")
        self._frames.append(frame)

    def _else(self, position: int, match: re.Match[str], chain: re.Match[str]) -> None:
        self._turn(position)
        if chain["chain"]:
            start = match.start("inside") + chain.start("chain")
            self._open(self._call(match, start=start), position, chained=True)

    def _turn(self, position: int) -> None:
        frame = self._frames[-1]
        if frame.call is None:
            self._doubtful(position, "{{else}} is outside of any block")
        if frame.inverse is not None:
            self._doubtful(position, f"a second {{{{else}}}} in the same {{{{#{frame.name}}}}}")
        frame.inverse = []

    def _close(self, match: re.Match[str], position: int) -> None:
        name, frame = match["inside"].strip(), self._frames.pop()
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
            self._frames[-1].nodes.append(_block(frame, len(self._sections)))
            if frame.helper == "section":
                self._sections.append(SectionTags(frame.opening, match.span("inside")))
            elif frame.helper:
                self._edits.append((*match.span("inside"), frame.helper))
        else:
            self._frames[-1].nodes.append(Inline(frame.inline_name, tuple(frame.body)))

    def _inline(self, call: HelperCall, position: int) -> None:
        name = call.args[0] if len(call.args) == 1 else None
        if _bare_name(call) != "inline" or not isinstance(name, Literal) or not isinstance(name.value, str):
            self._doubtful(position, 'only {{#*inline "name"}} is supported here')
        if name.value in self._inlines:
            self._doubtful(position, f"the partial '{name.value}' is defined twice")
        self._inlines[name.value] = Frame("*inline", position, inline_name=name.value)
        self._frames.append(self._inlines[name.value])

    def _partial(self, call: HelperCall, position: int) -> None:
        name = call.head.value if isinstance(call.head, Literal) else _bare_name(call)
        if not isinstance(name, str) or not name:
            self._doubtful(position, "the name of a partial must be a plain name")
        if name in {frame.inline_name for frame in self._frames}:
            self._doubtful(position, f"the partial '{name}' calls itself")
        if name not in self._inlines:
            raise unknown(
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

    def _count(self, frame: Frame, calls: int, depth: int, position: int) -> None:
        """Count calls and depth of a frame. Partials that call partials multiply: ten lines can make a billion calls."""
        frame.calls += calls
        frame.depth = max(frame.depth, depth)
        if frame.calls > _MOST_CALLS or frame.depth > _DEEPEST:
            self._doubtful(
                position,
                f"partials make more than {_MOST_CALLS} calls, or are nested more than {_DEEPEST} levels deep",
            )

    def _doubt(self, offset: int, message: tuple[str, str]) -> None:
        self._doubts.append(Doubt(*position_of(self._source, offset), *message))

    def _doubtful(self, offset: int, message: str) -> NoReturn:
        """Stop at syntax that SES may support and sescli does not."""
        raise unknown(self._source, offset, message)

    def _fail(self, offset: int, message: str) -> NoReturn:
        raise fault(self._source, offset, message)


def _bare_name(call: HelperCall) -> str:
    head = call.head
    bare = isinstance(head, Path) and len(head.names) == 1 and not (head.up or head.data or head.scoped)
    return head.names[0] if bare and isinstance(head, Path) else ""


def _is_unknown_helper(call: HelperCall) -> bool:
    return isinstance(call.head, Path) and _bare_name(call) not in BLOCK_HELPERS | VALUE_HELPERS


def _block(frame: Frame, section: int = -1) -> Block:
    call = frame.call
    if call is None:
        raise ValueError(frame.name)
    inverse = tuple(frame.inverse or ())
    if frame.helper:
        return Block(frame.helper, call.head, call.params, tuple(frame.body), inverse, section)
    return Block(frame.name, call.args[0], call.params, tuple(frame.body), inverse)


def parse(source: str) -> Parsed:
    """Parse a template part.

    Raises `TemplateSyntaxError` with line and column for braces and blocks that do not close, and `UnknownSyntax` for
    what sescli cannot read and SES may support.
    """
    return _Parser(source).parse()
