"""Event destinations of a configuration set: where SES publishes the events of messages."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AlreadyExistsError, NotFoundError, UsageError
from sescli.groups.config_set.service.names import explain_missing_set, parse_destination_name, parse_set_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sescli.aws.gateway import Gateway

EVENT_TYPES = (
    "SEND",
    "REJECT",
    "BOUNCE",
    "COMPLAINT",
    "DELIVERY",
    "OPEN",
    "CLICK",
    "RENDERING_FAILURE",
    "DELIVERY_DELAY",
    "SUBSCRIPTION",
)


@dataclass(frozen=True)
class Dimension:
    """A dimension of the CloudWatch metrics. The source is MESSAGE_TAG, EMAIL_HEADER or LINK_TAG."""

    dimension_name: str
    dimension_value_source: str
    default_dimension_value: str


@dataclass(frozen=True)
class CloudWatch:
    """Counts of events as CloudWatch metrics in AWS/SES."""

    dimension_configurations: tuple[Dimension, ...]

    def __str__(self) -> str:
        return "CloudWatch, by " + ", ".join(each.dimension_name for each in self.dimension_configurations)


@dataclass(frozen=True)
class Sns:
    """Each event as a message to an SNS topic."""

    topic_arn: str

    def __str__(self) -> str:
        return f"SNS {self.topic_arn}"


@dataclass(frozen=True)
class Firehose:
    """Each event as a line to a Firehose stream; SES assumes the role to write there."""

    iam_role_arn: str
    delivery_stream_arn: str

    def __str__(self) -> str:
        return f"Firehose {self.delivery_stream_arn}"


@dataclass(frozen=True)
class EventBridge:
    """Each event to the default event bus."""

    event_bus_arn: str

    def __str__(self) -> str:
        return f"EventBridge {self.event_bus_arn}"


@dataclass(frozen=True)
class Pinpoint:
    """An old Amazon Pinpoint target. The service ended on 2026-10-30; sescli shows it but does not create it."""

    application_arn: str | None

    def __str__(self) -> str:
        return f"Pinpoint {self.application_arn} (the service has ended)"


Target = CloudWatch | Sns | Firehose | EventBridge | Pinpoint


@dataclass(frozen=True)
class EventDestination:
    """An event destination with exactly one target. A disabled one receives no events."""

    name: str
    enabled: bool
    matching_event_types: tuple[str, ...]
    cloud_watch_destination: CloudWatch | None = None
    sns_destination: Sns | None = None
    kinesis_firehose_destination: Firehose | None = None
    event_bridge_destination: EventBridge | None = None
    pinpoint_destination: Pinpoint | None = None

    @property
    def target(self) -> Target | None:
        """Where the events go."""
        targets = (getattr(self, kind) for kind in KINDS)
        return next((target for target in targets if target is not None), None)

    def going_to(self, target: Target) -> EventDestination:
        """The same events to another target."""
        changes: dict[str, Any] = {
            kind: target if isinstance(target, made) else None for kind, made in KINDS.items()
        }
        return replace(self, **changes)


# By field name: snake_case here, CamelCase in the API.
KINDS: dict[str, type[Target]] = {
    "cloud_watch_destination": CloudWatch,
    "sns_destination": Sns,
    "kinesis_firehose_destination": Firehose,
    "event_bridge_destination": EventBridge,
    "pinpoint_destination": Pinpoint,
}


def api_name(field: str) -> str:
    """The name of a field in the API: TopicArn for topic_arn."""
    return "".join(word.capitalize() for word in field.split("_"))


def parse_event_types(text: str) -> tuple[str, ...]:
    """`send,bounce,rendering-failure`, also in the spelling of API v1 or v2; `all` means all 10.

    Raises `UsageError` that names all unknown types.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if [name.lower() for name in names] == ["all"]:
        return EVENT_TYPES
    if not names:
        raise UsageError("no event types given", hint=_events_hint())
    return checked_event_types(names)


def checked_event_types(names: list[str]) -> tuple[str, ...]:
    """Event types in API v2 spelling, each once. Raises `UsageError`."""
    spelt = {name.replace("_", ""): name for name in EVENT_TYPES}
    found = {name: spelt.get(name.upper().replace("_", "").replace("-", "")) for name in names}
    unknown = [repr(name) for name, known_as in found.items() if known_as is None]
    if unknown:
        raise UsageError(f"unknown event type: {', '.join(unknown)}", hint=_events_hint())
    return tuple(dict.fromkeys(name for name in found.values() if name))


