"""The options of a configuration set: parsed, checked, and written group by group.

Each Put call replaces a full group (docs/ses-behavior.md#replace-or-merge), so each call includes the current
members of the group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.dns.names import parse_domain
from sescli.errors import SescliError, UsageError
from sescli.groups.suppression.service.entries import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sescli.aws.gateway import Gateway

NONE = "none"  # the value that removes an option
INHERIT = "inherit"

_TLS = ("REQUIRE", "OPTIONAL")
_HTTPS = ("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL")
_SCOPES = ("ACCOUNT", "TENANT")
_THRESHOLDS = ("MEDIUM", "HIGH", "MANAGED")
_SCHEMES = {"DEFAULT": {"DefaultScheme": {}}, "SMIME": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}}
_ON_OFF = {True: "ENABLED", False: "DISABLED"}

SHORTEST_DELIVERY, LONGEST_DELIVERY = 300, 50_400  # seconds
_POOL = re.compile(r"[\x21-\x7e]{1,64}")
_ARCHIVE = re.compile(
    r"arn:(aws|aws-[a-z-]+):ses:[a-z]{2,4}-[a-z-]+-[0-9]:[0-9]{1,20}:mailmanager-archive/a-[a-z0-9]{24,62}"
)

Members = dict[str, Any]
"""Members of a group in API spelling; None removes one."""


@dataclass(frozen=True)
class ConfigSetChanges:
    """The options to change, as typed. None leaves an option as it is.

    `none` removes `pool`, `max_delivery`, `tracking_domain` and `archive`. `inherit` makes `suppression` and
    `validation` follow the account. `max_delivery` is in seconds.
    """

    tls: str | None = None
    pool: str | None = None
    max_delivery: int | str | None = None
    tracking_domain: str | None = None
    https: str | None = None
    reputation: bool | None = None
    sending: bool | None = None
    suppression: str | None = None
    suppression_scope: str | None = None
    validation: str | None = None
    engagement: bool | None = None
    optimized_delivery: bool | None = None
    archive: str | None = None
    signing: str | None = None

    @property
    def suppresses_nothing(self) -> bool:
        """Whether the changes turn suppression off."""
        return self.suppression is not None and _reasons(self.suppression) == []

    def groups(self) -> dict[str, Members]:
        """The members that change, by group. Raises `UsageError` for values that are not valid."""
        made = {
            "TrackingOptions": self._tracking(),
            "DeliveryOptions": self._delivery(),
            "ReputationOptions": _members_given(ReputationMetricsEnabled=self.reputation),
            "SendingOptions": _members_given(SendingEnabled=self.sending),
            "SuppressionOptions": self._suppression(),
            "VdmOptions": self._vdm(),
            "ArchivingOptions": _members_given(ArchiveArn=_or_none(self.archive, _archive)),
            "MessageSecurityOptions": self._signing(),
        }
        return {group: members for group, members in made.items() if members}

    def describe(self) -> list[str]:
        """The changes as short texts."""
        changes = {name: value for members in self.groups().values() for name, value in members.items()}
        if self.tracking_domain == NONE:
            changes.pop("HttpsPolicy")  # removed with the domain
        return [f"{_LABELS[name]} {_value_text(name, value)}" for name, value in changes.items()]

    def _tracking(self) -> Members:
        members = _members_given(
            CustomRedirectDomain=_or_none(self.tracking_domain, parse_domain),
            HttpsPolicy=_one_of(self.https, _HTTPS, "HTTPS policy"),
        )
        if self.tracking_domain == NONE:
            if self.https is not None:
                raise UsageError(
                    "the HTTPS policy needs a tracking domain",
                    hint="leave out the HTTPS policy, or set a domain",
                )
            members["HttpsPolicy"] = None
        return members

    def _delivery(self) -> Members:
        return _members_given(
            TlsPolicy=_one_of(self.tls, _TLS, "TLS policy"),
            SendingPoolName=_or_none(self.pool, _pool),
            MaxDeliverySeconds=_or_none(self.max_delivery, _seconds),
        )

    def _suppression(self) -> Members:
        return _members_given(
            SuppressedReasons=None if self.suppression is None else _reasons(self.suppression),
            SuppressionScope=_one_of(self.suppression_scope, _SCOPES, "suppression scope"),
            ValidationOptions=None if self.validation is None else _validation(self.validation),
        )

    def _vdm(self) -> Members:
        return _members_given(
            DashboardOptions=_feature("EngagementMetrics", self.engagement),
            GuardianOptions=_feature("OptimizedSharedDelivery", self.optimized_delivery),
        )

    def _signing(self) -> Members:
        scheme = _one_of(self.signing, tuple(_SCHEMES), "signing scheme")
        return _members_given(SigningScheme=_SCHEMES[scheme] if scheme else None)


_REMOVED = object()
_LABELS = {
    "CustomRedirectDomain": "tracking domain",
    "HttpsPolicy": "HTTPS policy",
    "TlsPolicy": "TLS policy",
    "SendingPoolName": "dedicated IP pool",
    "MaxDeliverySeconds": "maximum delivery time",
    "ReputationMetricsEnabled": "reputation metrics",
    "SendingEnabled": "sending",
    "SuppressedReasons": "suppressed reasons",
    "SuppressionScope": "suppression scope",
    "ValidationOptions": "address validation",
    "DashboardOptions": "engagement metrics",
    "GuardianOptions": "optimized delivery",
    "ArchiveArn": "Mail Manager archive",
    "SigningScheme": "signing scheme",
}
_INHERITED = frozenset({"SuppressedReasons", "ValidationOptions"})


def _value_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "account default" if name in _INHERITED else "none"
    if isinstance(value, list):
        return " and ".join(value) or "none"
    if isinstance(value, dict):
        # The innermost value says it: HIGH of a threshold, ENABLED of a feature, SmimeScheme of a scheme.
        last, inner = list(value.items())[-1]
        return last.removesuffix("Scheme").upper() if last.endswith("Scheme") else _value_text(last, inner)
    return f"{value} seconds" if name == "MaxDeliverySeconds" else str(value)


def _members_given(**members: object) -> Members:
    """The given members; `_REMOVED` becomes None."""
    return {
        name: None if value is _REMOVED else value for name, value in members.items() if value is not None
    }


def _or_none(value: Any, check: Callable[[Any], object]) -> object:
    if value is None:
        return None
    return _REMOVED if value == NONE else check(value)


def _one_of(text: str | None, values: tuple[str, ...], what: str) -> str | None:
    if text is None:
        return None
    name = text.strip().upper().replace("-", "_")
    if name not in values:
        choices = " or ".join(value.lower().replace("_", "-") for value in values)
        raise UsageError(f"{text!r} is not a valid {what}", hint=f"use {choices}")
    return name


def _pool(text: str) -> str:
    if not _POOL.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a valid name for a dedicated IP pool",
            hint="use 1 to 64 printable ASCII characters without spaces",
        )
    return text


def _seconds(seconds: int) -> int:
    if not SHORTEST_DELIVERY <= seconds <= LONGEST_DELIVERY:
        raise UsageError(
            f"a maximum delivery time of {seconds} seconds is not valid", hint="use 5 minutes to 14 hours"
        )
    return seconds


def _archive(text: str) -> str:
    if not _ARCHIVE.fullmatch(text):
        raise UsageError(
            f"{text!r} is not the ARN of a Mail Manager archive",
            hint="the format is arn:aws:ses:REGION:ACCOUNT:mailmanager-archive/a-…",
        )
    return text


def _reasons(text: str) -> object:
    """`none` is an empty list: SES suppresses nothing. `inherit` removes the list."""
    names = list(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if names == ["INHERIT"]:
        return _REMOVED
    if names == ["NONE"]:
        return []
    if not names or any(name not in REASONS for name in names):
        raise UsageError(
            f"{text!r} is not valid for the suppressed reasons",
            hint="use bounce, complaint, bounce,complaint, none or inherit",
        )
    return names


def _validation(text: str) -> object:
    """Auto Validation: the lowest confidence verdict of addresses that SES sends to.

    docs/ses-behavior.md#auto-validation
    """
    if text.lower() == INHERIT:
        return _REMOVED
    threshold: Members = {"ConditionThresholdEnabled": _ON_OFF[text.lower() != "off"]}
    if text.lower() != "off":
        verdict = text.upper()
        if verdict not in _THRESHOLDS:
            raise UsageError(
                f"{text!r} is not a valid threshold for address validation",
                hint="use medium, high, managed, off or inherit",
            )
        threshold["OverallConfidenceThreshold"] = {"ConfidenceVerdictThreshold": verdict}
    return {"ConditionThreshold": threshold}


def _feature(name: str, on: bool | None) -> Members | None:
    return None if on is None else {name: _ON_OFF[on]}


# Members that Put calls accept. GetConfigurationSet returns more (LastFreshStart).
_MEMBERS = {
    "TrackingOptions": ("CustomRedirectDomain", "HttpsPolicy"),
    "DeliveryOptions": ("TlsPolicy", "SendingPoolName", "MaxDeliverySeconds"),
    "ReputationOptions": ("ReputationMetricsEnabled",),
    "SendingOptions": ("SendingEnabled",),
    "SuppressionOptions": ("SuppressedReasons", "SuppressionScope", "ValidationOptions"),
    "VdmOptions": ("DashboardOptions", "GuardianOptions"),
    "ArchivingOptions": ("ArchiveArn",),
    "MessageSecurityOptions": ("SigningScheme",),
}
_OPERATIONS = {
    "SendingOptions": "PutConfigurationSetSendingOptions",
    "MessageSecurityOptions": "UpdateConfigurationSet",
}
_NESTED = frozenset({"VdmOptions", "MessageSecurityOptions"})  # these calls have one parameter for the group


def merge_group(group: str, now: Mapping[str, Any], changed: Members) -> Members:
    """The full group after the change: the current members with the changes applied. Raises `UsageError`."""
    members = {name: now[name] for name in _MEMBERS[group] if now.get(name) is not None} | changed
    members = {name: value for name, value in members.items() if value is not None}
    if group == "TrackingOptions" and "HttpsPolicy" in members and "CustomRedirectDomain" not in members:
        raise UsageError(
            "the HTTPS policy needs a custom tracking domain, and the set has none",
            hint="set the tracking domain too, such as track.example.com",
        )
    return members


def put_groups(aws: Gateway, name: str, groups: Mapping[str, Members]) -> None:
    """Write full groups (SES API v2 PutConfigurationSet…Options and UpdateConfigurationSet).

    One call per group. If one fails, the error names the groups changed before it.
    """
    done: list[str] = []
    for group, members in groups.items():
        params = {group: members} if group in _NESTED else members
        operation = _OPERATIONS.get(group, f"PutConfigurationSet{group}")
        try:
            aws.write("sesv2", operation, ConfigurationSetName=name, **params)
        except SescliError as error:
            if done:
                error.message += f" (changed before the error: {', '.join(done)})"
            raise
        done.append(group)
