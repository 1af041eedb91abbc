"""The syntax tree of a template part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """`../order.lines.[0]`: up one level, then three names. `data` is true for `@index` and similar names."""

    names: tuple[str, ...]
    up: int = 0
    data: bool = False
    # `this.x` and `./x` never mean a block parameter called x.
    scoped: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """`(lookup base key)`: the only helper that returns a value."""

    base: Expression
    key: Expression


Expression: TypeAlias = Path | Literal | Lookup


@dataclass(frozen=True, slots=True)
class OutputTag:
    """`{{value}}`. `call` is the text of a call such as `upper name`, whose result in SES is not known."""

    value: Expression
    call: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """`{{#helper subject as |a b|}} body {{else}} inverse {{/helper}}`; helper: if, unless, each, with, section.

    A section is `{{#subject}}`: its number is `section`.
    """

    helper: str
    subject: Expression
    params: tuple[str, ...]
    body: tuple[Node, ...]
    inverse: tuple[Node, ...]
    section: int = -1


@dataclass(frozen=True, slots=True)
class Inline:
    name: str
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    name: str
    context: Expression | None
    hash: tuple[tuple[str, Expression], ...]
    offset: int


Node: TypeAlias = OutputTag | Block | Inline | Partial


@dataclass(frozen=True, slots=True)
class HelperCall:
    """The content of one tag: a head, its arguments, its `key=value` pairs and its `as |…|` names."""

    head: Expression
    args: tuple[Expression, ...]
    hash: tuple[tuple[str, Expression], ...]
    params: tuple[str, ...]
    offset: int
