"""What SES tells of the bounces, complaints and deliveries of an identity: by SNS topic, and by mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.errors import AccessError, NotFoundError, SescliError, UsageError
from sescli.groups.config_set.service.event_destinations import destinations
from sescli.groups.config_set.service.event_targets import region_of, sns
from sescli.groups.identity.service.identities import get

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

# By name here; NotificationType of API v1 is the same, capitalised.
KINDS = ("bounce", "complaint", "delivery")
NONE = "none"
_BY_MAIL = ("bounce", "complaint")


@dataclass(frozen=True)
class Topic:
    """Where one kind goes (an SNS topic's ARN, None for nowhere), and whether with the mail's headers."""

    topic: str | None
    headers: bool


@dataclass(frozen=True)
class Notifications:
    """Those of an identity. `feedback_forwarding` mails bounces and complaints to the Return-Path."""

    identity: str
    bounce: Topic
    complaint: Topic
    delivery: Topic
    feedback_forwarding: bool

    def of(self, kind: str) -> Topic:
        """One of `KINDS`."""
        topic: Topic = getattr(self, kind)
        return topic

    def without_topic(self) -> list[str]:
        """Which of bounce and complaint reach nobody but by mail."""
        return [kind for kind in _BY_MAIL if not self.of(kind).topic]


@dataclass(frozen=True)
class Wish:
    """What is to change; None leaves a thing as it is. `topics` are by kind, `none` for nowhere."""

    topics: Mapping[str, str]
    headers: tuple[str, ...] | None = None
    forwarding: bool | None = None


def parse_topic(text: str, kind: str, region: str) -> str:
    """A topic's ARN, or `none`. Raises `UsageError` for one that SES cannot publish to."""
    if text.strip().lower() == NONE:
        return NONE
    target = sns(text)
    if text.endswith(".fifo"):
        raise UsageError(f"--{kind} is a FIFO topic, and SES publishes to standard ones only")
    if region_of(target) != region:
        raise UsageError(
            f"--{kind} is a topic in {region_of(target)}, and SES in {region} publishes there only",
            hint=f"a topic in {region}, or another --region",
        )
    return text


def parse_headers(text: str) -> tuple[str, ...]:
    """Kinds with commas, `all` or `none`. Raises `UsageError`."""
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    if names == [NONE]:
        return ()
    if names == ["all"]:
        return KINDS
    if not names or set(names) - set(KINDS):
        raise UsageError(f"--headers is {text!r}", hint=f"it takes {', '.join(KINDS)}, all or none")
    return tuple(kind for kind in KINDS if kind in names)


def show(aws: Gateway, name: IdentityName) -> Notifications:
    """SES API v1 GetIdentityNotificationAttributes: v2 has none. Raises `NotFoundError`."""
    answer = aws.read("ses", "GetIdentityNotificationAttributes", Identities=[name.text])
    found = answer.get("NotificationAttributes", {}).get(name.text)
    if found is None:
        get(aws, name)  # v1 is silent about an identity that is not there; v2 is not
        raise NotFoundError(f"SES tells no notifications of {name} in {aws.region}")
    return Notifications(
        name.text,
        bounce=_topic(found, "Bounce"),
        complaint=_topic(found, "Complaint"),
        delivery=_topic(found, "Delivery"),
        feedback_forwarding=bool(found.get("ForwardingEnabled", True)),
    )


def _topic(found: Mapping[str, Any], kind: str) -> Topic:
    return Topic(found.get(f"{kind}Topic") or None, bool(found.get(f"HeadersIn{kind}NotificationsEnabled")))


def wished(now: Notifications, wish: Wish) -> Notifications:
    """How they will be. Raises `UsageError` for headers of a kind that goes to no topic."""
    forwarding = now.feedback_forwarding if wish.forwarding is None else wish.forwarding
    return Notifications(
        now.identity,
        bounce=_wished(now, "bounce", wish),
        complaint=_wished(now, "complaint", wish),
        delivery=_wished(now, "delivery", wish),
        feedback_forwarding=forwarding,
    )


def _wished(now: Notifications, kind: str, wish: Wish) -> Topic:
    given = wish.topics.get(kind, now.of(kind).topic)
    topic = None if given == NONE else given
    headers = now.of(kind).headers if wish.headers is None else kind in wish.headers
    if headers and not topic and wish.headers not in {None, KINDS}:
        raise UsageError(
            f"{kind} notifications of {now.identity} go to no topic, so there is nothing to have headers in",
            hint=f"give --{kind} ARN too",
        )
    return Topic(topic, headers and topic is not None)


def check_somebody_hears(aws: Gateway, name: IdentityName, then: Notifications) -> None:
    """Refuse to turn the forwarding off while bounces or complaints would reach nobody.

    Topics count, and the event destinations of the default configuration set (SES API v2 GetEmailIdentity,
    GetConfigurationSetEventDestinations). Without either SES goes on mailing them all the same.
    Raises `UsageError`.
    """
    unheard = [] if then.feedback_forwarding else then.without_topic()
    if not unheard:
        return
    published = _published(aws, name)
    unheard = [kind for kind in unheard if kind.upper() not in published]
    if unheard:
        options = " ".join(f"--{kind} ARN" for kind in unheard)
        raise UsageError(
            f"with the forwarding off, {' and '.join(unheard)} notifications of {name} would have no other way, "
            f"and SES goes on mailing them",
            hint=f"give {options} too, or --forwarding",
        )


def _published(aws: Gateway, name: IdentityName) -> set[str]:
    """The event types that the default configuration set publishes; none where that may not be looked at."""
    try:
        config_set = get(aws, name).get("ConfigurationSetName")
        found: Sequence[Any] = list(destinations(aws, config_set)) if config_set else []
    except (AccessError, NotFoundError):
        return set()
    return {event for one in found if one.enabled for event in one.matching_event_types}


def change(aws: Gateway, now: Notifications, then: Notifications) -> Notifications:
    """Make the calls that lead from one to the other, and no others; each API call takes one a second.

    SES API v1 SetIdentityNotificationTopic, SetIdentityHeadersInNotificationsEnabled; v2
    PutEmailIdentityFeedbackAttributes. Forwarding is turned on first and off last, so that no notification
    is lost in between. An error says what was done before it.
    """
    done: list[str] = []
    for said, service, operation, parameters in _calls(now, then):
        try:
            aws.write(service, operation, **parameters)
        except SescliError as error:
            if done:
                error.message = f"done: {', '.join(done)}; then: {error.message}"
            raise
        done.append(said)
    return then


def _calls(now: Notifications, then: Notifications) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    forwarding = {"EmailIdentity": now.identity, "EmailForwardingEnabled": then.feedback_forwarding}
    put = ("feedback by mail", "sesv2", "PutEmailIdentityFeedbackAttributes", forwarding)
    if then.feedback_forwarding and not now.feedback_forwarding:
        yield put
    for kind in KINDS:
        yield from _calls_of(now.identity, kind, now.of(kind), then.of(kind))
    if now.feedback_forwarding and not then.feedback_forwarding:
        yield put


def _calls_of(
    identity: str, kind: str, now: Topic, then: Topic
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    about = {"Identity": identity, "NotificationType": kind.capitalize()}
    if now.topic != then.topic:
        topic = {"SnsTopic": then.topic} if then.topic else {}
        yield f"topic of {kind}", "ses", "SetIdentityNotificationTopic", {**about, **topic}
    if now.headers != then.headers and then.topic:
        enabled = {**about, "Enabled": then.headers}
        yield f"headers of {kind}", "ses", "SetIdentityHeadersInNotificationsEnabled", enabled
