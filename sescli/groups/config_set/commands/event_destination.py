"""`sescli config-set event-destination`: where SES publishes what becomes of mail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import configuration_sets
from sescli.errors import UsageError
from sescli.groups.config_set.commands.destination_options import DestinationOptions
from sescli.groups.config_set.views.event_destinations import event_destination_table
from sescli.output.results import Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.config_set.service.event_destinations import EventDestination

app = group("event-destination", "Where SES publishes what becomes of the mail of a set.")

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

    One that is not enabled gets nothing: the usual cause when events do not arrive.
    """
    from sescli.groups.config_set.service import event_destinations

    found = event_destinations.destinations(rt.aws, config_set)
    return event_destination_table(found, f"{config_set} publishes no events.")


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
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it, but publish nothing yet.")] = False,
) -> Done:
    """Publish events of a configuration set: to CloudWatch, SNS, Firehose or EventBridge.

    CloudWatch counts them, for alarms. SNS brings each to a program, Firehose keeps them in S3, EventBridge
    starts what has a rule. Open and click events also turn tracking on. A set has up to 10 destinations.
    """
    from sescli.groups.config_set.service import event_destinations

    destination = wanted.from_file(rt, config_set) or wanted.new()
    destination = replace(destination, enabled=destination.enabled and not disabled)
    _warn_of_region(rt, destination)
    made = event_destinations.add(rt.aws, config_set, destination)
    return Done(_said(config_set, made), made, next=f"sescli config-set event-destination list {config_set}")


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
        bool | None, typer.Option("--enabled/--disabled", help="Publish, or pause publishing.")
    ] = None,
) -> Done:
    """Change an event destination: its events, where they go, or whether it is enabled.

    What is not named stays. --file replaces the destination whole, and one that the file does not disable is
    enabled then.
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
    return Done(_said(config_set, made), made)


@command(app, "remove", examples=["sescli config-set event-destination remove my-config-set alerts --yes"])
def remove(
    rt: Runtime,
    config_set: Set,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the destination.")],
) -> Done:
    """Remove an event destination from a configuration set.

    Its events are then published there no more, and cannot be had later. To pause it, disable it instead.
    """
    from sescli.groups.config_set.service import event_destinations

    found = event_destinations.find(rt.aws, config_set, name)
    rt.confirm(
        f"Remove {name}?", consequence=f"{config_set} in {rt.aws.region} publishes no more to {found.target}"
    )
    event_destinations.remove(rt.aws, config_set, name)
    return Done(f"Removed {name} from {config_set} in {rt.aws.region}.", found)


def _changed(
    rt: Runtime, config_set: str, wanted: DestinationOptions, *, enabled: bool | None
) -> EventDestination:
    """The destination as it is, with the options applied. Raises `UsageError`, `NotFoundError`."""
    from sescli.groups.config_set.service import event_destinations

    if wanted.name is None:
        raise UsageError("missing: NAME", hint="only --file may tell the name")
    target = wanted.target()
    types = event_destinations.parse_event_types(wanted.events) if wanted.events is not None else None
    if enabled is None and not (types or target):
        raise UsageError(
            "nothing to change was named", hint="sescli config-set event-destination update --help"
        )
    now = event_destinations.find(rt.aws, config_set, wanted.name)
    changed = now if target is None else now.going_to(target)
    return replace(changed, matching_event_types=types or now.matching_event_types)


def _warn_of_region(rt: Runtime, destination: EventDestination) -> None:
    from sescli.groups.config_set.service.event_targets import region_of

    its = region_of(destination.target)
    if its not in {None, rt.aws.region}:
        rt.output.warn(f"{destination.target} is in {its}, and the set in {rt.aws.region}: SES may refuse it")


def _said(config_set: str, made: EventDestination) -> str:
    how = "publishes" if made.enabled else "is disabled; enabled it would publish"
    events = ", ".join(made.matching_event_types).lower()
    return f"{made.name} of {config_set} {how} {events} to {made.target}."
