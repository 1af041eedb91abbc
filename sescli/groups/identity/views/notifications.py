"""Notification settings of an identity on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.groups.identity.service.notifications import KINDS
from sescli.output.results import Details

if TYPE_CHECKING:
    from sescli.groups.identity.service.notifications import Notifications, NotificationTopic
    from sescli.output.results import Field

_LABELS = {"bounce": "bounces", "complaint": "complaints", "delivery": "deliveries"}


def notification_details(found: Notifications, region: str) -> Details:
    """The topic of each notification type, and whether SES forwards feedback by email."""
    fields: list[Field] = [(_LABELS[kind], _topic(found.topic_of(kind))) for kind in KINDS]
    fields.append(("email forwarding", "on" if found.feedback_forwarding else "off"))
    return Details(found, fields, title=f"Notifications of {found.identity} in {region}")


def summary(found: Notifications) -> str:
    """The settings in one sentence, without its full stop."""
    topics = [
        f"{_LABELS[kind]} to {found.topic_of(kind).topic}" for kind in KINDS if found.topic_of(kind).topic
    ]
    return ", ".join([*topics, f"email forwarding {'on' if found.feedback_forwarding else 'off'}"])


def _topic(topic: NotificationTopic) -> str:
    if not topic.topic:
        return "no topic"
    return f"{topic.topic}{', with message headers' if topic.headers else ''}"
