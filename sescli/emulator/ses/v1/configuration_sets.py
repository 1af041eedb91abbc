"""Configuration sets in v1: the same sets as in v2, with v1's names (docs/ses-behavior.md#v1-spelling)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.events import destinations
from sescli.emulator.ses.faults import AlreadyExists, NotFound
from sescli.emulator.ses.region import page_size
from sescli.emulator.ses.registry import V1, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region
    from sescli.emulator.store import Record

_PAGE = 1000
# v1 spells events and sources as one word, v2 in capitals.
_EVENTS = {"renderingFailure": "RENDERING_FAILURE"}
_EVENTS_V1 = {v2: v1 for v1, v2 in _EVENTS.items()}
_SOURCES = {"messageTag": "MESSAGE_TAG", "emailHeader": "EMAIL_HEADER", "linkTag": "LINK_TAG"}
_SOURCES_V1 = {v2: v1 for v1, v2 in _SOURCES.items()}


@V1
def CreateConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.create(region, params["ConfigurationSet"]["Name"], {}, [])
    return {}


@V1
def DeleteConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.load(region, params["ConfigurationSetName"])
    region.delete(configuration_sets.KIND, params["ConfigurationSetName"])
    return {}


@V1
def ListConfigurationSets(region: Region, params: Params) -> dict[str, Any]:
    size = page_size(params.get("MaxItems"), default=_PAGE, maximum=_PAGE)
    found, following = region.page(configuration_sets.KIND, size=size, token=params.get("NextToken"))
    return {"ConfigurationSets": [{"Name": name} for name, _ in found], **following}


@V1
def DescribeConfigurationSet(region: Region, params: Params) -> dict[str, Any]:
    """Return only the requested attributes."""
    name = params["ConfigurationSetName"]
    record = configuration_sets.load(region, name)
    options = record["options"]
    groups = {
        "eventDestinations": (
            "EventDestinations",
            [_as_v1(*each) for each in record["destinations"].items()],
        ),
        "trackingOptions": ("TrackingOptions", options.get("TrackingOptions")),
        "deliveryOptions": ("DeliveryOptions", _delivery(options.get("DeliveryOptions"))),
        "reputationOptions": (
            "ReputationOptions",
            options["SendingOptions"] | options["ReputationOptions"],
        ),
    }
    asked = [groups[each] for each in params.get("ConfigurationSetAttributeNames", [])]
    return {"ConfigurationSet": {"Name": name}, **dict(asked)}


@V1
def CreateConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    destination = params["EventDestination"]
    definition = _as_v2(destination)
    configuration_sets.add_destination(
        region, params["ConfigurationSetName"], destination["Name"], definition
    )
    destinations.queue_topic_validation(region, definition)
    return {}


@V1
def UpdateConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    destination = params["EventDestination"]
    configuration_sets.replace_destination(
        region, params["ConfigurationSetName"], destination["Name"], _as_v2(destination)
    )
    return {}


@V1
def DeleteConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.remove_destination(
        region, params["ConfigurationSetName"], params["EventDestinationName"]
    )
    return {}


@V1
def CreateConfigurationSetTrackingOptions(region: Region, params: Params) -> dict[str, Any]:
    name = params["ConfigurationSetName"]
    if "TrackingOptions" in configuration_sets.load(region, name)["options"]:
        raise AlreadyExists(
            f"Configuration set <{name}> has tracking options.",
            v1_code="TrackingOptionsAlreadyExistsException",
        )
    configuration_sets.set_group(region, name, "TrackingOptions", params["TrackingOptions"])
    return {}


@V1
def UpdateConfigurationSetTrackingOptions(region: Region, params: Params) -> dict[str, Any]:
    _require_tracking(region, params["ConfigurationSetName"])
    configuration_sets.set_group(
        region, params["ConfigurationSetName"], "TrackingOptions", params["TrackingOptions"]
    )
    return {}


@V1
def DeleteConfigurationSetTrackingOptions(region: Region, params: Params) -> dict[str, Any]:
    _require_tracking(region, params["ConfigurationSetName"])
    configuration_sets.set_group(region, params["ConfigurationSetName"], "TrackingOptions", None)
    return {}


@V1
def PutConfigurationSetDeliveryOptions(region: Region, params: Params) -> dict[str, Any]:
    policy = params.get("DeliveryOptions", {}).get("TlsPolicy")
    options = {"TlsPolicy": policy.upper()} if policy else None
    configuration_sets.set_group(region, params["ConfigurationSetName"], "DeliveryOptions", options)
    return {}


@V1
def UpdateConfigurationSetReputationMetricsEnabled(region: Region, params: Params) -> dict[str, Any]:
    options = {"ReputationMetricsEnabled": params["Enabled"]}
    configuration_sets.set_group(region, params["ConfigurationSetName"], "ReputationOptions", options)
    return {}


@V1
def UpdateConfigurationSetSendingEnabled(region: Region, params: Params) -> dict[str, Any]:
    options = {"SendingEnabled": params["Enabled"]}
    configuration_sets.set_group(region, params["ConfigurationSetName"], "SendingOptions", options)
    return {}


def _require_tracking(region: Region, name: str) -> None:
    if "TrackingOptions" not in configuration_sets.load(region, name)["options"]:
        raise NotFound(
            f"Configuration set <{name}> has no tracking options.",
            v1_code="TrackingOptionsDoesNotExistException",
        )


def _delivery(options: Record | None) -> Record | None:
    policy = (options or {}).get("TlsPolicy")
    return {"TlsPolicy": policy.title()} if policy else None


def _as_v2(destination: Params) -> Record:
    """Convert a v1 definition to v2's names, in which it is stored."""
    definition: Record = {
        "MatchingEventTypes": [_EVENTS.get(each, each.upper()) for each in destination["MatchingEventTypes"]]
    }
    if "Enabled" in destination:
        definition["Enabled"] = destination["Enabled"]
    if "SNSDestination" in destination:
        definition["SnsDestination"] = {"TopicArn": destination["SNSDestination"]["TopicARN"]}
    if "KinesisFirehoseDestination" in destination:
        firehose = destination["KinesisFirehoseDestination"]
        definition["KinesisFirehoseDestination"] = {
            "IamRoleArn": firehose["IAMRoleARN"],
            "DeliveryStreamArn": firehose["DeliveryStreamARN"],
        }
    if "CloudWatchDestination" in destination:
        definition["CloudWatchDestination"] = _dimensions(destination["CloudWatchDestination"], _SOURCES)
    return definition


def _as_v1(name: str, definition: Record) -> Record:
    destination: Record = {
        "Name": name,
        "Enabled": definition["Enabled"],
        "MatchingEventTypes": [
            _EVENTS_V1.get(each, each.lower()) for each in definition["MatchingEventTypes"]
        ],
    }
    if "SnsDestination" in definition:
        destination["SNSDestination"] = {"TopicARN": definition["SnsDestination"]["TopicArn"]}
    if "KinesisFirehoseDestination" in definition:
        firehose = definition["KinesisFirehoseDestination"]
        destination["KinesisFirehoseDestination"] = {
            "IAMRoleARN": firehose["IamRoleArn"],
            "DeliveryStreamARN": firehose["DeliveryStreamArn"],
        }
    if "CloudWatchDestination" in definition:
        destination["CloudWatchDestination"] = _dimensions(definition["CloudWatchDestination"], _SOURCES_V1)
    return destination


def _dimensions(cloudwatch: Record, names: dict[str, str]) -> Record:
    return {
        "DimensionConfigurations": [
            each | {"DimensionValueSource": names[each["DimensionValueSource"]]}
            for each in cloudwatch["DimensionConfigurations"]
        ]
    }
