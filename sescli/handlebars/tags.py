"""The tags of a template: how they are found, and what the parser keeps of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sescli.handlebars.doubts import Doubt
    from sescli.handlebars.nodes import HelperCall, Node, OutputTag

BLOCK_HELPERS = frozenset({"if", "unless", "each", "with"})
VALUE_HELPERS = frozenset({"lookup", "log"})

_INSIDE = r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^\]]*\]|[^"'\[{}])*?"""
MUSTACHE = re.compile(
    rf"\{{\{{(?P<left>~?)(?P<sigil>\#\*|\#>|\#|/|\^|>|&)?(?P<inside>{_INSIDE})(?P<right>~?)\}}\}}", re.DOTALL
)
TRIPLE = re.compile(
    rf"\{{\{{(?P<left>~?)\{{(?P<inside>{_INSIDE})\}}(?P<right>~?)\}}\}}(?P<sigil>)?", re.DOTALL
)
COMMENT = re.compile(r"\{\{~?!(?:--(?P<long>.*?)--~?|(?!--)(?P<short>.*?))\}\}", re.DOTALL)
RAW = re.compile(r"\{\{\{\{\s*(?P<name>[^\s{}]+)\s*\}\}\}\}.*?\{\{\{\{/(?P=name)\}\}\}\}", re.DOTALL)
ELSE = re.compile(r"\s*else(?:\s+(?P<chain>.+))?\s*\Z", re.DOTALL)


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
class SectionTags:
    """The places of a section `{{#name}}…{{/name}}`: where its block helper goes, and the name in its closing tag."""

    opening: int
    closing: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The syntax tree, the place of each output, and what SES does not document.

    `edits` are texts to replace before the engine reads the source, as (start, end, text).
    """

    nodes: tuple[Node, ...]
    outputs: tuple[PlacedExpression, ...]
    sections: tuple[SectionTags, ...]
    edits: tuple[tuple[int, int, str], ...]
    doubts: tuple[Doubt, ...]


@dataclass(slots=True)
class Frame:
    """An open block: the tag that opened it, and the nodes of its two branches."""

    name: str
    offset: int
    call: HelperCall | None = None
    # The helper where it is not `name`: `section` for {{#name}}, `unless` for {{^name}}.
    helper: str = ""
    opening: int = 0
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
