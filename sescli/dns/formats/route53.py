"""Route 53: a change batch (ChangeResourceRecordSets) for aws route53 … --change-batch file://…"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sescli.dns.formats.grouping import presented, record_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.dns.records import Record


def render(records: Sequence[Record], zone: str) -> str:  # noqa: ARG001 - the names are absolute
    """Render one UPSERT for each record set. It replaces the set of that name and type, and no other."""
    return json.dumps(change_batch(records), indent=2)


def change_batch(records: Sequence[Record]) -> dict[str, Any]:
    """Return the change batch as an API parameter."""
    changes = [{"Action": "UPSERT", "ResourceRecordSet": _set(group)} for group in record_sets(records)]
    return {"Comment": "DNS records for Amazon SES", "Changes": changes}


def _set(group: Sequence[Record]) -> dict[str, Any]:
    first = group[0]
    values = [{"Value": presented(record)} for record in group]
    return {"Name": f"{first.name}.", "Type": first.type, "TTL": first.ttl, "ResourceRecords": values}
