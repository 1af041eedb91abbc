"""Where SES reports the bounces, complaints and deliveries of an identity: SNS topics, and email forwarding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.aws.try_read import try_read
from sescli.errors import NotFoundError, SescliError, UsageError
from sescli.groups.config_set.service.event_destinations import destinations
from sescli.groups.config_set.service.event_targets import region_of, sns
from sescli.groups.identity.service.identities import get_email_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName
    from sescli.groups.config_set.service.event_destinations import EventDestination

# NotificationType of API v1 is the same, capitalized.
KINDS = ("bounce", "complaint", "delivery")
NONE = "none"
# SES forwards these by email, and requires that someone receives them.
_FEEDBACK = ("bounce", "complaint")


@dataclass(frozen=True)
class NotificationTopic:
    """The SNS topic of one notification type (an ARN, or None), and whether it includes the message headers."""

    topic: str | None
    headers: bool


@dataclass(frozen=True)
class Notifications:
    """The settings of an identity. `feedback_forwarding` sends bounces and complaints to the Return-Path address."""

    identity: str
    bounce: NotificationTopic
    complaint: NotificationTopic
    delivery: NotificationTopic
    feedback_forwarding: bool

    def topic_of(self, kind: str) -> NotificationTopic:
        """The topic of one of `KINDS`."""
        topic: NotificationTopic = getattr(self, kind)
        return topic

    def feedback_without_topic(self) -> list[str]:
        """Which of bounce and complaint are reported only by email forwarding."""
        return [kind for kind in _FEEDBACK if not self.topic_of(kind).topic]


@dataclass(frozen=True)
class NotificationChanges:
    """What to change. None changes nothing. `topics` are ARNs or `none`, by kind."""

    topics: Mapping[str, str]
    headers: tuple[str, ...] | None = None
    forwarding: bool | None = None


def parse_topic(text: str, kind: str, region: str) -> str:
    """The ARN of a topic, or `none`. Raises `UsageError` for a topic that SES cannot publish to."""
    if text.strip().lower() == NONE:
        return NONE
    target = sns(text)
    if text.endswith(".fifo"):
        raise UsageError(f"--{kind} is a FIFO topic, which SES does not support", hint="use a standard topic")
    if region_of(target) != region:
        raise UsageError(
            f"--{kind} is a topic in {region_of(target)}, but SES in {region} publishes only to its own region",
            hint=f"use a topic in {region}, or another --region",
        )
    return text


def parse_headers(text: str) -> tuple[str, ...]:
    """Kinds separated by commas, or `all` or `none`. Raises `UsageError`."""
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    if names == [NONE]:
        return ()
    if names == ["all"]:
        return KINDS
    if not names or set(names) - set(KINDS):
        raise UsageError(f"--headers {text!r} is not valid", hint=f"use {', '.join(KINDS)}, all or none")
    return tuple(kind for kind in KINDS if kind in names)


def show(aws: Gateway, name: IdentityName) -> Notifications:
    """SES API v1 GetIdentityNotificationAttributes, because v2 has no such call. Raises `NotFoundError`."""
    answer = aws.read("ses", "GetIdentityNotificationAttributes", Identities=[name.text])
    found = answer.get("NotificationAttributes", {}).get(name.text)
    if found is None:
        get_email_identity(aws, name)  # raises for a missing identity, unlike API v1
        raise NotFoundError(f"SES returned no notification settings for {name} in {aws.region}")
    return Notifications(
        name.text,
        bounce=_topic(found, "Bounce"),
        complaint=_topic(found, "Complaint"),
        delivery=_topic(found, "Delivery"),
        feedback_forwarding=bool(found.get("ForwardingEnabled", True)),
    )


def _topic(found: Mapping[str, Any], kind: str) -> NotificationTopic:
    return NotificationTopic(
        found.get(f"{kind}Topic") or None, bool(found.get(f"HeadersIn{kind}NotificationsEnabled"))
    )


def apply_changes(now: Notifications, changes: NotificationChanges) -> Notifications:
    """The settings after the changes. Raises `UsageError` for headers of a type without a topic."""
    forwarding = now.feedback_forwarding if changes.forwarding is None else changes.forwarding
    return Notifications(
        now.identity,
        bounce=_changed_topic(now, "bounce", changes),
        complaint=_changed_topic(now, "complaint", changes),
        delivery=_changed_topic(now, "delivery", changes),
        feedback_forwarding=forwarding,
    )


def _changed_topic(now: Notifications, kind: str, changes: NotificationChanges) -> NotificationTopic:
    given = changes.topics.get(kind, now.topic_of(kind).topic)
    topic = None if given == NONE else given
    headers = now.topic_of(kind).headers if changes.headers is None else kind in changes.headers
    if headers and not topic and changes.headers not in {None, KINDS}:
        raise UsageError(
            f"{kind} notifications of {now.identity} have no topic, so they cannot include headers",
            hint=f"also use --{kind} ARN",
        )
    return NotificationTopic(topic, headers and topic is not None)


def check_feedback_is_received(
    aws: Gateway, name: IdentityName, after: Notifications, *, warn: Callable[[str], None]
) -> None:
    """Refuse to turn email forwarding off if bounces or complaints would then have no receiver.

    Topics count, and so do the event destinations of the default configuration set (SES API v2 GetEmailIdentity,
    GetConfigurationSetEventDestinations). Without either, SES forwards by email regardless of the setting.
    Raises `UsageError`.
    """
    missing = [] if after.feedback_forwarding else after.feedback_without_topic()
    if not missing:
        return
    published = _published_event_types(aws, name, warn)
    missing = [kind for kind in missing if kind.upper() not in published]
    if missing:
        options = " ".join(f"--{kind} ARN" for kind in missing)
        raise UsageError(
            f"without email forwarding, {' and '.join(missing)} notifications of {name} have no destination, "
            f"so SES continues to forward them",
            hint=f"also use {options}, or use --forwarding",
        )


def _published_event_types(aws: Gateway, name: IdentityName, warn: Callable[[str], None]) -> set[str]:
    """The event types that the default configuration set publishes. None if the look-up is denied."""
    try:
        found = try_read(
            f"the default configuration set of {name}", lambda: _default_destinations(aws, name), warn=warn
        )
    except NotFoundError:  # the configuration set was deleted
        found = None
    return {event for one in found or () if one.enabled for event in one.matching_event_types}


def _default_destinations(aws: Gateway, name: IdentityName) -> list[EventDestination]:
    config_set = get_email_identity(aws, name).get("ConfigurationSetName")
    return list(destinations(aws, config_set)) if config_set else []


def change(aws: Gateway, now: Notifications, then: Notifications) -> Notifications:
    """Make only the calls that are needed. SES allows one call of each operation a second.

    SES API v1 SetIdentityNotificationTopic, SetIdentityHeadersInNotificationsEnabled; v2
    PutEmailIdentityFeedbackAttributes. Forwarding is turned on first or off last, so that no notification is lost
    in between. An error says which changes were made before it.
    """
    done: list[str] = []
    for label, service, operation, parameters in _calls(now, then):
        try:
            aws.write(service, operation, **parameters)
        except SescliError as error:
            if done:
                error.message = f"changed {', '.join(done)}; then: {error.message}"
            raise
        done.append(label)
    return then


def _calls(now: Notifications, then: Notifications) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    forwarding = {"EmailIdentity": now.identity, "EmailForwardingEnabled": then.feedback_forwarding}
    put = ("email forwarding", "sesv2", "PutEmailIdentityFeedbackAttributes", forwarding)
    if then.feedback_forwarding and not now.feedback_forwarding:
        yield put
    for kind in KINDS:
        yield from _calls_of(now.identity, kind, now.topic_of(kind), then.topic_of(kind))
    if now.feedback_forwarding and not then.feedback_forwarding:
        yield put


def _calls_of(
    identity: str, kind: str, now: NotificationTopic, then: NotificationTopic
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    about = {"Identity": identity, "NotificationType": kind.capitalize()}
    if now.topic != then.topic:
        topic = {"SnsTopic": then.topic} if then.topic else {}
        yield f"{kind} topic", "ses", "SetIdentityNotificationTopic", {**about, **topic}
    if now.headers != then.headers and then.topic:
        enabled = {**about, "Enabled": then.headers}
        yield f"{kind} headers", "ses", "SetIdentityHeadersInNotificationsEnabled", enabled
