"""Receipt rule sets, their rules, and IP filters: storage and checks. `sescli.emulator.receiving` runs them.

docs/ses-behavior.md#receipt-rule-sets, #receipt-rule-defaults
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "receipt-rule-set"
FILTER_KIND = "receipt-filter"
_ACTIVE_KIND, _ACTIVE = "receipt-active", "active"
_SET_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_RULE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,50}")
_MAX_HEADER_VALUE_LENGTH = 2048
_MAX_SETS, _MAX_RULES, _MAX_ACTIONS, _MAX_RECIPIENTS, MAX_FILTERS = 40, 200, 10, 500, 100


def create_set(region: Region, name: str, rules: list[Record]) -> None:
    """Raises AlreadyExists, BadRequest, LimitExceeded."""
    if not _SET_NAME.fullmatch(name):
        raise BadRequest(f"Invalid receipt rule set name: {name}.")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(f"Rule set already exists: {name}.")
    if region.count(KIND) >= _MAX_SETS:
        raise LimitExceeded(f"Cannot create more than {_MAX_SETS} receipt rule sets.")
    region.put(KIND, name, {"created": region.now(), "rules": rules})


def load_set(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(f"Rule set does not exist: {name}.", v1_code="RuleSetDoesNotExist")
    return record


def active(region: Region) -> str | None:
    """The name of the active rule set, or None."""
    return (region.get(_ACTIVE_KIND, _ACTIVE) or {}).get("name")


def activate(region: Region, name: str | None) -> None:
    """Activate a set. None deactivates the active one. Raises NotFound."""
    if name is None:
        region.delete(_ACTIVE_KIND, _ACTIVE)
    else:
        load_set(region, name)
        region.put(_ACTIVE_KIND, _ACTIVE, {"name": name})


def index(record: Record, set_name: str, rule_name: str) -> int:
    """The position of a rule in its set. Raises NotFound."""
    for place, rule in enumerate(record["rules"]):
        if rule["Name"] == rule_name:
            return place
    raise NotFound(f"Rule does not exist: {rule_name} in set {set_name}.", v1_code="RuleDoesNotExist")


def add_rule(record: Record, set_name: str, rule: Record, after: str | None) -> None:
    """Insert a rule after another one, or at the start. Raises AlreadyExists, LimitExceeded, NotFound."""
    if any(each["Name"] == rule["Name"] for each in record["rules"]):
        raise AlreadyExists(f"Rule already exists: {rule['Name']}.")
    if len(record["rules"]) >= _MAX_RULES:
        raise LimitExceeded(f"A rule set can have at most {_MAX_RULES} rules.")
    place = index(record, set_name, after) + 1 if after else 0
    record["rules"].insert(place, rule)


def _check_header(header: Record) -> None:
    """Check an AddHeaderAction as the service model describes it. Raises BadRequest."""
    name, value = header["HeaderName"], header["HeaderValue"]
    if not _HEADER_NAME.fullmatch(name):
        raise BadRequest(f"Invalid header name: {name}.")
    if len(value) >= _MAX_HEADER_VALUE_LENGTH or "\r" in value or "\n" in value:
        raise BadRequest(f"Invalid header value: {value}.")


def check_rule(rule: Record) -> Record:
    """Check a rule and add SES's defaults: disabled, not scanned, TLS optional. Raises BadRequest, LimitExceeded."""
    if not _RULE_NAME.fullmatch(rule["Name"]):
        raise BadRequest(f"Invalid rule name: {rule['Name']}.")
    if len(rule.get("Actions", [])) > _MAX_ACTIONS:
        raise LimitExceeded(f"A rule can have at most {_MAX_ACTIONS} actions.")
    if len(rule.get("Recipients", [])) > _MAX_RECIPIENTS:
        raise LimitExceeded(f"A rule can have at most {_MAX_RECIPIENTS} recipients.")
    for action in rule.get("Actions", []):
        if len(action) != 1:
            raise BadRequest("Each action must have exactly one kind.")
        if "AddHeaderAction" in action:
            _check_header(action["AddHeaderAction"])
    return {
        "Enabled": False,
        "TlsPolicy": "Optional",
        "ScanEnabled": False,
        "Actions": [],
        "Recipients": [],
        **rule,
    }
