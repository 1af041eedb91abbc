"""The suppression lists of the account and of its tenants, and which recipients they suppress.

Addresses are stored as given, and Get and Delete need exactly this form. A send ignores case
(docs/ses-behavior.md#suppression-case). `tenant` None means the account's list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.faults import BadRequest, NotFound
from sescli.emulator.ses.sending.address import bare_address

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_KIND = "suppressed"
_FOLDED = "suppressed-folded"  # lower-case address → the stored addresses


def kind(tenant: str | None) -> str:
    """The record kind of the addresses of one list."""
    return f"{_KIND}:{tenant}" if tenant else _KIND


def _folded(tenant: str | None) -> str:
    return f"{_FOLDED}:{tenant}" if tenant else _FOLDED


def put(region: Region, address: str, reason: str, tenant: str | None = None) -> None:
    """Add an address, or change its reason. Raises BadRequest if the address is not valid."""
    bare_address(address)
    region.put(kind(tenant), address, {"reason": reason, "updated": region.now()})
    folded = region.get(_folded(tenant), address.lower()) or {"as_put": []}
    if address not in folded["as_put"]:
        region.put(_folded(tenant), address.lower(), {"as_put": [*folded["as_put"], address]})


def check_allowed(production: bool) -> None:
    """Raises BadRequest in the sandbox (docs/ses-behavior.md#sandbox-suppression-list)."""
    if not production:
        raise BadRequest("The suppression list cannot be changed while the account is in the sandbox.")


def load(region: Region, address: str, tenant: str | None = None) -> Record:
    """Raises NotFound."""
    record = region.get(kind(tenant), address)
    if record is None:
        raise NotFound(f"Email address {address} does not exist on your suppression list.")
    return record


def delete(region: Region, address: str, tenant: str | None = None) -> None:
    """Raises NotFound."""
    load(region, address, tenant)
    region.delete(kind(tenant), address)
    folded = _folded(tenant)
    left = [kept for kept in (region.get(folded, address.lower()) or {})["as_put"] if kept != address]
    if left:
        region.put(folded, address.lower(), {"as_put": left})
    else:
        region.delete(folded, address.lower())


def clear(region: Region, tenant: str) -> None:
    """Delete the list of a tenant."""
    for each in (kind(tenant), _folded(tenant)):
        for name, _ in list(region.store.iter_records(region.name, each)):
            region.delete(each, name)


def has_addresses(region: Region, tenant: str | None = None) -> bool:
    """Whether the list has any address."""
    return next(region.store.iter_records(region.name, kind(tenant)), None) is not None


def is_suppressed(region: Region, address: str, reasons: list[str], tenant: str | None = None) -> bool:
    """Whether SES suppresses a send to the address, if these reasons apply."""
    if not reasons:
        return False
    kept = (region.get(_folded(tenant), address.lower()) or {"as_put": []})["as_put"]
    return any((region.get(kind(tenant), each) or {}).get("reason") in reasons for each in kept)
