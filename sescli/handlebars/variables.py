"""List all variables of a template, in both branches of each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.handlebars.nodes import Block, Expression, Inline, Lookup, Node, OutputTag, Partial
from sescli.handlebars.reserved import PLACEHOLDERS
from sescli.handlebars.scope import ANYTHING, Scope, bind, inside_partial, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def variables(nodes: Iterable[Node], partials: Mapping[str, Inline]) -> tuple[str, ...]:
    """The paths from the root of the data, in order of first use; `lines[].price` is a key of every line."""
    collector = _VariableCollector(partials)
    collector.walk(nodes, Scope(ANYTHING))
    return collector.names()


class _VariableCollector:
    def __init__(self, partials: Mapping[str, Inline]) -> None:
        self._names: dict[str, None] = {}
        self._partials = partials

    def names(self) -> tuple[str, ...]:
        """The collected names without `order` if `order.total` is there, or `lines` with `lines[].price`."""
        shorter = {name[:at] for name in self._names for at, sign in enumerate(name) if sign in ".["}
        return tuple(name for name in self._names if name not in shorter)

    def walk(self, nodes: Iterable[Node], scope: Scope) -> None:
        for node in nodes:
            if isinstance(node, OutputTag):
                self._note(node.value, scope)
            elif isinstance(node, Block):
                self._note(node.subject, scope)
                self.walk(node.body, _inside(node, scope))
                self.walk(node.inverse, scope)
            elif isinstance(node, Partial):
                for value in (node.context, *(value for _, value in node.hash)):
                    if value is not None:
                        self._note(value, scope)
                self.walk(self._partials[node.name].body, inside_partial(node, scope))

    def _note(self, expression: Expression, scope: Scope) -> None:
        if isinstance(expression, Lookup):
            self._note(expression.base, scope)
            self._note(expression.key, scope)
        if (name := name_of(expression, scope)) and name not in PLACEHOLDERS:
            self._names[name] = None


def _inside(node: Block, scope: Scope) -> Scope:
    # In a section the names may be those of the data or of an element, so they are listed as those of the data.
    if node.helper in {"if", "unless", "section"}:
        return scope
    inner = Scope(ANYTHING, scope, node.subject, "[]" if node.helper == "each" else "")
    inner.place = inner.key = ANYTHING
    bind(node.params, inner, None)
    return inner
