"""Validates a batch file against the published schema; each error names its position and the problem."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from sescli.advice import Advice, NextCommand
from sescli.errors import InputFileError, Place
from sescli.text.yaml_nodes import Mapping, Node, Sequence, Spot, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema import ValidationError

_MAX_SHOWN = 10
# The names of these keys in other tools and in the SES API.
_SYNONYMS = {
    "sender": "from",
    "source": "from",
    "from_address": "from",
    "from_email_address": "from",
    "fromemailaddress": "from",
    "replyto": "reply_to",
    "reply_to_addresses": "reply_to",
    "subject": "content",
    "html": "content",
    "text": "content",
    "body": "content",
    "template_name": "template",
    "templatename": "template",
    "configuration_set": "config_set",
    "configurationset": "config_set",
    "configuration_set_name": "config_set",
    "data": "default_data",
    "defaults": "default_data",
    "template_data": "default_data",
    "destinations": "recipients",
    "to": "recipients",
    "email": "to",
    "address": "to",
    "variables": "data",
    "rate": "limits",
    "max_recipients": "limits",
    "concurrency": "limits",
    "files": "attachments",
}


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of batch files (draft 2020-12)."""
    text = files("sescli.groups.bulk.batch").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def place_of(file: str, spot: Spot, key: str | None = None) -> Place:
    """A position in the batch file."""
    return Place(file, spot.line, spot.column, key)


