"""Finds resources of SES by their ARN, for tags and tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.emulator.ses.account import dedicated_ips, endpoints, tenants
from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.faults import NotFound
from sescli.emulator.ses.identities import identities
from sescli.emulator.ses.lists import contacts
from sescli.emulator.ses.templates import templates

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_KINDS = {
    "identity": identities.KIND,
    "configuration-set": configuration_sets.KIND,
    "template": templates.KIND,
    "contact-list": contacts.LIST_KIND,
    "dedicated-ip-pool": dedicated_ips.POOL,
    "multi-region-endpoint": endpoints.KIND,
    "tenant": tenants.KIND,
}


def by_arn(region: Region, arn: str) -> tuple[str, str, Record]:
    """Return the kind, name and record of a resource of this account and region. Raises NotFound."""
    word, _, rest = arn.rpartition(":")[2].partition("/")
    # A tenant's ARN ends in its ID. A new tenant with the name of a deleted one has another ID.
    name, _, tenant_id = rest.partition("/") if word == "tenant" else (rest, "", "")
    kind = _KINDS.get(word)
    record = region.get(kind, name) if kind and arn == region.arn(word, rest) else None
    if kind is None or record is None or (word == "tenant" and record["id"] != tenant_id):
        raise NotFound(f"Resource {arn} does not exist.")
    return kind, name, record
