"""`sescli config-set event-destination`: where SES publishes the events of messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group
from sescli.cli.name_completion import configuration_sets
from sescli.errors import UsageError
from sescli.groups.config_set.commands.destination_options import DestinationOptions
from sescli.groups.config_set.views.event_destinations import event_destination_table
from sescli.output.results import Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.config_set.service.event_destinations import EventDestination

app = group("event-destination", "Manage event destinations: where SES publishes sending events.")

Set = Annotated[
    str,
    typer.Argument(metavar="SET", help="Name of the configuration set.", autocompletion=configuration_sets),
]


@command(
    app,
    "list",
    examples=[
        "sescli config-set event-destination list my-config-set",
        "sescli config-set event-destination list my-config-set -o json",
    ],
)
def list_destinations(rt: Runtime, config_set: Set) -> Listing:
    """List the event destinations of a configuration set.

    A disabled destination receives no events, which is the usual cause when events do not arrive.
    """
    from sescli.groups.config_set.service import event_destinations

    found = event_destinations.destinations(rt.aws, config_set)
    return event_destination_table(found, f"{config_set} has no event destinations.")


@command(
    app,
    "add",
    examples=[
        "sescli config-set event-destination add my-config-set --file examples/config-set/event-destination.json",
        (
            "sescli config-set event-destination add my-config-set metrics --events send,bounce,complaint "
            "--cloudwatch ses:configuration-set=tag:none"
        ),
        (
            "sescli config-set event-destination add my-config-set bounces --events bounce,complaint "
            "--sns arn:aws:sns:us-east-1:123456789012:ses-events"
        ),
    ],
)
def add(
    rt: Runtime,
    config_set: Set,
    wanted: DestinationOptions,
    disabled: Annotated[
        bool, typer.Option("--disabled", help="Create it disabled: publish no events yet.")
    ] = False,
) -> Done:
    """Add an event destination: CloudWatch, SNS, Firehose or EventBridge.

    CloudWatch counts the events, for alarms. SNS sends each event to a program. Firehose stores them in S3.
    EventBridge matches them with rules. Open and click events also turn tracking on. A set can have 10 destinations.
    """
    from sescli.groups.config_set.service import event_destinations

    destination = wanted.from_file(rt, config_set) or wanted.new()
    destination = replace(destination, enabled=destination.enabled and not disabled)
    _warn_of_region(rt, destination)
    made = event_destinations.add(rt.aws, config_set, destination)
    following = NextCommand("config-set", "event-destination", "list", config_set)
    return Done(_summary(config_set, made), made, next=following)


@command(
    app,
    "update",
    examples=[
        "sescli config-set event-destination update my-config-set alerts --disabled",
        "sescli config-set event-destination update my-config-set alerts --events bounce,complaint,reject",
    ],
)
def update(
    rt: Runtime,
    config_set: Set,
    wanted: DestinationOptions,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Enable or disable the destination.")
    ] = None,
) -> Done:
    """Change an event destination: its events, its target, or whether it is enabled.

    Options that you omit keep their values. --file replaces the full destination, and enables it unless the
    file disables it.
    """
    from sescli.groups.config_set.service import event_destinations

    destination = wanted.from_file(rt, config_set)
    if destination is not None:
        event_destinations.find(rt.aws, config_set, destination.name)
    else:
        destination = _changed(rt, config_set, wanted, enabled=enabled)
    destination = replace(destination, enabled=destination.enabled if enabled is None else enabled)
    _warn_of_region(rt, destination)
    made = event_destinations.update(rt.aws, config_set, destination)
    return Done(_summary(config_set, made), made)


@command(app, "remove", examples=["sescli config-set event-destination remove my-config-set alerts --yes"])
def remove(
    rt: Runtime,
    config_set: Set,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the event destination.")],
) -> Done:
    """Remove an event destination from a configuration set.

    SES then no longer publishes events there, and you cannot get them later. To pause, disable it instead.
    """
    from sescli.groups.config_set.service import event_destinations

    found = event_destinations.find(rt.aws, config_set, name)
    rt.confirm(
        f"Remove {name}?",
        consequence=f"SES in {rt.aws.region} will no longer publish events of {config_set} to {found.target}",
    )
    event_destinations.remove(rt.aws, config_set, name)
    return Done(f"Removed the event destination {name} from {config_set} in {rt.aws.region}.", found)


def _changed(
    rt: Runtime, config_set: str, wanted: DestinationOptions, *, enabled: bool | None
) -> EventDestination:
    """The destination as it is, with the options applied. Raises `UsageError`, `NotFoundError`."""
    from sescli.groups.config_set.service import event_destinations

    if wanted.name is None:
        raise UsageError("missing: NAME", hint="only a --file can have the name")
    target = wanted.target()
    types = event_destinations.parse_event_types(wanted.events) if wanted.events is not None else None
    if enabled is None and not (types or target):
        raise UsageError(
            "nothing to change: give at least one option",
            hint=NextCommand("config-set", "event-destination", "update", "--help"),
        )
    now = event_destinations.find(rt.aws, config_set, wanted.name)
    changed = now if target is None else now.going_to(target)
    return replace(changed, matching_event_types=types or now.matching_event_types)


def _warn_of_region(rt: Runtime, destination: EventDestination) -> None:
    from sescli.groups.config_set.service.event_targets import region_of

    region = region_of(destination.target)
    if region not in {None, rt.aws.region}:
        rt.output.warn(
            f"{destination.target} is in {region}, but the set is in {rt.aws.region}: SES may reject it"
        )


def _summary(config_set: str, made: EventDestination) -> str:
    state = "publishes" if made.enabled else "is disabled. When enabled, it publishes"
    events = ", ".join(made.matching_event_types).lower()
    return f"The event destination {made.name} of {config_set} {state} {events} to {made.target}."