def validate_schema(root: Mapping, file: str) -> None:
    """Validate a batch file against the schema. Raises `InputFileError` with every error and its position."""
    from jsonschema import Draft202012Validator

    faults = [
        fault for error in Draft202012Validator(schema()).iter_errors(plain(root)) for fault in _leaves(error)
    ]
    if not faults:
        return
    placed = sorted(
        {(_explain(fault), *_where(root, fault)) for fault in faults},
        key=lambda one: (one[1].line, one[1].column, one[0]),
    )
    message, spot, key = placed[0]
    others = "".join(
        f"\n{place_of(file, other_spot, other_key)}: {other}"
        for other, other_spot, other_key in placed[1:_MAX_SHOWN]
    )
    if len(placed) > _MAX_SHOWN:
        others += f"\nand {len(placed) - _MAX_SHOWN} more"
    raise InputFileError(
        message + others,
        place=place_of(file, spot, key),
        hint=Advice("write a valid file to start from: ", NextCommand("bulk", "init")),
    )


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The errors of the branch of `oneOf` or `anyOf` that the author meant: the one of the right type."""
    if not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for child in error.context:
        branches.setdefault(child.schema_path[0], []).append(child)
    for signs in ({"type", "const"}, {"type", "const", "required"}):
        meant = [faults for faults in branches.values() if not _other_kind(faults, signs)]
        if len(meant) == 1:
            return [leaf for fault in meant[0] for leaf in _leaves(fault)]
    return [error]


def _other_kind(faults: list[ValidationError], signs: set[str]) -> bool:
    return any(len(fault.path) == 0 and fault.validator in signs for fault in faults)


def _explain(fault: ValidationError) -> str:
    """The error in words; those of jsonschema where this module has none."""
    explain = _EXPLANATIONS.get(str(fault.validator))
    wanted, schema = cast("Any", fault.validator_value), cast("Any", fault.schema)
    text = explain(wanted, fault.instance, schema) if explain else None
    return text or fault.message


def _missing_key(wanted: Any, instance: Any, _schema: Any) -> str | None:
    return next((f"the key '{key}' is missing" for key in wanted if key not in instance), None)


def _unknown_key(wanted: Any, instance: Any, schema: Any) -> str | None:
    if isinstance(wanted, dict):
        return None
    key = _first_unknown(instance, schema)
    meant = _SYNONYMS.get(key.casefold().replace("-", "_"), "")
    near = (
        [meant]
        if meant in schema["properties"]
        else difflib.get_close_matches(key, schema["properties"], n=1)
    )
    known = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(schema["properties"])
    return f"unknown key '{key}'; {known}"


def _first_unknown(instance: Any, schema: Any) -> str:
    return next(str(key) for key in instance if key not in schema["properties"])


def _one_of(wanted: Any, instance: Any, schema: Any) -> str:
    if not all("required" in branch for branch in wanted):
        return _mixed(wanted, instance) or _mismatch(wanted, instance, schema)
    names = [branch["required"][0] for branch in wanted]
    given = "both are given" if all(name in instance for name in names) else "neither is given"
    return f"needs either '{names[0]}' or '{names[1]}': {given}"


def _mixed(wanted: Any, instance: Any) -> str | None:
    """Explain an object that mixes keys of several forms; None where that is not the error."""
    shapes = [", ".join(branch["properties"]) for branch in wanted if "properties" in branch]
    if not isinstance(instance, dict) or len(shapes) != len(wanted):
        return None
    return f"mixes keys that exclude each other: use either {', or '.join(shapes)}; given: {', '.join(map(str, instance))}"


def _any_of(wanted: Any, _instance: Any, _schema: Any) -> str:
    return "needs at least one of: " + ", ".join(branch["required"][0] for branch in wanted)


def _mismatch(wanted: Any, instance: Any, schema: Any) -> str:
    said = schema.get("description") if isinstance(schema, dict) else None
    pattern = f" {wanted}" if isinstance(wanted, str) else ""
    return f"{_short(instance)} is not valid" + (f". {said}" if said else pattern)


def _too_short(wanted: Any, instance: Any, _schema: Any) -> str:
    return f"is too short: {_short(instance)}" if instance and wanted > 1 else "must not be empty"


def _too_long(wanted: Any, instance: Any, _schema: Any) -> str:
    things = "entries" if isinstance(instance, list) else "characters"
    return f"has {len(instance):,} {things}; the maximum is {wanted:,}"


def _of_type(wanted: Any, instance: Any, _schema: Any) -> str:
    kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
    return f"must be of type {kinds}, not {_short(instance)}"


_EXPLANATIONS: dict[str, Callable[[Any, Any, Any], str | None]] = {
    "additionalProperties": _unknown_key,
    "anyOf": _any_of,
    "const": lambda wanted, instance, _: f"must be {wanted!r}, not {_short(instance)}",
    "enum": lambda wanted, instance, _: f"{_short(instance)} is not one of: {', '.join(map(str, wanted))}",
    "exclusiveMinimum": lambda wanted, instance, _: f"must be above {wanted}, not {instance}",
    "maximum": lambda wanted, instance, _: f"must be at most {wanted}, not {instance}",
    "maxItems": _too_long,
    "maxLength": _too_long,
    "minimum": lambda wanted, instance, _: f"must be at least {wanted}, not {instance}",
    "minItems": _too_short,
    "minLength": _too_short,
    "oneOf": _one_of,
    "pattern": _mismatch,
    "required": _missing_key,
    "type": _of_type,
}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - fits on a line


def _where(root: Node, fault: ValidationError) -> tuple[Spot, str | None]:
    """The position and dotted key of an error; an error in a key is at the key's position."""
    node: Node = root
    keys: list[str] = []
    spot = root.spot
    for step in fault.absolute_path:
        if isinstance(node, Mapping):
            spot = node.key_spots[str(step)]
            node = node.items[str(step)]
        elif isinstance(node, Sequence):
            node = node.items[int(step)]
            spot = node.spot
        keys.append(str(step))
    if (
        fault.validator == "additionalProperties"
        and isinstance(node, Mapping)
        and not isinstance(fault.validator_value, dict)
    ):
        unknown = _first_unknown(fault.instance, fault.schema)
        return node.key_spots[unknown], ".".join([*keys, unknown])
    return spot, ".".join(keys) or None
