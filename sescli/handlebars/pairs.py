"""Template data of the command line: `name=Jane`, and `order.id=5` for the `id` of the object `order`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.handlebars.errors import TemplateDataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def set_pairs(data: dict[str, Any], pairs: Sequence[str]) -> dict[str, Any]:
    """`data` with each `KEY=VALUE` set in it; every value is a text.

    A dot in the key leads into an object, as it does in {{order.id}}: SES finds nothing under a key that has a
    dot in it. The later pair wins. Raises TemplateDataError for what is no pair and for a way through a value
    that is no object.
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
        raise TemplateDataError(f"'{pair}' is not KEY=VALUE", hint=f"--data-file {pair[1:]} reads a file")
    if not equals or not all(path.split(".")):
        raise TemplateDataError(f"'{pair}' is not KEY=VALUE", hint="write it as --data name=Jane")
    return path, value


def _inside(place: dict[str, Any], name: str, path: str, so_far: str) -> dict[str, Any]:
    inner = place.setdefault(name, {})
    if not isinstance(inner, dict):
        kind = "a list" if isinstance(inner, list) else "a single value"
        raise TemplateDataError(f"--data {path}: {so_far} is {kind}, so nothing can be set inside it")
    return inner
