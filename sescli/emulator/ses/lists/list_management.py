"""SES's subscription management for a send: `ListManagementOptions`.

docs/ses-behavior.md#list-management
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import BadRequest
from sescli.emulator.ses.lists import contacts
from sescli.emulator.ses.sending.address import parse_address
from sescli.emulator.ses.sending.message import Header, Message, merge_headers
from sescli.handlebars.reserved import PLACEHOLDERS, UNSUBSCRIBE_URL

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region

_IN_TEXT = PLACEHOLDERS[UNSUBSCRIBE_URL]
_MAX_PLACEHOLDERS = 2


@dataclass(frozen=True)
class Subscription:
    """The list (and topic) of a message, and the unsubscribe URL of its recipient."""

    contact_list: str
    topic: str | None
    url: str

    @property
    def data(self) -> dict[str, Any]:
        """The data for a template."""
        return {UNSUBSCRIBE_URL: self.url}

    def apply(self, message: Message) -> None:
        """Add the headers for one-click unsubscribe and fill in the URL. Raises BadRequest."""
        own: list[Header] = [
            {"name": "List-Unsubscribe", "value": f"<{self.url}>"},
            {"name": "List-Unsubscribe-Post", "value": "List-Unsubscribe=One-Click"},
        ]
        message.headers = merge_headers(message.headers, own)
        message.contact_list, message.topic = self.contact_list, self.topic
        if sum((part or "").count(_IN_TEXT) for part in (message.text, message.html)) > _MAX_PLACEHOLDERS:
            raise BadRequest(f"A message can have at most {_MAX_PLACEHOLDERS} unsubscribe placeholders.")
        message.text = message.text and message.text.replace(_IN_TEXT, self.url)
        message.html = message.html and message.html.replace(_IN_TEXT, self.url)


def create_subscription(region: Region, message: Message, options: dict[str, str]) -> Subscription:
    """Create the subscription of the message's only recipient, who becomes a contact of the list.

    Raises BadRequest for several recipients or an unknown topic, NotFound for an unknown list.
    """
    name, topic = options["ContactListName"], options.get("TopicName")
    if len(message.recipients) != 1:
        raise BadRequest("ListManagementOptions can only be used with exactly one recipient.")
    owner = contacts.load_list(region, name)
    if topic and topic not in {each["TopicName"] for each in owner["topics"]}:
        raise BadRequest(f"Topic {topic} does not exist in list {name}.")
    address = str(parse_address(message.recipients[0]))
    if region.get(contacts.contact_kind(name), address) is None:
        contacts.create_contact(region, name, address, {"preferences": [], "unsubscribe_all": False})
    word = hashlib.sha256(f"{name}:{topic}:{address}".encode()).hexdigest()[:32]
    return Subscription(name, topic, f"https://{region.name}.unsubscribe.invalid/{word}")
