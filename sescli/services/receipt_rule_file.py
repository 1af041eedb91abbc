"""A receipt rule from a JSON or YAML file: the rule itself, or a whole request with the rule under `Rule`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.services import definition_files
from sescli.services.receipt_rules import checked_members

if TYPE_CHECKING:
    from sescli.services.definition_files import Definition

_REQUEST = ("RuleSetName", "After", "Rule")


@dataclass(frozen=True)
class RuleFile:
    """The checked members of a rule; `rule_set` and `after` where the file is a whole request."""

    members: dict[str, Any]
    rule_set: str | None = None
    after: str | None = None


def read_rule(data: bytes, file: str, region: str) -> RuleFile:
    """Read and check it; what the file leaves out stays out. Raises `InputFileError` with the place."""
    found = _parsed(data, file)
    request = found.value
    if "Rule" not in request:
        request = {"Rule": request}
    unknown = sorted(set(request) - set(_REQUEST))
    if unknown or not isinstance(request["Rule"], dict):
        what = f"does not know {', '.join(unknown)}" if unknown else "has no object under Rule"
        raise found.fault(what, hint=f"beside Rule it takes {', '.join(_REQUEST[:2])}")
    try:
        members = checked_members(request["Rule"], region)
    except UsageError as error:
        place = Place(file, found.spot.line, found.spot.column)
        raise InputFileError(error.message, place=place, hint=error.hint, code=error.code) from error
    return RuleFile(members, request.get("RuleSetName"), request.get("After"))


def _parsed(data: bytes, file: str) -> Definition:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError("is not UTF-8", place=Place(file)) from error
    return definition_files.parse(text, file)
