"""TagResource and its like, for the resources that the embedded SES has (appendix A, "Resource tags")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.local.ses import configuration_sets, contacts, dedicated_ips, identities, templates
from sescli.local.ses.faults import NotFound
from sescli.local.ses.registry import V2, Params
from sescli.local.ses.tags import merged

if TYPE_CHECKING:
    from sescli.local.ses.region import Region
    from sescli.local.store import Record

_KINDS = {
    "identity": identities.KIND,
    "configuration-set": configuration_sets.KIND,
    "template": templates.KIND,
    "contact-list": contacts.LIST_KIND,
    "dedicated-ip-pool": dedicated_ips.POOL,
}


@V2
def TagResource(region: Region, params: Params) -> dict[str, Any]:
    kind, name, record = _resource(region, params["ResourceArn"])
    record["tags"] = merged(record.get("tags", []), params["Tags"])
    region.put(kind, name, record)
    return {}


@V2
def UntagResource(region: Region, params: Params) -> dict[str, Any]:
    kind, name, record = _resource(region, params["ResourceArn"])
    record["tags"] = [tag for tag in record.get("tags", []) if tag["Key"] not in params["TagKeys"]]
    region.put(kind, name, record)
    return {}


@V2
def ListTagsForResource(region: Region, params: Params) -> dict[str, Any]:
    return {"Tags": _resource(region, params["ResourceArn"])[2].get("tags", [])}


def _resource(region: Region, arn: str) -> tuple[str, str, Record]:
    """The kind, name and record behind an ARN. Raises NotFound."""
    word, _, name = arn.rpartition(":")[2].partition("/")
    kind = _KINDS.get(word)
    record = region.get(kind, name) if kind and arn == region.arn(word, name) else None
    if kind is None or record is None:
        raise NotFound(f"Resource {arn} does not exist.")
    return kind, name, record
