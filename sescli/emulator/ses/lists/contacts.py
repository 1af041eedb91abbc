"""Contact lists and contacts (docs/ses-behavior.md#contact-lists, #updatecontact, #updatecontactlist)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import AlreadyExists, BadRequest, LimitExceeded, NotFound
from sescli.emulator.ses.sending.address import bare_address

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

LIST_KIND = "contact-list"
_MAX_TOPICS = 20


def contact_kind(list_name: str) -> str:
    """The record kind of the contacts of one list."""
    return f"contact:{list_name}"


def create_list(region: Region, name: str, record: Record) -> None:
    """Raises AlreadyExists, LimitExceeded (one list per account and region)."""
    if region.get(LIST_KIND, name) is not None:
        raise AlreadyExists(f"List with name: {name} already exists.")
    if region.count(LIST_KIND):
        raise LimitExceeded("Maximum of 1 Lists allowed per account.")
    _check_topics(record["topics"])
    region.put(LIST_KIND, name, record | {"created": region.now(), "updated": region.now()})


def update_list(region: Region, name: str, values: Record) -> None:
    """Replace topics and description. Raises BadRequest, NotFound.

    docs/ses-behavior.md#updatecontactlist
    """
    _check_topics(values["topics"])
    region.put(LIST_KIND, name, load_list(region, name) | values | {"updated": region.now()})


def load_list(region: Region, name: str) -> Record:
    """Raises NotFound."""
    record = region.get(LIST_KIND, name)
    if record is None:
        raise NotFound(f"List with name: {name} doesn't exist.")
    return record


def delete_list(region: Region, name: str) -> None:
    """Delete the list and all its contacts. Raises NotFound."""
    load_list(region, name)
    kind = contact_kind(name)
    for address, _ in list(region.store.iter_records(region.name, kind)):
        region.delete(kind, address)
    region.delete(LIST_KIND, name)


def create_contact(region: Region, list_name: str, address: str, values: Record) -> None:
    """Raises AlreadyExists, BadRequest, NotFound."""
    owner = load_list(region, list_name)
    bare_address(address)
    if region.get(contact_kind(list_name), address) is not None:
        raise AlreadyExists(f"Contact already exists for email: {address}")
    _check_preferences(owner, values)
    record = values | {"created": region.now(), "updated": region.now()}
    region.put(contact_kind(list_name), address, record)


def load_contact(region: Region, list_name: str, address: str) -> Record:
    """Raises NotFound."""
    load_list(region, list_name)
    record = region.get(contact_kind(list_name), address)
    if record is None:
        raise NotFound(f"{address} doesn't exist in List.")
    return record


def update_contact(region: Region, list_name: str, address: str, values: Record) -> None:
    """Update a contact. All its preferences are replaced. Raises BadRequest, NotFound.

    docs/ses-behavior.md#updatecontact
    """
    record = load_contact(region, list_name, address)
    _check_preferences(load_list(region, list_name), values)
    region.put(contact_kind(list_name), address, record | values | {"updated": region.now()})


def has_opted_out(owner: Record, contact: Record | None, topic: str | None) -> bool:
    """Whether the contact unsubscribed from the list (or its topic), so that SES does not send to it."""
    if contact is None:
        return False
    if contact.get("unsubscribe_all"):
        return True
    choices = {each["TopicName"]: each["SubscriptionStatus"] for each in contact.get("preferences", [])}
    defaults = {each["TopicName"]: each["DefaultSubscriptionStatus"] for each in owner["topics"]}
    return topic is not None and choices.get(topic, defaults.get(topic)) == "OPT_OUT"


def _check_topics(topics: list[dict[str, str]]) -> None:
    if len(topics) > _MAX_TOPICS:
        raise LimitExceeded(f"A contact list can have at most {_MAX_TOPICS} topics.")
    if len({topic["TopicName"] for topic in topics}) != len(topics):
        raise BadRequest("Topic names must be unique.")


def _check_preferences(owner: Record, values: Record) -> None:
    known = {topic["TopicName"] for topic in owner["topics"]}
    for preference in values.get("preferences", []):
        if preference["TopicName"] not in known:
            raise BadRequest(f"{preference['TopicName']} doesn't exist in List.")
