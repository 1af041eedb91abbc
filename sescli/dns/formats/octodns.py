"""OctoDNS: the YAML of a zone, record names relative to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.dns.formats.grouping import record_sets
from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record


def render(records: Sequence[Record], zone: str) -> str:
    """Names and keys in order, as OctoDNS demands. Raises `UsageError` for a record outside the zone."""
    import yaml

    names: dict[str, list[dict[str, Any]]] = {}
    for group in record_sets(records):
        names.setdefault(_relative(group[0].name, zone), []).append(_entry(group))
    tree = {name: _one_or_all(sorted(names[name], key=lambda entry: entry["type"])) for name in sorted(names)}
    text: str = yaml.safe_dump(tree, explicit_start=True, width=1_000_000, allow_unicode=False)
    return text


def _relative(name: str, zone: str) -> str:
    if name == zone:
        return ""
    if not name.endswith(f".{zone}"):
        raise UsageError(f"{name} is not in the zone {zone}", hint="--zone is a parent of the domain")
    return name.removesuffix(f".{zone}")


def _entry(group: Sequence[Record]) -> dict[str, Any]:
    values = [_value(record) for record in group]
    several: dict[str, Any] = {"values": values} if len(values) > 1 else {"value": values[0]}
    return {"ttl": group[0].ttl, "type": group[0].type, **several}


def _value(record: Record) -> Any:
    value = record.value or ""
    if record.type == "TXT":
        # OctoDNS takes a bare semicolon for a mistake, and cuts long values itself.
        return value.replace("\\", "\\\\").replace(";", "\\;")
    if record.type == "MX":
        return {"exchange": f"{value}.", "preference": record.priority}
    return f"{value}."


def _one_or_all(entries: list[dict[str, Any]]) -> Any:
    return entries if len(entries) > 1 else entries[0]
