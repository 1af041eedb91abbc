"""octoDNS: the YAML file of a zone, with relative record names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sescli.dns.formats.grouping import record_sets
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record

_HEAD = "# For octoDNS with escaped_semicolons: true (the default before 2.0).\n"


def render(records: Sequence[Record], zone: str) -> str:
    """Render names and keys in the order that octoDNS requires. Raises `UsageError` for a record outside the zone."""
    import yaml

    names: dict[str, list[dict[str, Any]]] = {}
    for group in record_sets(records):
        names.setdefault(_relative(group[0].name, zone), []).append(_entry(group))
    tree = {
        name: _one_or_all(sorted(names[name], key=lambda entry: entry["type"]))
        for name in sorted(names, key=_in_order)
    }
    text: str = yaml.safe_dump(
        tree, explicit_start=True, sort_keys=False, width=1_000_000, allow_unicode=False
    )
    return f"{_HEAD}{text}"


def _in_order(name: str) -> list[str | int]:
    """The order of octoDNS (natsort): numbers in a name sort by value, so 2a is before 10a."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def _relative(name: str, zone: str) -> str:
    if name == zone:
        return ""
    if not name.endswith(f".{zone}"):
        raise UsageError(
            f"{name} is not in the zone {zone}", hint="for --zone, use the domain or a parent domain"
        )
    return name.removesuffix(f".{zone}")


def _entry(group: Sequence[Record]) -> dict[str, Any]:
    values = [_value(record) for record in group]
    several: dict[str, Any] = {"values": values} if len(values) > 1 else {"value": values[0]}
    return {"ttl": group[0].ttl, "type": group[0].type, **several}


def _value(record: Record) -> Any:
    value = record.value or ""
    if record.type == "TXT":
        return _text(value)
    if record.type == "MX":
        return {"exchange": f"{value}.", "preference": record.priority}
    return f"{value}."


def _text(value: str) -> str:
    """Escape semicolons, as octoDNS requires. It splits long values itself.

    octoDNS would change some values with quotes and backslashes. Those raise `UsageError`.
    """
    if value.startswith('"') or '" "' in value or "\\;" in value:
        raise UsageError(
            f"octoDNS cannot represent the TXT value {value!r}",
            hint="use another --format, such as zone or route53",
        )
    return value.replace(";", "\\;")


def _one_or_all(entries: list[dict[str, Any]]) -> Any:
    return entries if len(entries) > 1 else entries[0]
