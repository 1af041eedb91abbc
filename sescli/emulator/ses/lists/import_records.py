"""The records of an import job: how each kind of list reads and imports them.

docs/ses-behavior.md#import-jobs
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Protocol

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.lists import contacts, suppression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.emulator.ses.region import Region

_REASONS = ("BOUNCE", "COMPLAINT")
_TOPIC = "topicPreferences."


class ImportTarget(Protocol):
    """The list that receives the records. `maximum` is the largest number of records in a file."""

    maximum: int
    has_header: bool  # whether the first line of a CSV file names its columns

    def import_record(self, region: Region, record: dict[str, Any]) -> None:
        """Import one record. Raises Fault."""
        ...

    def record_from_columns(self, line: Sequence[str], head: Sequence[str]) -> dict[str, Any]:
        """Convert a CSV line to the record that JSON would have."""
        ...


class SuppressionList:
    has_header = False

    def __init__(self, action: str) -> None:
        self._put = action == "PUT"
        self.maximum = 100_000 if self._put else 10_000

    def import_record(self, region: Region, record: dict[str, Any]) -> None:
        address, reason = str(record.get("emailAddress", "")), record.get("reason")
        if not self._put:
            suppression.delete(region, address)
        elif reason in _REASONS:
            suppression.put(region, address, str(reason))
        else:
            raise BadRequest("The reason must be BOUNCE or COMPLAINT")

    def record_from_columns(self, line: Sequence[str], head: Sequence[str]) -> dict[str, Any]:
        del head
        address, reason = [*line, "", ""][:2]
        return {"emailAddress": address, "reason": reason}


class ContactList:
    has_header = True
    maximum = 1_000_000

    def __init__(self, name: str, action: str) -> None:
        self._name = name
        self._put = action == "PUT"

    def import_record(self, region: Region, record: dict[str, Any]) -> None:
        address = str(record.get("emailAddress", ""))
        kind = contacts.contact_kind(self._name)
        if not self._put:
            contacts.load_contact(region, self._name, address)
            region.delete(kind, address)
        elif region.get(kind, address) is None:
            contacts.create_contact(region, self._name, address, _contact(record))
        else:
            contacts.update_contact(region, self._name, address, _contact(record))

    def record_from_columns(self, line: Sequence[str], head: Sequence[str]) -> dict[str, Any]:
        cells = {name: cell for name, cell in zip(head, line, strict=False) if cell}
        chosen = [
            {"topicName": name.removeprefix(_TOPIC), "subscriptionStatus": cell}
            for name, cell in cells.items()
            if name.startswith(_TOPIC)
        ]
        return {**cells, "topicPreferences": chosen} if chosen else cells


def _contact(record: dict[str, Any]) -> dict[str, Any]:
    """Convert a record to the values that `contacts` stores. Raises BadRequest."""
    every = str(record.get("unsubscribeAll", "false")).lower()
    if every not in {"true", "false"}:
        raise BadRequest("unsubscribeAll must be true or false")
    values: dict[str, Any] = {"unsubscribe_all": every == "true", "preferences": _preferences(record)}
    if record.get("attributesData"):
        values["attributes"] = str(record["attributesData"])
    return values


def _preferences(record: dict[str, Any]) -> list[dict[str, str]]:
    try:
        chosen = [
            {"TopicName": each["topicName"], "SubscriptionStatus": each["subscriptionStatus"]}
            for each in record.get("topicPreferences", [])
        ]
    except (LookupError, TypeError) as error:
        raise BadRequest("topicPreferences must be a list of topics and their status") from error
    if any(each["SubscriptionStatus"] not in {"OPT_IN", "OPT_OUT"} for each in chosen):
        raise BadRequest("The status of a topic must be OPT_IN or OPT_OUT")
    return chosen


def parse_line(line: str, data_format: str, target: ImportTarget, head: Sequence[str]) -> dict[str, Any]:
    """Parse one line of the file. Raises BadRequest."""
    if data_format == "CSV":
        return target.record_from_columns(next(csv.reader([line])), head)
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The line is not JSON") from error
    if not isinstance(record, dict):
        raise BadRequest("The line is not a JSON object")
    return record
