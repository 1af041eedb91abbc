"""The Handlebars engine for offline rendering, checks of bulk rows, and the local SES emulator.

pyhandlebars (handlebars-rust) renders. This module adds what SES does differently: no HTML escaping, only the helpers
of SES, numbers and lists printed as in handlebars.js, and the names of all variables that a row lacks. For the
reasons see docs/adr/0001-handlebars-engine.md.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyhandlebars

from sescli.handlebars.errors import (
    MissingVariable,
    RenderingUnknown,
    TemplateDataError,
    TemplateSyntaxError,
    UnknownSyntax,
)
from sescli.handlebars.nodes import Block, Inline, Node, OutputTag, Path
from sescli.handlebars.parser import parse
from sescli.handlebars.reserved import PLACEHOLDERS
from sescli.handlebars.tracking import TrackedContext
from sescli.handlebars.variables import variables

if TYPE_CHECKING:
    from sescli.handlebars.doubts import Doubt
    from sescli.handlebars.tags import Parsed, PlacedExpression

__all__ = [
    "Compiled",
    "MissingVariable",
    "RenderingUnknown",
    "TemplateDataError",
    "TemplateSyntaxError",
    "UnknownSyntax",
    "compile",
]

# A plain variable of one of these names would call the helper of handlebars-rust.
_ENGINE_HELPERS = frozenset({"len", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not", "raw"})
# The engine needs time for the square of the number of expressions: 5,000 take less than a second, 80,000 minutes.
MAX_EXPRESSIONS = 5_000
_PRINT = "sescliprint"
_PLAIN = frozenset({str, bool, type(None)})
_PLACE = re.compile(r'in "[^"]*":(\d+):(\d+)')
_PLACE_OF_DATA = re.compile(r"line (\d+), col (\d+)")
# Of one part, where the sections of a row are lists and those of another row are not.
_MOST_ENGINES = 64
_REASON = re.compile(r"reason: (.*)|Template error: (.*)")


class Compiled:
    """One part of a template (subject, text or HTML), parsed once.

    `variables` are the paths that the part reads from the root of the data, in order; `lines[].price` is a key that
    each element of a list must have.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        if (count := source.count("{{")) > MAX_EXPRESSIONS:
            raise TemplateSyntaxError(
                f"has {count:,} expressions; sescli supports up to {MAX_EXPRESSIONS:,} in one part", 1, 1
            )
        self._parsed = parse(source)
        self._partials = {inline.name: inline for inline in _inlines(self._parsed.nodes)}
        self.variables: tuple[str, ...] = variables(self._parsed.nodes, self._partials)
        # Variables that every row needs are compared as one set; only the other nodes are walked per row.
        self._always, self._walked = _split(self._parsed.nodes)
        self._always_keys = frozenset(self._always)
        # With these variables nothing is missing for any values; None if that depends on the values.
        self.enough = None if self._walked else self._always_keys
        # Without a block helper the engine does not accept a section, so there is one engine for each set of helpers.
        self._engines: dict[tuple[bool, tuple[str, ...]], pyhandlebars.Template[Any]] = {}
        self._engine_for(is_printing=False, sections={})

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What the part uses and SES does not document."""
        return self._parsed.doubts

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The names that SES fills in, of those in `PLACEHOLDERS`, as far as the part has them."""
        return frozenset(name for name in PLACEHOLDERS if name in self.source)

    @property
    def calls(self) -> tuple[str, ...]:
        """The texts of tags such as `{{First Name}}`."""
        return tuple(placed.node.call for placed in self._parsed.outputs if placed.node.call)

    @property
    def plain_names(self) -> tuple[str, ...]:
        """The variables that every row needs: those outside of all blocks."""
        return self._always

    def missing(self, data: Mapping[str, Any]) -> list[str]:
        """The variables that this row lacks, in order.

        The subject of `if` and `unless` may be absent; the branch of a condition that is not used needs nothing.
        """
        absent = [] if data.keys() >= self._always_keys else [n for n in self._always if n not in data]
        if self._walked:
            absent += TrackedContext(data, self._partials).run(self._walked).missing
        return list(dict.fromkeys(absent)) if absent else absent

    def render(self, data: Mapping[str, Any], *, strict: bool = True) -> str:
        """Render one row of data. As in SES, nothing is HTML-escaped.

        Raises `MissingVariable` if `strict` (SES reports a Rendering Failure event), `TemplateDataError` for data that
        is not JSON, and `RenderingUnknown` where the result of SES is not known. Without `strict`, an absent variable
        prints nothing.
        """
        reading = self.read(data)
        if strict and reading.missing:
            raise MissingVariable(next(iter(reading.missing)))
        if strict and reading.unsure:
            raise MissingVariable(next(iter(reading.unsure)))
        return self.render_read(reading, data)

    def read(self, data: Mapping[str, Any]) -> TrackedContext:
        """What this row lacks, and where the result of SES is not known."""
        return TrackedContext(data, self._partials).run(self._parsed.nodes)

    def render_read(self, reading: TrackedContext, data: Mapping[str, Any]) -> str:
        """Render a row that was read with `read`."""
        if reading.list_keys or reading.is_mixed:
            raise RenderingUnknown(next(iter(reading.list_keys), None))
        template = self._engine_for(is_printing=reading.prints_container, sections=reading.sections)
        try:
            values = _json(data, "")
            return str(template.format({**PLACEHOLDERS, **values} if self.placeholders else values))
        except UnicodeEncodeError as error:
            raise TemplateDataError(
                f"the data contains {error.object[error.start]!r}, half of a surrogate pair"
            ) from error
        except pyhandlebars.PyHandlebarsError as error:
            place = _PLACE_OF_DATA.search(str(error))
            raise RenderingUnknown(None, (int(place[1]), int(place[2])) if place else None) from error

    def _engine_for(self, *, is_printing: bool, sections: Mapping[int, str]) -> pyhandlebars.Template[Any]:
        """The engine's template, with these block helpers in its sections.

        With `is_printing`, every output goes through the `_print` helper: slower, for rows that print a list.
        """
        helpers = tuple(sections.get(number, "if") for number in range(len(self._parsed.sections)))
        if (is_printing, helpers) not in self._engines:
            if len(self._engines) >= _MOST_ENGINES:
                self._engines.clear()
            rewritten = _rewrite(self.source, self._parsed, _printed if is_printing else _verbatim, helpers)
            self._engines[is_printing, helpers] = _engine(rewritten, self.source)
        return self._engines[is_printing, helpers]