def _events_hint() -> str:
    return f"use {', '.join(EVENT_TYPES).lower().replace('_', '-')}, or all"


def destinations(aws: Gateway, set_name: str) -> list[EventDestination]:
    """All event destinations of a set, at most 10 (SES API v2 GetConfigurationSetEventDestinations).

    Raises `NotFoundError` if the set does not exist.
    """
    set_name = parse_set_name(set_name)
    with explain_missing_set(aws, set_name):
        answer = aws.read("sesv2", "GetConfigurationSetEventDestinations", ConfigurationSetName=set_name)
    return [_destination(found) for found in answer.get("EventDestinations", ())]


def find(aws: Gateway, set_name: str, name: str) -> EventDestination:
    """One event destination. Raises `NotFoundError` that names the existing ones."""
    found = destinations(aws, set_name)
    for destination in found:
        if destination.name == name:
            return destination
    names = ", ".join(destination.name for destination in found) or "none"
    raise NotFoundError(
        f"event destination {name} not found in {set_name} ({aws.region}); existing: {names}",
        hint=NextCommand("config-set", "event-destination", "list", set_name),
    )


def add(aws: Gateway, set_name: str, destination: EventDestination) -> EventDestination:
    """Create an event destination (SES API v2 CreateConfigurationSetEventDestination).

    Raises `NotFoundError` if the set does not exist, `AlreadyExistsError` if the name is in use.
    """
    with explain_missing_set(aws, set_name), _explain_existing(set_name, destination.name):
        aws.write(
            "sesv2",
            "CreateConfigurationSetEventDestination",
            ConfigurationSetName=parse_set_name(set_name),
            EventDestinationName=parse_destination_name(destination.name),
            EventDestination=definition(destination),
        )
    return destination


def update(aws: Gateway, set_name: str, destination: EventDestination) -> EventDestination:
    """Replace an event destination (SES API v2 UpdateConfigurationSetEventDestination)."""
    aws.write(
        "sesv2",
        "UpdateConfigurationSetEventDestination",
        ConfigurationSetName=parse_set_name(set_name),
        EventDestinationName=parse_destination_name(destination.name),
        EventDestination=definition(destination),
    )
    return destination


def remove(aws: Gateway, set_name: str, name: str) -> None:
    """Delete an event destination (SES API v2 DeleteConfigurationSetEventDestination)."""
    aws.write(
        "sesv2",
        "DeleteConfigurationSetEventDestination",
        ConfigurationSetName=set_name,
        EventDestinationName=name,
    )


def definition(destination: EventDestination) -> dict[str, Any]:
    """The API v2 form. `Enabled` is always present, because its default is false."""
    kind, target = next((kind, getattr(destination, kind)) for kind in KINDS if getattr(destination, kind))
    return {
        "Enabled": destination.enabled,
        "MatchingEventTypes": list(destination.matching_event_types),
        api_name(kind): _to_api(target),
    }


@contextmanager
def _explain_existing(set_name: str, name: str) -> Iterator[None]:
    try:
        yield
    except AlreadyExistsError as error:
        error.message = f"event destination {name} already exists in the configuration set {set_name}"
        error.hint = Advice(
            "to change it: ", NextCommand("config-set", "event-destination", "update", set_name, name)
        )
        raise


def _to_api(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for part in fields(value):
        given = getattr(value, part.name)
        made[api_name(part.name)] = [_to_api(each) for each in given] if isinstance(given, tuple) else given
    return made


def _destination(found: Mapping[str, Any]) -> EventDestination:
    kinds: dict[str, Any] = {
        kind: _from_api(made, found[api_name(kind)])
        for kind, made in KINDS.items()
        if api_name(kind) in found
    }
    return EventDestination(
        name=found["Name"],
        enabled=bool(found.get("Enabled")),
        matching_event_types=tuple(found.get("MatchingEventTypes", ())),
        **kinds,
    )


def _from_api(made: type, found: Mapping[str, Any]) -> Any:
    if made is CloudWatch:
        return CloudWatch(tuple(_from_api(Dimension, each) for each in found["DimensionConfigurations"]))
    return made(**{part.name: found.get(api_name(part.name)) for part in fields(made)})
