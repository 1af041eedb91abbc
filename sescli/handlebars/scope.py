"""Look up the names of a template in a row of data.

A name is a path from the root of the data: `name`, `order.total`, `lines[].price` (of every line). As in handlebars.js,
a plain name inside `each` and `with` is looked up only in their subject.

This runs on a million rows before a bulk send, so values are followed first, and the name is only built for a missing
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sescli.handlebars.nodes import Block, Expression, Literal, Lookup, Partial, Path
from sescli.handlebars.reserved import PLACEHOLDERS


class _Absent:
    """The value of a path that does not exist; false in a condition."""

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()
# Stands for all data when the variables of a template are listed: every path exists.
ANYTHING: Final = _Absent()


class Scope:
    """The context in which names are looked up: `value`, reached from `parent` by `origin`.

    `suffix` is `[]` inside `each`. `locals` are block parameters and the hash of a partial: a value, with the
    expression and scope that it came from (None if it did not come from the data).
    """

    __slots__ = ("key", "last", "locals", "origin", "parent", "place", "suffix", "value")

    def __init__(
        self, value: Any, parent: Scope | None = None, origin: Expression | None = None, suffix: str = ""
    ) -> None:
        self.value = value
        self.parent = parent
        self.origin = origin
        self.suffix = suffix
        self.place: Any = None
        self.key: Any = None
        self.last = False
        self.locals: dict[str, tuple[Any, Expression | None, Scope]] | None = None

    def outer(self, levels: int) -> Scope:
        """The scope `levels` times `../` up; the root is its own parent."""
        scope = self
        while levels and scope.parent is not None:
            scope, levels = scope.parent, levels - 1
        return scope

    def root(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def local(self, name: str) -> tuple[Any, Expression | None, Scope] | None:
        scope: Scope | None = self
        while scope is not None:
            if scope.locals is not None and name in scope.locals:
                return scope.locals[name]
            scope = scope.parent
        return None

    def counter(self, name: str) -> Any:
        """`@index`, `@key`, `@first`, `@last` of the nearest `each`; None outside of one."""
        scope: Scope | None = self
        while scope is not None and scope.place is None:
            scope = scope.parent
        if scope is None:
            return None
        return {"index": scope.place, "key": scope.key, "first": scope.place == 0, "last": scope.last}[name]

    def name(self) -> str | None:
        """The path of the value from the root; '' is the root, None a value that is not from the data."""
        if self.parent is None or self.origin is None:
            return "" if self.parent is None else None
        name = name_of(self.origin, self.parent)
        return None if name is None else name + self.suffix


def step(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, ABSENT)
    if isinstance(value, list | tuple) and key.isdecimal() and int(key) < len(value):
        return value[int(key)]
    if value is ANYTHING:
        return ANYTHING
    return value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT


def evaluate(expression: Expression, scope: Scope) -> Any:
    """The value of an expression, or ABSENT."""
    if isinstance(expression, Path):
        return _follow(expression, scope)
    if isinstance(expression, Literal):
        return expression.value
    base, key = evaluate(expression.base, scope), evaluate(expression.key, scope)
    return step(base, str(key)) if key is not ABSENT else ABSENT


def _follow(path: Path, scope: Scope) -> Any:
    names = path.names
    if path.up:
        scope = scope.outer(path.up)
    if path.data:
        if names[0] != "root":
            return scope.counter(names[0])
        value, names = scope.root().value, names[1:]
        if names and names[0] in PLACEHOLDERS and step(value, names[0]) is ABSENT:
            return PLACEHOLDERS[names[0]]
    elif names and not path.scoped and (local := scope.local(names[0])) is not None:
        value, names = local[0], names[1:]
    else:
        value = scope.value
    for name in names:
        value = step(value, name)
    return value


def name_of(expression: Expression, scope: Scope) -> str | None:
    """The path of an expression from the root of the data; None if it is not from the data."""
    if isinstance(expression, Literal):
        return None
    if isinstance(expression, Lookup):
        base, key = name_of(expression.base, scope), evaluate(expression.key, scope)
        if base is None or key is ANYTHING or evaluate(expression.base, scope) is ABSENT:
            return base
        return name_of(expression.key, scope) if key is ABSENT else _joined(base, (str(key),))
    names, scope = expression.names, scope.outer(expression.up)
    if expression.data:
        return _joined("", names[1:]) if names[0] == "root" else None
    if names and not expression.scoped and (local := scope.local(names[0])) is not None:
        _, origin, there = local
        names = names[1:]
        base = there.name() if origin is _SELF else (name_of(origin, there) if origin else None)
    else:
        base = scope.name()
    return None if base is None else _joined(base, names)


# The origin of a block parameter: the value of the scope itself.
_SELF: Final = Path(())


def _joined(base: str, names: Iterable[str]) -> str:
    return ".".join([base, *names] if base else names)


def inside_each(node: Block, subject: Any, scope: Scope) -> Iterator[Scope]:
    """Yield a scope for each element of a list or each value of an object; none for other values."""
    if isinstance(subject, list | tuple):
        entries: Iterable[tuple[Any, Any]] = enumerate(subject)
    elif isinstance(subject, Mapping):
        entries = subject.items()
    else:
        return
    for place, (key, item) in enumerate(entries):
        inner = Scope(item, scope, node.subject, "[]")
        inner.place, inner.key, inner.last = place, key, place == len(subject) - 1
        bind(node.params, inner, key)
        yield inner


def bind(params: tuple[str, ...], scope: Scope, key: Any) -> None:
    """Set the block parameters of `as |item key|`."""
    if params:
        values: tuple[tuple[Any, Expression | None, Scope], ...] = (
            (scope.value, _SELF, scope),
            (key, None, scope),
        )
        scope.locals = dict(zip(params, values, strict=False))


def inside_partial(node: Partial, scope: Scope) -> Scope:
    """The scope of the body of a partial: its context argument or that of the caller, with its hash."""
    if node.context is not None:
        inner = Scope(evaluate(node.context, scope), scope, node.context)
    else:
        inner = Scope(scope.value, scope.parent, scope.origin, scope.suffix)
        inner.place, inner.key, inner.last = scope.place, scope.key, scope.last
    inner.locals = dict(scope.locals or {}) if node.context is None else {}
    inner.locals.update((name, (evaluate(value, scope), value, scope)) for name, value in node.hash)
    return inner
