"""The options of a configuration set: what is wished, checked, and put group by group.

SES replaces a whole group with each Put call (docs/ses-behavior.md#replace-or-merge), so each call carries
what the group had.
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

NONE = "none"  # as the value of an option: take it away
INHERIT = "inherit"

_TLS = ("REQUIRE", "OPTIONAL")
_HTTPS = ("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL")
_SCOPES = ("ACCOUNT", "TENANT")
_THRESHOLDS = ("MEDIUM", "HIGH", "MANAGED")
_SCHEMES = {"DEFAULT": {"DefaultScheme": {}}, "SMIME": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}}
_SWITCH = {True: "ENABLED", False: "DISABLED"}

SHORTEST_DELIVERY, LONGEST_DELIVERY = 300, 50_400  # seconds
_POOL = re.compile(r"[\x21-\x7e]{1,64}")
_ARCHIVE = re.compile(
    r"arn:(aws|aws-[a-z-]+):ses:[a-z]{2,4}-[a-z-]+-[0-9]:[0-9]{1,20}:mailmanager-archive/a-[a-z0-9]{24,62}"
)

Members = dict[str, Any]
"""Members of a group as the API spells them; None takes one away."""


@dataclass(frozen=True)
class ConfigSetChanges:
    """What is to change, as it was typed; None leaves a thing as it is.

    `pool`, `max_delivery`, `tracking_domain` and `archive` may be `none`, which takes them away;
    `suppression` may be `inherit`, which leaves it to the account. `max_delivery` is in seconds.
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
        """Whether suppression is to be switched off for the set."""
        return self.suppression is not None and _reasons(self.suppression) == []

    def groups(self) -> dict[str, Members]:
        """The members that change, by group. Raises `UsageError` for what SES does not take."""
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
        """What changes, for people."""
        changes = {name: value for members in self.groups().values() for name, value in members.items()}
        if self.tracking_domain == NONE:
            changes.pop("HttpsPolicy")  # it goes with the domain
        return [f"{_WORDS[name]} {_word(name, value)}" for name, value in changes.items()]

    def _tracking(self) -> Members:
        members = _members_given(
            CustomRedirectDomain=_or_none(self.tracking_domain, parse_domain),
            HttpsPolicy=_one_of(self.https, _HTTPS, "the HTTPS policy of tracking"),
        )
        if self.tracking_domain == NONE:
            if self.https is not None:
                raise UsageError("an HTTPS policy without a domain: SES keeps it with the domain")
            members["HttpsPolicy"] = None
        return members

    def _delivery(self) -> Members:
        return _members_given(
            TlsPolicy=_one_of(self.tls, _TLS, "the TLS policy"),
            SendingPoolName=_or_none(self.pool, _pool),
            MaxDeliverySeconds=_or_none(self.max_delivery, _seconds),
        )

    def _suppression(self) -> Members:
        return _members_given(
            SuppressedReasons=None if self.suppression is None else _reasons(self.suppression),
            SuppressionScope=_one_of(self.suppression_scope, _SCOPES, "the suppression scope"),
            ValidationOptions=None if self.validation is None else _validation(self.validation),
        )

    def _vdm(self) -> Members:
        return _members_given(
            DashboardOptions=_feature("EngagementMetrics", self.engagement),
            GuardianOptions=_feature("OptimizedSharedDelivery", self.optimized_delivery),
        )

    def _signing(self) -> Members:
        scheme = _one_of(self.signing, tuple(_SCHEMES), "the signing scheme")
        return _members_given(SigningScheme=_SCHEMES[scheme] if scheme else None)


_AWAY = object()
_WORDS = {
    "CustomRedirectDomain": "tracking domain",
    "HttpsPolicy": "HTTPS policy",
    "TlsPolicy": "TLS policy",
    "SendingPoolName": "pool",
    "MaxDeliverySeconds": "longest time to try",
    "ReputationMetricsEnabled": "reputation metrics",
    "SendingEnabled": "sending",
    "SuppressedReasons": "suppressed reasons",
    "SuppressionScope": "suppression scope",
    "ValidationOptions": "address validation",
    "DashboardOptions": "engagement metrics",
    "GuardianOptions": "optimized delivery",
    "ArchiveArn": "archive",
    "SigningScheme": "signing",
}
_INHERITED = frozenset({"SuppressedReasons", "ValidationOptions"})


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "as the account" if name in _INHERITED else "none"
    if isinstance(value, list):
        return " and ".join(value) or "none"
    if isinstance(value, dict):
        # The last word says it: HIGH of a threshold, ENABLED of a feature, SmimeScheme of a scheme.
        last, inner = list(value.items())[-1]
        return last.removesuffix("Scheme").upper() if last.endswith("Scheme") else _word(last, inner)
    return f"{value} seconds" if name == "MaxDeliverySeconds" else str(value)


