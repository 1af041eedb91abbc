"""Walk a template with a row of data: what the row lacks, and where the behavior of SES is not known.

This runs on a million rows before a bulk send, so values are followed first, and a name is only built for a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sescli.handlebars.nodes import Block, Expression, Inline, Lookup, Node, OutputTag, Partial, Path
from sescli.handlebars.scope import ABSENT, Scope, bind, evaluate, inside_each, inside_partial, name_of

# Texts that people write for "false". As every other text that is not empty, they are true in a condition.
_FALSE_TEXTS = frozenset({"false", "0", "no", "off", "n", "f", "none", "null"})
_LONGEST_FALSE = max(map(len, _FALSE_TEXTS))


class TrackedContext:
    """Evaluates a template with one row of data, without rendering it.

    `missing` collects the required variables that are absent, in order and once each. The subject of `if` and
    `unless` may be absent. `prints_container` means that the template prints a list or an object.

    What is not known of SES: `unsure` are absent names that an undocumented tag may need, with the tag. `list_keys`
    are names such as `items.length` of a list, which sescli cannot render. `false_texts` are the texts such as "no"
    that a condition counts as true. `sections` says for each section that is not empty which block it is: `each`,
    `with` or `if`.
    """

    __slots__ = (
        "_partials",
        "_root",
        "false_texts",
        "is_mixed",
        "list_keys",
        "missing",
        "prints_container",
        "sections",
        "unsure",
    )

    def __init__(self, data: Mapping[str, Any], partials: Mapping[str, Inline]) -> None:
        self.missing: dict[str, None] = {}
        self.unsure: dict[str, str] = {}
        self.list_keys: dict[str, None] = {}
        self.false_texts: dict[str, str] = {}
        self.sections: dict[int, str] = {}
        # A section is a list in one place and a value in another one.
        self.is_mixed = False
        self.prints_container = False
        self._partials = partials
        self._root = Scope(data)

    def run(self, nodes: Iterable[Node]) -> TrackedContext:
        self._walk(nodes, self._root)
        return self

    def _walk(self, nodes: Iterable[Node], scope: Scope) -> None:
        for node in nodes:
            if isinstance(node, OutputTag):
                value = self._called(node, scope) if node.call else self._need(node.value, scope)
                if isinstance(value, dict | list | tuple | Mapping):
                    self.prints_container = True
            elif isinstance(node, Block):
                self._block(node, scope)
            elif isinstance(node, Partial):
                for value in (node.context, *(value for _, value in node.hash)):
                    if value is not None:
                        self._need(value, scope)
                self._walk(self._partials[node.name].body, inside_partial(node, scope))

    def _block(self, node: Block, scope: Scope) -> None:
        if node.helper in {"if", "unless"}:
            met = self._condition(node.subject, scope) is (node.helper == "if")
            self._walk(node.body if met else node.inverse, scope)
            return
        kind, subject = node.helper, ABSENT
        if kind == "section":
            kind, subject = self._section(node, scope)
        else:
            subject = self._need(node.subject, scope)
        entered = False
        if kind == "each":
            for inner in inside_each(node, subject, scope):
                entered = True
                self._walk(node.body, inner)
        elif subject:
            entered = True
            inner = scope if kind == "if" else Scope(subject, scope, node.subject)
            bind(node.params[:1], inner, None)
            self._walk(node.body, inner)
        if not entered:
            self._walk(node.inverse, scope)

    def _condition(self, subject: Expression, scope: Scope) -> bool:
        value = evaluate(subject, scope)
        if value is ABSENT:
            self._note_list_key(subject, scope, any_key=True)
        elif type(value) is str and len(value) <= _LONGEST_FALSE and value.strip().casefold() in _FALSE_TEXTS:
            self.false_texts.setdefault(name_of(subject, scope) or "", value)
        return bool(value)

    def _section(self, node: Block, scope: Scope) -> tuple[str, Any]:
        """The block that a section is for its value, and the value. An absent one counts as false."""
        value = evaluate(node.subject, scope)
        if value is ABSENT:
            name = name_of(node.subject, scope) or ""
            self.unsure[name] = f"{{{{#{name}}}}}"
        kind = "each" if isinstance(value, list | tuple) else "if" if value is True else "with"
        if value and self.sections.setdefault(node.section, kind) != kind:
            self.is_mixed = True
        return kind, value

    def _called(self, node: OutputTag, scope: Scope) -> Any:
        value = evaluate(node.value, scope)
        if value is ABSENT:
            self.unsure[name_of(node.value, scope) or node.call] = f"{{{{{node.call}}}}}"
        return value

    def _need(self, expression: Expression, scope: Scope) -> Any:
        value = evaluate(expression, scope)
        if (
            value is ABSENT
            and not self._note_list_key(expression, scope)
            and (name := name_of(expression, scope))
        ):
            self.missing[name] = None
        return value

    def _note_list_key(self, expression: Expression, scope: Scope, *, any_key: bool = False) -> bool:
        """Note `length` of a list or a text; with `any_key` also other keys of a list."""
        name = _list_key(expression, scope, any_key=any_key)
        if name is not None:
            self.list_keys[name] = None
        return name is not None


def _list_key(expression: Expression, scope: Scope, *, any_key: bool) -> str | None:
    if isinstance(expression, Lookup):
        base, key = evaluate(expression.base, scope), evaluate(expression.key, scope)
        return (
            name_of(expression, scope) if key == "length" and isinstance(base, list | tuple | str) else None
        )
    if not isinstance(expression, Path):
        return None
    names = expression.names
    for end in range(1 if expression.data else 0, len(names)):
        base = evaluate(Path(names[:end], expression.up, expression.data, expression.scoped), scope)
        if base is ABSENT:
            return None
        is_list = isinstance(base, list | tuple)
        if (names[end] == "length" and (is_list or isinstance(base, str))) or (
            any_key and is_list and not names[end].isdecimal()
        ):
            return name_of(expression, scope)
    return None
