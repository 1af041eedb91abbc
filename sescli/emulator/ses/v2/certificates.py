"""S/MIME certificates of identities in v2. They are stored, but messages are not signed with them.

The certificate is not read from Certificate Manager, so it does not expire. The first request shows it as PROVISIONING.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.faults import AlreadyExists, BadRequest
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.sending.address import bare_address

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000


@V2
def AssociateEmailIdentityCertificate(region: Region, params: Params) -> dict[str, Any]:
    identity = identities.load(region, params["EmailIdentity"])
    address = _from_address(identity, params)
    kind = _kind(identity)
    if region.get(kind, address) is not None:
        raise AlreadyExists(f"A certificate is already associated with {address}.")
    region.put(kind, address, {"certificate": params["CertificateArn"], "looked_at": False})
    return {}


@V2
def DisassociateEmailIdentityCertificate(region: Region, params: Params) -> dict[str, Any]:
    """Idempotent (according to the service model)."""
    identity = identities.load(region, params["EmailIdentity"])
    region.delete(_kind(identity), _from_address(identity, params))
    return {}


@V2
def ListEmailIdentityCertificates(region: Region, params: Params) -> dict[str, Any]:
    identity = identities.load(region, params["EmailIdentity"])
    kind = _kind(identity)
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    found, following = region.page(kind, size=size, token=params.get("NextToken"))
    for address, record in found:
        if not record["looked_at"]:
            region.put(kind, address, record | {"looked_at": True})
    return {"Certificates": [_row(address, record) for address, record in found], **following}


def _kind(identity: Record) -> str:
    return f"certificate:{identity['name']}"


def _from_address(identity: Record, params: Params) -> str:
    """The address of the certificate. Raises BadRequest."""
    name = identity["name"]
    given = params.get("FromAddress")
    if identities.is_address(name):
        if given not in {None, name}:
            raise BadRequest(f"FromAddress must be {name}.")
        return str(name)
    if given is None:
        raise BadRequest("FromAddress is required when the email identity is a domain.")
    address = bare_address(given)
    if address.domain != name and not address.domain.endswith(f".{name}"):
        raise BadRequest(f"FromAddress {given} does not belong to {name}.")
    return str(address)


def _row(address: str, record: Record) -> dict[str, Any]:
    return {
        "FromAddress": address,
        "Status": "ACTIVE" if record["looked_at"] else "PROVISIONING",
        "CertificateArn": record["certificate"],
    }
