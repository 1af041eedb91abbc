"""Reads and checks a request `POST /_sescli/deliver?to=ADDRESS&…`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sescli.emulator.receiving.incoming_message import STATUSES, VERDICTS, IncomingMessage
from sescli.errors import SescliError
from sescli.mail.address_list import mailboxes
from sescli.mail.addresses import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.mail.addresses import Address

_PARAMETERS = frozenset({"region", "to", "from", "source_ip", "verdict"})
_SOURCE_IP = "198.51.100.1"  # from a network for documentation (RFC 5737)


class DeliveryError(ValueError):
    """A request that is not valid."""


def read_request(query: Mapping[str, Sequence[str]], raw: bytes, region: str, at: float) -> IncomingMessage:
    """Read the message: `to` (one or more), `from` (empty for the null sender), `source_ip`, `verdict`.

    Without `from`, the envelope sender is the address in the From header. Raises DeliveryError.
    """
    if unknown := set(query) - _PARAMETERS:
        raise DeliveryError(f"unknown parameter: {min(unknown)}")
    if not raw.strip():
        raise DeliveryError("the message is empty")
    recipients = [_address(text) for text in query.get("to", ())]
    if not recipients:
        raise DeliveryError("no recipient: specify at least one with 'to'")
    source_ip = query.get("source_ip", [_SOURCE_IP])[-1]
    mail = IncomingMessage(
        region, at, "", recipients, _ip(source_ip), raw, _verdicts(query.get("verdict", ()))
    )
    mail.sender = _sender(query["from"][-1]) if "from" in query else _from_address(mail)
    return mail


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except SescliError as error:
        raise DeliveryError(error.message) from error


def _sender(text: str) -> str:
    return "" if text in {"", "<>"} else _address(text).addr_spec


def _from_address(mail: IncomingMessage) -> str:
    """The address in the From header, or the null sender if there is no valid one."""
    mailbox = next(mailboxes(mail.headers(scanned=False).values("From")), None)
    try:
        return parse_address(mailbox.spec).addr_spec if mailbox else ""
    except SescliError:
        return ""


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise DeliveryError(f"{text!r} is not a valid IP address") from error


def _verdicts(given: Sequence[str]) -> dict[str, str]:
    verdicts = {}
    for text in given:
        name, _, status = text.partition("=")
        if name.lower() not in VERDICTS or status.upper() not in STATUSES:
            raise DeliveryError(
                f"a verdict must be NAME=STATUS such as spam=FAIL, not {text!r}. Names: {', '.join(VERDICTS)}."
                f" Statuses: {', '.join(STATUSES)}"
            )
        verdicts[name.lower()] = status.upper()
    return verdicts
