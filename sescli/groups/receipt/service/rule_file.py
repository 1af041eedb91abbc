"""A receipt rule from a JSON or YAML file: the rule itself, or a CreateReceiptRule request with a `Rule` key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.groups.receipt.service.rules import checked_members
from sescli.text import definition_files
from sescli.text.decoding import decoded

_REQUEST = ("RuleSetName", "After", "Rule")


@dataclass(frozen=True)
class RuleFile:
    """The checked members of a rule; `rule_set` and `after` are set if the file is a request."""

    members: dict[str, Any]
    rule_set: str | None = None
    after: str | None = None


def read_rule(data: bytes, file: str, region: str) -> RuleFile:
    """Read and check a file. Raises `InputFileError` that says where the problem is."""
    found = definition_files.parse(decoded(data, file), file)
    request = found.value
    if "Rule" not in request:
        request = {"Rule": request}
    unknown = sorted(set(request) - set(_REQUEST))
    if unknown or not isinstance(request["Rule"], dict):
        what = f"has unknown keys: {', '.join(unknown)}" if unknown else "has no object under Rule"
        raise found.fault(what, hint=f"valid keys: {', '.join(_REQUEST)}")
    try:
        members = checked_members(request["Rule"], region)
    except UsageError as error:
        place = Place(file, found.spot.line, found.spot.column)
        raise InputFileError(error.message, place=place, hint=error.hint, code=error.code) from error
    return RuleFile(members, request.get("RuleSetName"), request.get("After"))
