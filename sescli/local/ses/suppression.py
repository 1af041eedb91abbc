"""The account's suppression list, and which recipients of a send it holds back (ses-facts.md §3.11).

Addresses are kept as they were put, and Get and Delete want exactly that; a send looks without regard to
case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.local.ses.address import bare_address
from sescli.local.ses.faults import BadRequest, NotFound

if TYPE_CHECKING:
    from sescli.local.ses.region import Region
    from sescli.local.store import Record

KIND = "suppressed"
_FOLDED = "suppressed-folded"  # lower-case address → the addresses kept for it


def put(region: Region, address: str, reason: str) -> None:
    """Add an address, or change its reason. Raises BadRequest for what is no address."""
    bare_address(address)
    region.put(KIND, address, {"reason": reason, "updated": region.now()})
    folded = region.get(_FOLDED, address.lower()) or {"as_put": []}
    if address not in folded["as_put"]:
        region.put(_FOLDED, address.lower(), {"as_put": [*folded["as_put"], address]})


def check_allowed(production: bool) -> None:
    """Raises BadRequest in the sandbox (ses-facts.md §3.7)."""
    if not production:
        raise BadRequest("The suppression list cannot be changed while the account is in the sandbox.")


def load(region: Region, address: str) -> Record:
    """Raises NotFound."""
    record = region.get(KIND, address)
    if record is None:
        raise NotFound(f"Email address {address} does not exist on your suppression list.")
    return record


def delete(region: Region, address: str) -> None:
    """Raises NotFound."""
    load(region, address)
    region.delete(KIND, address)
    left = [kept for kept in (region.get(_FOLDED, address.lower()) or {})["as_put"] if kept != address]
    if left:
        region.put(_FOLDED, address.lower(), {"as_put": left})
    else:
        region.delete(_FOLDED, address.lower())


def any_held(region: Region) -> bool:
    """Whether the list holds any address at all."""
    return next(region.store.each(region.name, KIND), None) is not None


def holds(region: Region, address: str, reasons: list[str]) -> bool:
    """Whether a send to the address is held back, with these reasons in force."""
    if not reasons:
        return False
    kept = (region.get(_FOLDED, address.lower()) or {"as_put": []})["as_put"]
    return any((region.get(KIND, each) or {}).get("reason") in reasons for each in kept)
