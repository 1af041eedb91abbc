"""`sescli identity notifications`: who hears of the bounces, complaints and deliveries of an identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sescli.cli.decorator import command, group
from sescli.cli.name_completion import identities
from sescli.errors import UsageError
from sescli.output.results import Details, Done
from sescli.runtime import Runtime

if TYPE_CHECKING:
    from sescli.groups.identity.service.notifications import Notifications, Topic, Wish

app = group("notifications", "Who hears of its bounces, complaints and deliveries.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A domain or an address that is an identity.", autocompletion=identities
    ),
]
_TOPIC = "SNS topic for {}, or none."


@command(
    app,
    "show",
    examples=[
        "sescli identity notifications show example.com",
        "sescli identity notifications show example.com -o json",
    ],
)
def show(rt: Runtime, name: Name) -> Details:
    """Show where the bounces, complaints and deliveries of an identity are told.

    By mail they go to the Return-Path of the mail; a topic brings them to a program. SES itself takes a topic
    away, and turns the mails on again, when it can no longer publish there: look here when they stop.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import notifications as service

    found = service.show(rt.aws, parse_identity(name))
    return Details(found, _fields(found), title=f"Notifications of {found.identity} in {rt.aws.region}")


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
def set_notifications(
    rt: Runtime,
    name: Name,
    bounce: Annotated[str | None, typer.Option(help=_TOPIC.format("bounces"), metavar="ARN")] = None,
    complaint: Annotated[str | None, typer.Option(help=_TOPIC.format("complaints"), metavar="ARN")] = None,
    delivery: Annotated[str | None, typer.Option(help=_TOPIC.format("deliveries"), metavar="ARN")] = None,
    headers: Annotated[
        str | None,
        typer.Option(
            help="Kinds that come with the mail's headers: bounce, complaint, delivery, all or none.",
            metavar="KINDS",
        ),
    ] = None,
    forwarding: Annotated[
        bool | None,
        typer.Option("--forwarding/--no-forwarding", help="Bounces and complaints by mail, or not."),
    ] = None,
) -> Done:
    """Choose where the bounces, complaints and deliveries of an identity are told.

    Someone must hear of bounces and complaints, or the rates rise unseen: the mails can be turned off only
    where a topic, or the default configuration set, has both. The topic must let ses.amazonaws.com publish.
    An event destination of a configuration set can do all of this, and knows more events.
    """
    from sescli.dns.names import parse_identity
    from sescli.groups.identity.service import notifications as service

    wanted = parse_identity(name)
    given = {"bounce": bounce, "complaint": complaint, "delivery": delivery}
    wish = _wish(rt, {kind: arn for kind, arn in given.items() if arn is not None}, headers, forwarding)
    now = service.show(rt.aws, wanted)
    then = service.wished(now, wish)
    service.check_somebody_hears(rt.aws, wanted, then)
    if then == now:
        return Done(f"{wanted} in {rt.aws.region} has all this already, and nothing was changed.", now)
    service.change(rt.aws, now, then)
    return Done(
        f"{wanted} in {rt.aws.region}: {_said(then)}.",
        then,
        next=f"sescli identity notifications show {wanted}",
    )


def _wish(rt: Runtime, topics: dict[str, str], headers: str | None, forwarding: bool | None) -> Wish:
    from sescli.groups.identity.service import notifications as service

    if not topics and headers is None and forwarding is None:
        raise UsageError(
            "nothing to set: give a topic, --headers or --forwarding",
            hint="sescli identity notifications set --help",
        )
    return service.Wish(
        {kind: service.parse_topic(arn, kind, rt.aws.region) for kind, arn in topics.items()},
        None if headers is None else service.parse_headers(headers),
        forwarding,
    )


def _said(then: Notifications) -> str:
    from sescli.groups.identity.service.notifications import KINDS

    told = [f"{kind} to {then.of(kind).topic}" for kind in KINDS if then.of(kind).topic]
    mail = "bounces and complaints by mail" if then.feedback_forwarding else "nothing by mail"
    return ", ".join([*told, mail])


def _fields(found: Notifications) -> list[tuple[str, object] | tuple[str, object, str]]:
    from sescli.groups.identity.service.notifications import KINDS

    fields: list[tuple[str, object] | tuple[str, object, str]] = [
        (kind, _topic(found.of(kind))) for kind in KINDS
    ]
    return [*fields, ("bounces and complaints by mail", found.feedback_forwarding)]


def _topic(topic: Topic) -> str:
    if not topic.topic:
        return "no topic"
    return f"{topic.topic}{', with the headers of the mail' if topic.headers else ''}"
