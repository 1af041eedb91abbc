"""A receipt rule from a JSON file: the rule itself, or a whole request with the rule under `Rule`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sescli.errors import InputFileError, Place, UsageError
from sescli.services.receipt_rules import checked_members

_REQUEST = ("RuleSetName", "After", "Rule")


@dataclass(frozen=True)
class RuleFile:
    """The checked members of a rule; `rule_set` and `after` where the file is a whole request."""

    members: dict[str, Any]
    rule_set: str | None = None
    after: str | None = None


def read_rule(data: bytes, file: str, region: str) -> RuleFile:
    """Read and check it; what the file leaves out stays out. Raises `InputFileError` with the place."""
    request = _parsed(data, file)
    if "Rule" not in request:
        request = {"Rule": request}
    unknown = sorted(set(request) - set(_REQUEST))
    if unknown or not isinstance(request["Rule"], dict):
        what = f"does not know {', '.join(unknown)}" if unknown else "has no object under Rule"
        raise InputFileError(what, place=Place(file), hint=f"beside Rule it takes {', '.join(_REQUEST[:2])}")
    try:
        members = checked_members(request["Rule"], region)
    except UsageError as error:
        raise InputFileError(error.message, place=Place(file), hint=error.hint, code=error.code) from error
    return RuleFile(members, request.get("RuleSetName"), request.get("After"))


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputFileError("is not UTF-8", place=Place(file)) from error
    except json.JSONDecodeError as error:
        raise InputFileError(
            f"is not JSON: {error.msg}", place=Place(file, error.lineno, error.colno)
        ) from error
    except RecursionError as error:
        raise InputFileError("is nested too deeply", place=Place(file)) from error
    if not isinstance(value, dict):
        raise InputFileError("is not a JSON object", place=Place(file), hint='{"Name": …, "Actions": […]}')
    return value