def compile(source: str) -> Compiled:  # noqa: A001 - as in `re.compile`
    """Parse one part of a template.

    Raises `TemplateSyntaxError` with line and column for braces and blocks that do not close, and `UnknownSyntax` for
    what sescli cannot read and SES may support.
    """
    return Compiled(source)


def _inlines(nodes: tuple[Node, ...]) -> list[Inline]:
    found: list[Inline] = []
    for node in nodes:
        if isinstance(node, Inline):
            found += [node, *_inlines(node.body)]
        elif isinstance(node, Block):
            found += _inlines(node.body) + _inlines(node.inverse)
    return found


def _split(nodes: tuple[Node, ...]) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """The plain variables that the top level prints, and the other nodes."""
    names: dict[str, None] = {}
    rest: list[Node] = []
    for node in nodes:
        value = node.value if isinstance(node, OutputTag) else None
        is_plain = isinstance(value, Path) and not (isinstance(node, OutputTag) and node.call)
        if is_plain and isinstance(value, Path) and value.data and value.names[-1] in PLACEHOLDERS:
            continue
        if is_plain and isinstance(value, Path) and len(value.names) == 1 and not value.data:
            names[value.names[0]] = None
        elif not isinstance(node, Inline):
            rest.append(node)
    return tuple(names), tuple(rest)


def _rewrite(source: str, parsed: Parsed, expression: Any, helpers: tuple[str, ...]) -> str:
    """The source with every output unescaped, `{{{…}}}`, and with block helpers in its sections."""
    edits = list(parsed.edits)
    for placed in parsed.outputs:
        text = f"{{{{{placed.left}{{{expression(placed)}}}{placed.right}}}}}"
        edits.append((placed.start, placed.end, text))
    for section, helper in zip(parsed.sections, helpers, strict=True):
        edits += [(section.opening, section.opening, f"{helper} "), (*section.closing, helper)]
    pieces: list[str] = []
    position = 0
    for start, end, text in sorted(edits):
        pieces += [source[position:start], text]
        position = end
    return "".join([*pieces, source[position:]])


def _verbatim(placed: PlacedExpression) -> str:
    if placed.expression == ".":
        return "this"  # handlebars-rust does not support a single dot
    if placed.expression in PLACEHOLDERS:
        return f"@root.[{placed.expression}]"
    return f"[{placed.expression}]" if placed.expression in _ENGINE_HELPERS else placed.expression


def _printed(placed: PlacedExpression) -> str:
    value = _verbatim(placed)
    return f"{_PRINT} {value}" if isinstance(placed.node.value, Path) else f"{_PRINT} ({value})"


def _engine(rewritten: str, source: str) -> pyhandlebars.Template[Any]:
    """A template with its own registry, so that templates do not share partials and helpers."""
    client = pyhandlebars.PyHandlebars()
    client.register_helper(_PRINT, _print)
    try:
        return pyhandlebars.Template(rewritten, client=client)
    except pyhandlebars.TemplateParseError as error:
        raise _refused(error, source) from error


def _refused(error: Exception, source: str) -> UnknownSyntax:
    """The error for syntax that `parse` accepts and the engine does not."""
    text = str(error)
    place, reason = _PLACE.search(text), _REASON.search(text)
    line = min(int(place[1]), source.count("\n") + 1) if place else 1
    message = next((part for part in reason.groups() if part), text) if reason else text
    return UnknownSyntax(f"sescli cannot read this: {message}", line, int(place[2]) if place else 1)


def _print(params: list[Any], _context: dict[str, Any]) -> str:
    return _text(params[0])


def _text(value: Any) -> str:
    """Print a value as handlebars.js does: `true`, nothing for null, `1,2` for a list, `[object Object]`."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    return json.dumps(value)


def _json(value: Any, name: str) -> Any:
    """The value for the engine, with numbers as in JavaScript: 1.0 becomes 1."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {_key(key, name): _json(item, f"{name}.{key}".lstrip(".")) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, f"{name}[]") for item in value]
    if kind is int:
        # The engine prints an approximation of numbers beyond 64 bits.
        return value if -(2**63) <= value < 2**64 else str(value)
    if kind is float and math.isfinite(value):
        return _json(int(value), name) if value.is_integer() and abs(value) < 1e21 else value  # noqa: PLR2004
    raise TemplateDataError(f"'{name}' is a {kind.__name__}, which JSON does not support; write it as text")


def _key(key: Any, name: str) -> str:
    if isinstance(key, str):
        return key
    raise TemplateDataError(f"a name in '{name or 'the data'}' is {key!r}, and JSON requires text there")
