"""Event destinations in files: JSON of the AWS guide (API v1), API v2, or output of `-o json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.config_set.service import event_targets as checks
from sescli.groups.config_set.service.event_destinations import (
    KINDS,
    EventDestination,
    api_name,
    checked_event_types,
)
from sescli.groups.config_set.service.names import parse_destination_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from sescli.groups.config_set.service.event_destinations import Dimension, Target
    from sescli.text.definition_files import Definition

_NAMES = ("Name", "EventDestinationName")
_KINDS = tuple(api_name(kind) for kind in KINDS)
_OWN = ("Enabled", "MatchingEventTypes", *_KINDS)
_DIMENSION = ("DimensionName", "DimensionValueSource", "DefaultDimensionValue")
_PINPOINT = "is not supported: Amazon Pinpoint ended on 2026-10-30. Use EventBridge or Firehose"


def read(definition: Definition, set_name: str, name: str | None) -> EventDestination:
    """The destination in a file. `name` overrides the name from the file. `Enabled` defaults to true.

    The file can have an `EventDestination` wrapper, and name the set, which must then be `set_name`. Raises
    `InputFileError` for what SES would reject, or accept without effect.
    """
    outer = definition.members((*_NAMES, "ConfigurationSetName", "EventDestination", *_OWN))
    _check_set(outer, set_name)
    names = [outer[key] for key in _NAMES if key in outer]
    inner = outer
    if "EventDestination" in outer:
        _check_only_wrapper(outer)
        inner = outer["EventDestination"].members(("Name", *_OWN))
        names += [inner["Name"]] if "Name" in inner else []
        definition = outer["EventDestination"]
    return EventDestination(
        name=_name(definition, names, name),
        enabled=inner["Enabled"].a(bool) if "Enabled" in inner else True,
        matching_event_types=_event_types(definition, inner),
    ).going_to(_target(definition, inner))


def _check_set(outer: dict[str, Definition], set_name: str) -> None:
    given = outer.get("ConfigurationSetName")
    if given and given.value != set_name:
        raise given.fault(f"is {given.value!r}, but the command names {set_name}")


def _check_only_wrapper(outer: dict[str, Definition]) -> None:
    for key in _OWN:
        if key in outer:
            raise outer[key].fault("must be inside EventDestination")


def _name(definition: Definition, names: list[Definition], given: str | None) -> str:
    if given is not None:
        return given
    if not names:
        raise definition.fault("lacks Name", hint="add it to the file, or after the name of the set")
    with names[-1].explained():
        return parse_destination_name(names[-1].a(str))


def _event_types(definition: Definition, members: dict[str, Definition]) -> tuple[str, ...]:
    given = members.get("MatchingEventTypes")
    if given is None or given.value == []:
        raise (given or definition).fault(
            "lacks MatchingEventTypes" if given is None else "is empty", hint='write it as ["send", "bounce"]'
        )
    found: list[str] = []
    for item in given.items():
        with item.explained():
            found += checked_event_types([item.a(str)])
    return tuple(dict.fromkeys(found))


def _target(definition: Definition, members: dict[str, Definition]) -> Target:
    given = [kind for kind in _KINDS if kind in members]
    if len(given) != 1:
        has = " and ".join(given) or "none"
        raise definition.fault(
            f"has {has}, but an event destination needs exactly one target", hint=_kinds_hint()
        )
    part = members[given[0]]
    if given[0] == "PinpointDestination":
        raise part.fault(_PINPOINT)
    if given[0] == "CloudWatchDestination":
        return _cloud_watch(part)
    names, make = _BY_ARNS[given[0]]
    arns = part.required(names)
    with part.explained():
        return make(*(arns[name].a(str) for name in names))


_BY_ARNS: dict[str, tuple[tuple[str, ...], Callable[..., Target]]] = {
    "SnsDestination": (("TopicArn",), checks.sns),
    "KinesisFirehoseDestination": (("IamRoleArn", "DeliveryStreamArn"), checks.firehose),
    "EventBridgeDestination": (("EventBusArn",), checks.event_bridge),
}


def _kinds_hint() -> str:
    return f"use one of {', '.join(kind for kind in _KINDS if kind != 'PinpointDestination')}"


def _cloud_watch(part: Definition) -> Target:
    configurations = part.required(("DimensionConfigurations",))["DimensionConfigurations"]
    dimensions = [_dimension(item) for item in configurations.items()]
    with configurations.explained():
        return checks.cloud_watch(dimensions)


def _dimension(item: Definition) -> Dimension:
    fields = item.required(_DIMENSION)
    with item.explained():
        return checks.dimension(*(fields[name].a(str) for name in _DIMENSION))
