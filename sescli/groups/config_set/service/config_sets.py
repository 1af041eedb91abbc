"""Configuration sets: options for messages that name a set, or whose identity has it as its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.errors import AlreadyExistsError, UsageError
from sescli.groups.config_set.service import options
from sescli.groups.config_set.service.event_destinations import EventDestination, destinations
from sescli.groups.config_set.service.names import explain_missing_set, parse_set_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sescli.aws.gateway import Gateway
    from sescli.groups.config_set.service.options import ConfigSetChanges


@dataclass(frozen=True)
class ConfigSetName:
    """A configuration set in a list: SES lists names only."""

    name: str


@dataclass(frozen=True)
class TrackingOptions:
    """Open and click tracking. Without a custom domain, links go through `r.REGION.awstrack.me`."""

    custom_redirect_domain: str | None
    https_policy: str | None


@dataclass(frozen=True)
class DeliveryOptions:
    """How SES delivers; `max_delivery_seconds` is how long it retries, None the SES default."""

    tls_policy: str | None
    sending_pool_name: str | None
    max_delivery_seconds: int | None


@dataclass(frozen=True)
class ReputationOptions:
    """Whether SES publishes bounce and complaint rates to CloudWatch; they count since the fresh start."""

    reputation_metrics_enabled: bool
    last_fresh_start: datetime | None


@dataclass(frozen=True)
class SendingOptions:
    """Whether SES accepts messages that use the set."""

    sending_enabled: bool


@dataclass(frozen=True)
class SuppressionOptions:
    """Suppression options that override the account. None inherits; empty reasons suppress nothing.

    `validation` is off, medium, high or managed: SES does not send to addresses below this confidence.
    """

    suppressed_reasons: tuple[str, ...] | None
    suppression_scope: str | None
    validation: str | None


@dataclass(frozen=True)
class VdmOptions:
    """Virtual Deliverability Manager, ENABLED or DISABLED each; None inherits from the account."""

    engagement_metrics: str | None
    optimized_shared_delivery: str | None


@dataclass(frozen=True)
class ArchivingOptions:
    """The Mail Manager archive that stores sent messages."""

    archive_arn: str | None


@dataclass(frozen=True)
class MessageSecurityOptions:
    """DEFAULT, or SMIME: signed with the certificate of the sending identity."""

    signing_scheme: str


@dataclass(frozen=True)
class ConfigurationSet:
    """A configuration set with all its options."""

    name: str
    tracking: TrackingOptions
    delivery: DeliveryOptions
    reputation: ReputationOptions
    sending: SendingOptions
    suppression: SuppressionOptions
    vdm: VdmOptions
    archiving: ArchivingOptions
    message_security: MessageSecurityOptions
    tags: dict[str, str]
    event_destinations: tuple[EventDestination, ...] = field(default=())


def names(aws: Gateway, *, contains: str | None = None) -> Iterator[ConfigSetName]:
    """All configuration sets, page by page (SES API v2 ListConfigurationSets)."""
    params = {"Filter": {"CONFIGURATION_SET_NAME_CONTAINS": contains}} if contains else {}
    for name in aws.pages("sesv2", "ListConfigurationSets", "ConfigurationSets", **params):
        if (contains or "").lower() in name.lower():  # some endpoints ignore the filter
            yield ConfigSetName(name)


def show(aws: Gateway, name: str) -> ConfigurationSet:
    """One configuration set (SES API v2 GetConfigurationSet, GetConfigurationSetEventDestinations).

    Raises `NotFoundError`.
    """
    return _configuration_set(name, _get(aws, name), destinations(aws, name))


def create(
    aws: Gateway, name: str, changes: ConfigSetChanges, tags: Sequence[tuple[str, str]]
) -> ConfigurationSet:
    """Create a configuration set (SES API v2 CreateConfigurationSet).

    Raises `AlreadyExistsError`, and `UsageError` for options that are not valid.
    """
    groups = {group: options.merge_group(group, {}, members) for group, members in changes.groups().items()}
    if tags:
        tagged = [{"Key": key, "Value": value} for key, value in tags]
        parameters: dict[str, Any] = {**groups, "Tags": tagged}
    else:
        parameters = dict(groups)
    try:
        aws.write("sesv2", "CreateConfigurationSet", ConfigurationSetName=parse_set_name(name), **parameters)
    except AlreadyExistsError as error:
        error.message = f"configuration set {name} already exists in {aws.region}"
        error.hint = Advice(
            "to see it: ",
            NextCommand("config-set", "show", name),
            "; to change it: ",
            NextCommand("config-set", "update", name, "--help"),
        )
        raise
    return _configuration_set(name, {"SendingOptions": {"SendingEnabled": True}, **parameters}, ())


def update(aws: Gateway, name: str, changes: ConfigSetChanges) -> ConfigurationSet:
    """Change options and keep the others. Returns the changed set, without its event destinations.

    Raises `NotFoundError`, and `UsageError` for options that are not valid, before the first change.
    """
    wanted = changes.groups()
    if not wanted:
        raise UsageError(
            "nothing to change: give at least one option", hint=NextCommand("config-set", "update", "--help")
        )
    now = _get(aws, name)
    groups = {
        group: options.merge_group(group, now.get(group, {}), changed) for group, changed in wanted.items()
    }
    options.put_groups(aws, name, groups)
    return _configuration_set(name, {**now, **groups}, ())


def _get(aws: Gateway, name: str) -> dict[str, Any]:
    with explain_missing_set(aws, parse_set_name(name)):
        return aws.read("sesv2", "GetConfigurationSet", ConfigurationSetName=name)


def _configuration_set(
    name: str, found: Mapping[str, Any], event_destinations: Sequence[EventDestination]
) -> ConfigurationSet:
    tracking, delivery = found.get("TrackingOptions", {}), found.get("DeliveryOptions", {})
    reputation, vdm = found.get("ReputationOptions", {}), found.get("VdmOptions", {})
    scheme = found.get("MessageSecurityOptions", {}).get("SigningScheme", {})
    return ConfigurationSet(
        name=name,
        tracking=TrackingOptions(tracking.get("CustomRedirectDomain"), tracking.get("HttpsPolicy")),
        delivery=DeliveryOptions(
            delivery.get("TlsPolicy"), delivery.get("SendingPoolName"), delivery.get("MaxDeliverySeconds")
        ),
        reputation=ReputationOptions(
            bool(reputation.get("ReputationMetricsEnabled")), reputation.get("LastFreshStart")
        ),
        sending=SendingOptions(bool(found.get("SendingOptions", {}).get("SendingEnabled"))),
        suppression=_suppression(found.get("SuppressionOptions", {})),
        vdm=VdmOptions(
            vdm.get("DashboardOptions", {}).get("EngagementMetrics"),
            vdm.get("GuardianOptions", {}).get("OptimizedSharedDelivery"),
        ),
        archiving=ArchivingOptions(found.get("ArchivingOptions", {}).get("ArchiveArn")),
        message_security=MessageSecurityOptions("SMIME" if "SmimeScheme" in scheme else "DEFAULT"),
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        event_destinations=tuple(event_destinations),
    )


def _suppression(found: Mapping[str, Any]) -> SuppressionOptions:
    reasons = found.get("SuppressedReasons")
    threshold = found.get("ValidationOptions", {}).get("ConditionThreshold")
    validation = None
    if threshold:
        verdict = threshold.get("OverallConfidenceThreshold", {}).get("ConfidenceVerdictThreshold")
        validation = verdict if threshold.get("ConditionThresholdEnabled") == "ENABLED" else "OFF"
    return SuppressionOptions(
        suppressed_reasons=None if reasons is None else tuple(reasons),
        suppression_scope=found.get("SuppressionScope"),
        validation=validation,
    )
