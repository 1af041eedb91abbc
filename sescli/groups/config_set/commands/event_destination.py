"""`sescli config-set event-destination`: where SES publishes what becomes of mail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import configuration_sets
from sescli.cli.params import read_definition
from sescli.errors import UsageError
from sescli.output.results import Column, Done, Listing
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sescli.groups.config_set.service.event_destinations import EventDestination, Target

app = group("event-destination", "Where SES publishes what becomes of the mail of a set.")

_COLUMNS = (
    Column("name", "name"),
    Column("enabled", lambda row: "yes" if row.enabled else "no: it gets nothing"),
    Column("events", lambda row: ", ".join(row.matching_event_types).lower()),
    Column("goes to", lambda row: str(row.target or "nowhere")),
)

Set = Annotated[
    str,
    typer.Argument(metavar="SET", help="Name of the configuration set.", autocompletion=configuration_sets),
]
Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Name of the destination; with --file the file's.")
]
Events = Annotated[
    str | None,
    typer.Option(
        help="send, reject, bounce, complaint, delivery, open, click, rendering-failure, delivery-delay, "
        "subscription; with commas, or all.",
        metavar="EVENTS",
    ),
]
CloudWatch = Annotated[
    list[str] | None,
    typer.Option(
        help="Count them in CloudWatch by this dimension; SOURCE is tag, header or link. May be repeated.",
        metavar="NAME=SOURCE[:DEFAULT]",
    ),
]
SnsTopic = Annotated[str | None, typer.Option("--sns", help="Publish them to an SNS topic.", metavar="ARN")]
Stream = Annotated[
    str | None, typer.Option("--firehose", help="Stream them to Firehose, with --role.", metavar="ARN")
]
Role = Annotated[str | None, typer.Option(help="IAM role that may write to the stream.", metavar="ARN")]
Bus = Annotated[
    str | None, typer.Option("--eventbridge", help="Publish them to the default event bus.", metavar="ARN")
]
File = Annotated[
    str | None,
    typer.Option(
        help="JSON or YAML of a destination, as API v1 or v2 spells it; - is standard input.", metavar="FILE"
    ),
]


def table(items: Iterable[EventDestination], empty: str) -> Listing:
    """Event destinations as a table."""
    return Listing(items, _COLUMNS, empty=empty)


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
    return table(found, f"{config_set} publishes no events.")


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
    name: Name = None,
    events: Events = None,
    cloudwatch: CloudWatch = None,
    sns: SnsTopic = None,
    firehose: Stream = None,
    role: Role = None,
    eventbridge: Bus = None,
    file: File = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it, but publish nothing yet.")] = False,
) -> Done:
    """Publish events of a configuration set: to CloudWatch, SNS, Firehose or EventBridge.

    CloudWatch counts them, for alarms. SNS brings each to a program, Firehose keeps them in S3, EventBridge
    starts what has a rule. Open and click events also turn tracking on. A set has up to 10 destinations.
    """
    from sescli.groups.config_set.service import event_destinations

    target = _target(cloudwatch, sns, firehose, role, eventbridge)
    if file is not None:
        _refuse_beside_file(target, events)
        wanted = _from_file(rt, file, config_set, name)
    else:
        wanted = _from_options(name, events, target)
    wanted = replace(wanted, enabled=wanted.enabled and not disabled)
    _warn_of_region(rt, wanted)
    made = event_destinations.add(rt.aws, config_set, wanted)
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
    name: Name = None,
    events: Events = None,
    cloudwatch: CloudWatch = None,
    sns: SnsTopic = None,
    firehose: Stream = None,
    role: Role = None,
    eventbridge: Bus = None,
    file: File = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Publish, or pause publishing.")
    ] = None,
) -> Done:
    """Change an event destination: its events, where they go, or whether it is enabled.

    What is not named stays. --file replaces the destination whole, and one that the file does not disable is
    enabled then.
    """
    from sescli.groups.config_set.service import event_destinations

    target = _target(cloudwatch, sns, firehose, role, eventbridge)
    if file is not None:
        _refuse_beside_file(target, events)
        wanted = _from_file(rt, file, config_set, name)
        event_destinations.find(rt.aws, config_set, wanted.name)
    else:
        wanted = _changed(rt, config_set, name, events, target, named=enabled is not None)
    wanted = replace(wanted, enabled=wanted.enabled if enabled is None else enabled)
    _warn_of_region(rt, wanted)
    made = event_destinations.update(rt.aws, config_set, wanted)
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


def _target(
    cloudwatch: list[str] | None,
    sns: str | None,
    firehose: str | None,
    role: str | None,
    eventbridge: str | None,
) -> Target | None:
    """The one target that was named, or None."""
    from sescli.groups.config_set.service import event_targets as checks

    named = {"--cloudwatch": cloudwatch, "--sns": sns, "--firehose": firehose, "--eventbridge": eventbridge}
    given = [option for option, value in named.items() if value]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(given)}: an event destination has exactly one of them",
            hint="add a second destination for the second",
        )
    if bool(firehose) != bool(role):
        raise UsageError(f"missing: {'--role' if firehose else '--firehose'}: the two go together")
    if cloudwatch:
        return checks.cloud_watch([checks.parse_dimension(text) for text in cloudwatch])
    if sns:
        return checks.sns(sns)
    if firehose and role:
        return checks.firehose(role, firehose)
    return checks.event_bridge(eventbridge) if eventbridge else None


def _refuse_beside_file(target: Target | None, events: str | None) -> None:
    if target is not None or events is not None:
        raise UsageError("--file says what is published and where; leave the other options out")


def _from_file(rt: Runtime, file: str, config_set: str, name: str | None) -> EventDestination:
    from sescli.groups.config_set.service import event_destination_files

    return event_destination_files.read(read_definition(file, rt), config_set, name)


def _from_options(name: str | None, events: str | None, target: Target | None) -> EventDestination:
    from sescli.groups.config_set.service.event_destinations import EventDestination, parse_event_types

    asked = {"NAME": name, "--events": events, "--cloudwatch, --sns, --firehose or --eventbridge": target}
    missing = [option for option, value in asked.items() if value is None]
    if name is None or events is None or target is None:
        raise UsageError(f"missing: {', '.join(missing)}", hint="or all of it in a file: --file FILE")
    return EventDestination(name, enabled=True, matching_event_types=parse_event_types(events)).going_to(
        target
    )


def _changed(
    rt: Runtime, config_set: str, name: str | None, events: str | None, target: Target | None, *, named: bool
) -> EventDestination:
    """The destination as it is, with what was named on top."""
    from sescli.groups.config_set.service import event_destinations

    if name is None:
        raise UsageError("missing: NAME", hint="only --file may tell the name")
    types = event_destinations.parse_event_types(events) if events is not None else None
    if not (named or types or target):
        raise UsageError(
            "nothing to change was named", hint="sescli config-set event-destination update --help"
        )
    now = event_destinations.find(rt.aws, config_set, name)
    wanted = now if target is None else now.going_to(target)
    return replace(wanted, matching_event_types=types or now.matching_event_types)


def _warn_of_region(rt: Runtime, destination: EventDestination) -> None:
    from sescli.groups.config_set.service.event_targets import region_of

    its = region_of(destination.target)
    if its not in {None, rt.aws.region}:
        rt.output.warn(f"{destination.target} is in {its}, and the set in {rt.aws.region}: SES may refuse it")


def _said(config_set: str, made: EventDestination) -> str:
    how = "publishes" if made.enabled else "is disabled; enabled it would publish"
    events = ", ".join(made.matching_event_types).lower()
    return f"{made.name} of {config_set} {how} {events} to {made.target}."
