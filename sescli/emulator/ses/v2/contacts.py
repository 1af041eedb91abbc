"""Contact lists and contacts in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.lists import contacts
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def CreateContactList(region: Region, params: Params) -> dict[str, Any]:
    record = _list_values(params) | {"tags": check_tags(params.get("Tags", []))}
    contacts.create_list(region, params["ContactListName"], record)
    return {}


@V2
def GetContactList(region: Region, params: Params) -> dict[str, Any]:
    record = contacts.load_list(region, params["ContactListName"])
    result = {
        "ContactListName": params["ContactListName"],
        "Topics": record["topics"],
        "CreatedTimestamp": record["created"],
        "LastUpdatedTimestamp": record["updated"],
        "Tags": record["tags"],
    }
    return result | ({"Description": record["description"]} if record["description"] else {})


@V2
def ListContactLists(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    found, following = region.page(contacts.LIST_KIND, size=size, token=params.get("NextToken"))
    rows = [{"ContactListName": name, "LastUpdatedTimestamp": record["updated"]} for name, record in found]
    return {"ContactLists": rows, **following}


@V2
def UpdateContactList(region: Region, params: Params) -> dict[str, Any]:
    contacts.update_list(region, params["ContactListName"], _list_values(params))
    return {}


@V2
def DeleteContactList(region: Region, params: Params) -> dict[str, Any]:
    contacts.delete_list(region, params["ContactListName"])
    return {}


@V2
def CreateContact(region: Region, params: Params) -> dict[str, Any]:
    values = {"preferences": [], "unsubscribe_all": False, **_contact_values(params)}
    contacts.create_contact(region, params["ContactListName"], params["EmailAddress"], values)
    return {}


@V2
def GetContact(region: Region, params: Params) -> dict[str, Any]:
    owner = contacts.load_list(region, params["ContactListName"])
    record = contacts.load_contact(region, params["ContactListName"], params["EmailAddress"])
    result = {
        "ContactListName": params["ContactListName"],
        "CreatedTimestamp": record["created"],
        **_row(owner, params["EmailAddress"], record),
    }
    return result | ({"AttributesData": record["attributes"]} if "attributes" in record else {})


@V2
def ListContacts(region: Region, params: Params) -> dict[str, Any]:
    owner = contacts.load_list(region, params["ContactListName"])
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    status = params.get("Filter", {}).get("FilteredStatus")
    topic = params.get("Filter", {}).get("TopicFilter", {}).get("TopicName")

    def wanted(_address: str, record: Record) -> bool:
        out = contacts.has_opted_out(owner, record, topic)
        return out if status == "OPT_OUT" else not out

    found, following = region.page(
        contacts.contact_kind(params["ContactListName"]),
        size=size,
        token=params.get("NextToken"),
        wanted=wanted if status else None,
    )
    return {"Contacts": [_row(owner, address, record) for address, record in found], **following}


@V2
def UpdateContact(region: Region, params: Params) -> dict[str, Any]:
    values = {"preferences": [], **_contact_values(params)}
    contacts.update_contact(region, params["ContactListName"], params["EmailAddress"], values)
    return {}


@V2
def DeleteContact(region: Region, params: Params) -> dict[str, Any]:
    contacts.load_contact(region, params["ContactListName"], params["EmailAddress"])
    region.delete(contacts.contact_kind(params["ContactListName"]), params["EmailAddress"])
    return {}


def _list_values(params: Params) -> Record:
    return {"topics": params.get("Topics", []), "description": params.get("Description", "")}


def _contact_values(params: Params) -> Record:
    names = {
        "TopicPreferences": "preferences",
        "UnsubscribeAll": "unsubscribe_all",
        "AttributesData": "attributes",
    }
    return {own: params[name] for name, own in names.items() if name in params}


def _row(owner: Record, address: str, record: Record) -> dict[str, Any]:
    chosen = {each["TopicName"] for each in record["preferences"]}
    defaults = [
        {"TopicName": topic["TopicName"], "SubscriptionStatus": topic["DefaultSubscriptionStatus"]}
        for topic in owner["topics"]
        if topic["TopicName"] not in chosen
    ]
    return {
        "EmailAddress": address,
        "TopicPreferences": record["preferences"],
        "TopicDefaultPreferences": defaults,
        "UnsubscribeAll": record["unsubscribe_all"],
        "LastUpdatedTimestamp": record["updated"],
    }
