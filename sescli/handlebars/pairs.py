"""Template data on the command line: `name=Jane`, and `order.id=5` for the `id` of the object `order`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.handlebars.errors import TemplateDataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def set_pairs(data: dict[str, Any], pairs: Sequence[str]) -> dict[str, Any]:
    """Set each `KEY=VALUE` in `data`; every value is text.

    A dot in the key separates an object from its key, as in {{order.id}}: SES finds nothing under a key with a dot.
    A later pair overrides an earlier one. Raises `TemplateDataError` for text without `=`, and for a key inside a
    value that is not an object.
    """
    for pair in pairs:
        path, value = _parted(pair)
        *way, last = path.split(".")
        place = data
        for position, name in enumerate(way):
            place = _inside(place, name, path, ".".join(way[: position + 1]))
        place[last] = value
    return data


def _parted(pair: str) -> tuple[str, str]:
    path, equals, value = pair.partition("=")
    if pair.startswith("@"):
        raise TemplateDataError(
            f"'{pair}' is not KEY=VALUE", hint=f"to read a file, use --data-file {pair[1:]}"
        )
    if not equals or not all(path.split(".")):
        raise TemplateDataError(f"'{pair}' is not KEY=VALUE", hint="write it as --data name=Jane")
    return path, value


def _inside(place: dict[str, Any], name: str, path: str, so_far: str) -> dict[str, Any]:
    inner = place.setdefault(name, {})
    if not isinstance(inner, dict):
        kind = "a list" if isinstance(inner, list) else "a single value"
        raise TemplateDataError(f"--data {path}: {so_far} is {kind}, which has no keys")
    return inner
