"""TagResource, UntagResource and ListTagsForResource, for the resources in the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses import resources
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import merge_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V2
def TagResource(region: Region, params: Params) -> dict[str, Any]:
    kind, name, record = resources.by_arn(region, params["ResourceArn"])
    record["tags"] = merge_tags(record.get("tags", []), params["Tags"])
    region.put(kind, name, record)
    return {}


@V2
def UntagResource(region: Region, params: Params) -> dict[str, Any]:
    kind, name, record = resources.by_arn(region, params["ResourceArn"])
    record["tags"] = [tag for tag in record.get("tags", []) if tag["Key"] not in params["TagKeys"]]
    region.put(kind, name, record)
    return {}


@V2
def ListTagsForResource(region: Region, params: Params) -> dict[str, Any]:
    return {"Tags": resources.by_arn(region, params["ResourceArn"])[2].get("tags", [])}
