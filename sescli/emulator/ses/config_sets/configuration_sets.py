"""Configuration sets: names, option groups, event destinations.

docs/ses-behavior.md#replace-or-merge, #configuration-set-names
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound, SendingPaused

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

KIND = "configuration-set"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DEFAULTS: dict[str, Record] = {
    "SendingOptions": {"SendingEnabled": True},
    "ReputationOptions": {"ReputationMetricsEnabled": False},
}
_MAX_COUNT = 10_000
_MAX_DESTINATIONS = 10


def create(region: Region, name: str, options: Record, tags: list[dict[str, str]]) -> None:
    """Create a set. `options` has v2's option groups. Raises AlreadyExists, BadRequest, LimitExceeded."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"Invalid configuration set name <{name}>.", v1_code="InvalidConfigurationSet")
    if region.get(KIND, name) is not None:
        raise AlreadyExists(
            f"Configuration set <{name}> already exists.", v1_code="ConfigurationSetAlreadyExists"
        )
    if region.count(KIND) >= _MAX_COUNT:
        raise LimitExceeded(f"Cannot create more than {_MAX_COUNT} configuration sets.")
    groups: Record = {group: default | options.get(group, {}) for group, default in _DEFAULTS.items()}
    region.put(KIND, name, {"options": options | groups, "tags": tags, "destinations": {}})


def load(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, name)
    if record is None:
        raise NotFound(
            f"Configuration set <{name}> does not exist.",
            v1_code="ConfigurationSetDoesNotExist",
            entry="CONFIGURATION_SET_NOT_FOUND",
        )
    return record


def set_group(region: Region, name: str, group: str, values: Record | None) -> None:
    """Replace one group of options. None removes it. Raises NotFound."""
    record = load(region, name)
    if values is None:
        record["options"].pop(group, None)
    else:
        record["options"][group] = values
    region.put(KIND, name, record)


def check_sending(record: Record, name: str) -> None:
    """Raises SendingPaused."""
    if not record["options"]["SendingOptions"].get("SendingEnabled", True):
        raise SendingPaused(
            f"Sending paused for the configuration set <{name}>.",
            v1_code="ConfigurationSetSendingPausedException",
            entry="CONFIGURATION_SET_SENDING_PAUSED",
        )


def suppression_options(record: Record | None) -> dict[str, Any]:
    """The set's own suppression options. Empty without a set."""
    options: dict[str, Any] = (record or {"options": {}})["options"].get("SuppressionOptions", {})
    return options


def suppressed_reasons(record: Record | None, account_reasons: list[str]) -> list[str]:
    """The reasons that apply: the set's own reasons, even an empty list, else the account's."""
    own: list[str] | None = suppression_options(record).get("SuppressedReasons")
    return account_reasons if own is None else own


def has_reputation_metrics(record: Record | None) -> bool:
    """Whether the set publishes its own bounce and complaint rates.

    docs/ses-behavior.md#reputation-metrics-of-a-set
    """
    options = (record or {"options": {}})["options"].get("ReputationOptions", {})
    return bool(options.get("ReputationMetricsEnabled", False))


def add_destination(region: Region, name: str, destination: str, definition: Record) -> None:
    """Raises AlreadyExists, BadRequest, LimitExceeded, NotFound."""
    record = load(region, name)
    if not _NAME.fullmatch(destination):
        raise BadRequest(f"Invalid event destination name <{destination}>.")
    if destination in record["destinations"]:
        raise AlreadyExists(
            f"Event destination <{destination}> already exists.", v1_code="EventDestinationAlreadyExists"
        )
    if len(record["destinations"]) >= _MAX_DESTINATIONS:
        raise LimitExceeded(f"A configuration set can have at most {_MAX_DESTINATIONS} event destinations.")
    record["destinations"][destination] = _check_definition(definition)
    region.put(KIND, name, record)


def replace_destination(region: Region, name: str, destination: str, definition: Record) -> None:
    """Raises BadRequest, NotFound."""
    record = load(region, name)
    _require_destination(record, destination)
    record["destinations"][destination] = _check_definition(definition)
    region.put(KIND, name, record)


def remove_destination(region: Region, name: str, destination: str) -> None:
    """Raises NotFound."""
    record = load(region, name)
    _require_destination(record, destination)
    del record["destinations"][destination]
    region.put(KIND, name, record)


def _require_destination(record: Record, destination: str) -> None:
    if destination not in record["destinations"]:
        raise NotFound(
            f"Event destination <{destination}> does not exist.", v1_code="EventDestinationDoesNotExist"
        )


_TARGETS = (
    "KinesisFirehoseDestination",
    "CloudWatchDestination",
    "SnsDestination",
    "EventBridgeDestination",
    "PinpointDestination",
)


def _check_definition(definition: Record) -> dict[str, Any]:
    """Check the definition and set the default of `Enabled`, which is false. Raises BadRequest.

    docs/ses-behavior.md#event-destinations
    """
    if len([target for target in _TARGETS if target in definition]) != 1:
        raise BadRequest("Exactly one destination must be specified.")
    if not definition.get("MatchingEventTypes"):
        raise BadRequest("At least one event type must be specified.")
    return {"Enabled": False, **definition}
