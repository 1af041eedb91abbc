"""The options for what an event destination publishes and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import options
from sescli.cli.params import read_definition
from sescli.errors import UsageError

if TYPE_CHECKING:
    from sescli.groups.config_set.service.event_destinations import EventDestination, Target
    from sescli.runtime import Runtime


@options
class DestinationOptions:
    """Name, events and target of an event destination, or a file that defines them."""

    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Name of the event destination. With --file, the name from the file."
        ),
    ] = None
    events: Annotated[
        str | None,
        typer.Option(
            help="Event types, separated by commas: send, reject, bounce, complaint, delivery, open, click, "
            "rendering-failure, delivery-delay, subscription; or all.",
            metavar="EVENTS",
        ),
    ] = None
    cloudwatch: Annotated[
        list[str] | None,
        typer.Option(
            help="CloudWatch dimension to count the events by. SOURCE is tag, header or link. Repeatable.",
            metavar="NAME=SOURCE[:DEFAULT]",
        ),
    ] = None
    sns: Annotated[
        str | None, typer.Option("--sns", help="SNS topic to publish the events to.", metavar="ARN")
    ] = None
    firehose: Annotated[
        str | None,
        typer.Option(
            "--firehose", help="Firehose stream to send the events to. Needs --role.", metavar="ARN"
        ),
    ] = None
    role: Annotated[
        str | None, typer.Option(help="IAM role that can write to the Firehose stream.", metavar="ARN")
    ] = None
    eventbridge: Annotated[
        str | None,
        typer.Option("--eventbridge", help="Default event bus to publish the events to.", metavar="ARN"),
    ] = None
    file: Annotated[
        str | None,
        typer.Option(
            help="JSON or YAML file that defines the event destination, in API v1 or v2 spelling. "
            "- reads standard input.",
            metavar="FILE",
        ),
    ] = None

    def target(self) -> Target | None:
        """The one target that the options name, or None. Raises `UsageError`."""
        from sescli.groups.config_set.service import event_targets

        self._require_one_target()
        if self.cloudwatch:
            return event_targets.cloud_watch(
                [event_targets.parse_dimension(text) for text in self.cloudwatch]
            )
        if self.sns:
            return event_targets.sns(self.sns)
        if self.firehose and self.role:
            return event_targets.firehose(self.role, self.firehose)
        return event_targets.event_bridge(self.eventbridge) if self.eventbridge else None

    def _require_one_target(self) -> None:
        named = {
            "--cloudwatch": self.cloudwatch,
            "--sns": self.sns,
            "--firehose": self.firehose,
            "--eventbridge": self.eventbridge,
        }
        given = [option for option, value in named.items() if value]
        if len(given) > 1:
            raise UsageError(
                f"{' and '.join(given)}: an event destination has exactly one of them",
                hint="add one event destination for each",
            )
        if bool(self.firehose) != bool(self.role):
            raise UsageError(
                f"missing: {'--role' if self.firehose else '--firehose'}",
                hint="use --firehose and --role together",
            )

    def from_file(self, rt: Runtime, config_set: str) -> EventDestination | None:
        """The destination that --file defines; None without --file. Raises `UsageError`, `InputFileError`."""
        from sescli.groups.config_set.service import event_destination_files

        if self.file is None:
            return None
        if self.target() is not None or self.events is not None:
            raise UsageError(
                "--file cannot be combined with options for events or target", hint="remove those options"
            )
        return event_destination_files.read(read_definition(self.file, rt), config_set, self.name)

    def new(self) -> EventDestination:
        """A new destination. Raises `UsageError` that names every option that is missing."""
        from sescli.groups.config_set.service.event_destinations import EventDestination, parse_event_types

        target = self.target()
        needed = {
            "NAME": self.name,
            "--events": self.events,
            "--cloudwatch, --sns, --firehose or --eventbridge": target,
        }
        missing = [option for option, value in needed.items() if value is None]
        if self.name is None or self.events is None or target is None:
            raise UsageError(
                f"missing: {', '.join(missing)}",
                hint="add them, or define the destination in a file: --file FILE",
            )
        types = parse_event_types(self.events)
        return EventDestination(self.name, enabled=True, matching_event_types=types).going_to(target)
