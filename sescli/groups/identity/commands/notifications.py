"""`sescli identity notifications`: where SES reports the bounces, complaints and deliveries of an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.advice import NextCommand
from sescli.cli.decorator import command, group, options
from sescli.errors import UsageError
from sescli.groups.identity.commands.options import Name
from sescli.groups.identity.views import notifications as view
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.notifications import NotificationChanges

app = group("notifications", "Manage bounce, complaint and delivery notifications of an identity.")


@options
class NotificationOptions:
    """What to change."""

    bounce: Annotated[str | None, typer.Option(help="SNS topic for bounces, or none.", metavar="ARN")] = None
    complaint: Annotated[
        str | None, typer.Option(help="SNS topic for complaints, or none.", metavar="ARN")
    ] = None
    delivery: Annotated[
        str | None, typer.Option(help="SNS topic for deliveries, or none.", metavar="ARN")
    ] = None
    headers: Annotated[
        str | None,
        typer.Option(
            help="Notifications that include the headers of the message: bounce, complaint, delivery, all or none.",
            metavar="TYPES",
        ),
    ] = None
    forwarding: Annotated[
        bool | None,
        typer.Option("--forwarding/--no-forwarding", help="Forward bounces and complaints by email."),
    ] = None

    def parse(self, region: str) -> NotificationChanges:
        """The changes, checked. Raises `UsageError` without any."""
        from sescli.groups.identity.service import notifications as service

        given = {"bounce": self.bounce, "complaint": self.complaint, "delivery": self.delivery}
        topics = {kind: arn for kind, arn in given.items() if arn is not None}
        if not topics and self.headers is None and self.forwarding is None:
            raise UsageError(
                "nothing to set: use --bounce, --complaint, --delivery, --headers or --forwarding",
                hint=NextCommand("identity", "notifications", "set", "--help"),
            )
        return service.NotificationChanges(
            {kind: service.parse_topic(arn, kind, region) for kind, arn in topics.items()},
            None if self.headers is None else service.parse_headers(self.headers),
            self.forwarding,
        )


@command(
    app,
    "show",
    examples=[
        "sescli identity notifications show example.com",
        "sescli identity notifications show example.com -o json",
    ],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show where SES reports the bounces, complaints and deliveries of an identity.

    By email, SES sends them to the Return-Path address of the message. An SNS topic delivers them to a program.
    If SES can no longer publish to a topic, it removes the topic and turns email forwarding on again: look here
    if notifications stop.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import notifications as service

    return view.notification_details(service.show(rt.aws, parse_identity(name)), rt.aws.region)


@command(
    app,
    "set",
    examples=[
        (
            "sescli identity notifications set example.com --bounce arn:aws:sns:us-east-1:123456789012:bounces "
            "--complaint arn:aws:sns:us-east-1:123456789012:bounces --headers all --no-forwarding"
        ),
        "sescli identity notifications set example.com --delivery none --forwarding",
    ],
)
def set_notifications(rt: Runtime, name: Name, wanted: NotificationOptions) -> Done:
    """Set where SES reports the bounces, complaints and deliveries of an identity.

    You must receive bounces and complaints, or your rates rise without notice. So email forwarding can be turned
    off only if a topic, or the default configuration set, receives both. The topic must allow ses.amazonaws.com
    to publish. An event destination of a configuration set can do all of this and reports more event types.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import notifications as service

    identity = parse_identity(name)
    changes = wanted.parse(rt.aws.region)
    before = service.show(rt.aws, identity)
    after = service.apply_changes(before, changes)
    service.check_feedback_is_received(rt.aws, identity, after, warn=rt.output.warn)
    target = f"{identity} ({rt.aws.region})"
    if after == before:
        return Done(f"The notifications of {target} already have these settings. Nothing changed.", before)
    service.change(rt.aws, before, after)
    return Done(
        f"Set the notifications of {target}: {view.summary(after)}.",
        after,
        next=NextCommand("identity", "notifications", "show", identity.text),
    )
