"""Configuration sets in v2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V2, Params
from sescli.emulator.ses.tags import check_tags

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000
_GROUPS = (
    "TrackingOptions",
    "DeliveryOptions",
    "ReputationOptions",
    "SendingOptions",
    "SuppressionOptions",
    "VdmOptions",
    "ArchivingOptions",
    "MessageSecurityOptions",
)


@V2
def CreateConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    options = {group: params[group] for group in _GROUPS if group in params}
    configuration_sets.create(
        region, params["ConfigurationSetName"], options, check_tags(params.get("Tags", []))
    )
    return {}


@V2
def GetConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    name = params["ConfigurationSetName"]
    record = configuration_sets.load(region, name)
    return {"ConfigurationSetName": name, "Tags": record["tags"], **record["options"]}


@V2
def ListConfigurationSets(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("PageSize"), default=_PAGE, maximum=_PAGE)
    part = params.get("Filter", {}).get("CONFIGURATION_SET_NAME_CONTAINS", "").lower()

    def wanted(name: str, _record: Record) -> bool:
        return part in name.lower()

    found, following = region.page(
        configuration_sets.KIND, size=size, token=params.get("NextToken"), wanted=wanted if part else None
    )
    return {"ConfigurationSets": [name for name, _ in found], **following}


@V2
def DeleteConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.load(region, params["ConfigurationSetName"])
    region.delete(configuration_sets.KIND, params["ConfigurationSetName"])
    return {}


def _put(region: Region, params: Params, group: str) -> dict[str, Any]:
    """Replace an option group: each Put…Options call has all its options (docs/ses-behavior.md#replace-or-merge)."""
    name = params.pop("ConfigurationSetName")
    configuration_sets.set_group(region, name, group, params or None)
    return {}


@V2
def UpdateConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    name = params["ConfigurationSetName"]
    configuration_sets.load(region, name)
    if "MessageSecurityOptions" in params:
        configuration_sets.set_group(region, name, "MessageSecurityOptions", params["MessageSecurityOptions"])
    return {}


@V2
def PutConfigurationSetArchivingOptions(region: Region, params: Params) -> dict[str, Any]:
    return _put(region, params, "ArchivingOptions")


@V2
def PutConfigurationSetDeliveryOptions(region: Region, params: Params) -> dict[str, Any]:
    return _put(region, params, "DeliveryOptions")


@V2
def PutConfigurationSetReputationOptions(region: Region, params: Params) -> dict[str, Any]:
    params.setdefault("ReputationMetricsEnabled", False)
    return _put(region, params, "ReputationOptions")


@V2
def PutConfigurationSetSendingOptions(region: Region, params: Params) -> dict[str, Any]:
    """Enabling sending again resets the set's reputation (docs/ses-behavior.md#fresh-start)."""
    name = params["ConfigurationSetName"]
    record = configuration_sets.load(region, name)
    enabled = params.get("SendingEnabled", False)
    if enabled and not record["options"]["SendingOptions"]["SendingEnabled"]:
        record["options"]["ReputationOptions"]["LastFreshStart"] = region.now()
    record["options"]["SendingOptions"] = {"SendingEnabled": enabled}
    region.put(configuration_sets.KIND, name, record)
    return {}


@V2
def PutConfigurationSetSuppressionOptions(region: Region, params: Params) -> dict[str, Any]:
    return _put(region, params, "SuppressionOptions")


@V2
def PutConfigurationSetTrackingOptions(region: Region, params: Params) -> dict[str, Any]:
    return _put(region, params, "TrackingOptions")


@V2
def PutConfigurationSetVdmOptions(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.set_group(
        region, params["ConfigurationSetName"], "VdmOptions", params.get("VdmOptions")
    )
    return {}
