"""Event destinations in v2. `dispatch.py` delivers events to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sescli.emulator.ses.config_sets import configuration_sets
from sescli.emulator.ses.events import destinations
from sescli.emulator.ses.registry import V2, Params

if TYPE_CHECKING:
    from sescli.emulator.ses.region import Region


@V2
def CreateConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.add_destination(
        region, params["ConfigurationSetName"], params["EventDestinationName"], params["EventDestination"]
    )
    destinations.queue_topic_validation(region, params["EventDestination"])
    return {}


@V2
def GetConfigurationSetEventDestinations(region: Region, params: Params) -> dict[str, Any]:
    record = configuration_sets.load(region, params["ConfigurationSetName"])
    return {
        "EventDestinations": [
            {"Name": name, **definition} for name, definition in record["destinations"].items()
        ]
    }


@V2
def UpdateConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.replace_destination(
        region, params["ConfigurationSetName"], params["EventDestinationName"], params["EventDestination"]
    )
    return {}


@V2
def DeleteConfigurationSetEventDestination(region: Region, params: Params) -> dict[str, Any]:
    configuration_sets.remove_destination(
        region, params["ConfigurationSetName"], params["EventDestinationName"]
    )
    return {}