def _members_given(**members: object) -> Members:
    """The members that were given; what stands for `none` becomes None."""
    return {name: None if value is _AWAY else value for name, value in members.items() if value is not None}


def _or_none(value: Any, check: Callable[[Any], object]) -> object:
    if value is None:
        return None
    return _AWAY if value == NONE else check(value)


def _one_of(text: str | None, values: tuple[str, ...], what: str) -> str | None:
    if text is None:
        return None
    name = text.strip().upper().replace("-", "_")
    if name not in values:
        takes = " or ".join(value.lower().replace("_", "-") for value in values)
        raise UsageError(f"{what} cannot be {text!r}", hint=f"it takes {takes}")
    return name


def _pool(text: str) -> str:
    if not _POOL.fullmatch(text):
        raise UsageError(f"{text!r} cannot be the name of a pool of dedicated IPs")
    return text


def _seconds(seconds: int) -> int:
    if not SHORTEST_DELIVERY <= seconds <= LONGEST_DELIVERY:
        raise UsageError(f"SES tries to deliver for 5 minutes to 14 hours, not for {seconds} seconds")
    return seconds


def _archive(text: str) -> str:
    if not _ARCHIVE.fullmatch(text):
        raise UsageError(
            f"{text!r} is not the ARN of a Mail Manager archive",
            hint="it looks like arn:aws:ses:REGION:ACCOUNT:mailmanager-archive/a-…",
        )
    return text


def _reasons(text: str) -> object:
    """`none` is an empty list: nothing is suppressed. `inherit` takes the list away."""
    names = list(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if names == ["INHERIT"]:
        return _AWAY
    if names == ["NONE"]:
        return []
    if not names or any(name not in REASONS for name in names):
        raise UsageError(
            f"{text!r} names no reasons to suppress",
            hint="it takes bounce, complaint, bounce,complaint, none or inherit",
        )
    return names


def _validation(text: str) -> object:
    """Auto Validation: from which verdict on an address SES still sends to it.

    docs/ses-behavior.md#auto-validation
    """
    if text.lower() == INHERIT:
        return _AWAY
    threshold: Members = {"ConditionThresholdEnabled": _SWITCH[text.lower() != "off"]}
    if text.lower() != "off":
        verdict = text.upper()
        if verdict not in _THRESHOLDS:
            raise UsageError(
                f"{text!r} is no threshold of address validation",
                hint="it takes medium, high, managed, off or inherit",
            )
        threshold["OverallConfidenceThreshold"] = {"ConfidenceVerdictThreshold": verdict}
    return {"ConditionThreshold": threshold}


def _feature(name: str, on: bool | None) -> Members | None:
    return None if on is None else {name: _SWITCH[on]}


# Members that a Put call takes; GetConfigurationSet tells more (LastFreshStart).
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
_NESTED = frozenset({"VdmOptions", "MessageSecurityOptions"})  # these calls take the group as one parameter


def merge_group(group: str, now: Mapping[str, Any], changed: Members) -> Members:
    """The whole group after the change: what it has now, and on top what changes."""
    whole = {name: now[name] for name in _MEMBERS[group] if now.get(name) is not None} | changed
    whole = {name: value for name, value in whole.items() if value is not None}
    if group == "TrackingOptions" and "HttpsPolicy" in whole and "CustomRedirectDomain" not in whole:
        raise UsageError(
            "an HTTPS policy is for a tracking domain of your own, and the set has none",
            hint="name it too: track.example.com",
        )
    return whole


def put_groups(aws: Gateway, name: str, groups: Mapping[str, Members]) -> None:
    """Put whole groups (SES API v2 PutConfigurationSet…Options and UpdateConfigurationSet).

    One call a group; where one fails, the error says which groups were changed before it.
    """
    done: list[str] = []
    for group, members in groups.items():
        params = {group: members} if group in _NESTED else members
        operation = _OPERATIONS.get(group, f"PutConfigurationSet{group}")
        try:
            aws.write("sesv2", operation, ConfigurationSetName=name, **params)
        except SescliError as error:
            if done:
                error.message += f" (changed before it: {', '.join(done)})"
            raise
        done.append(group)
