"""Identities: one whole, and the DNS records that it wants."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.dns.names import IdentityName
from sescli.dns.records import Record, WantedRecords
from sescli.errors import AccessError, ApiError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sescli.aws.gateway import Gateway

SUCCESS = "SUCCESS"

# The attribute calls of API v1 take no more.
_NAMES_A_CALL = 100


@dataclass(frozen=True)
class Dkim:
    """DKIM of an identity. `status` and `origin` are spelt as the API spells them.

    `tokens` are the names of the CNAMEs of Easy DKIM; for a key of one's own (`origin` EXTERNAL) the selector.
    """

    status: str | None
    tokens: tuple[str, ...]
    signing_hosted_zone: str | None
    origin: str | None
    key_length: str | None
    next_key_length: str | None
    signing_enabled: bool
    last_key_generation: datetime | None


@dataclass(frozen=True)
class SoaRecord:
    """The name server that SES saw: it tells which DNS host answers for the domain."""

    primary_name_server: str | None
    administrator_email: str | None
    serial_number: int | None


@dataclass(frozen=True)
class VerificationInfo:
    """SES's last look into DNS; `error_type` is why it found nothing."""

    last_checked: datetime | None
    last_success: datetime | None
    error_type: str | None
    soa_record: SoaRecord | None


@dataclass(frozen=True)
class Parent:
    """The closest domain above that is an identity too."""

    identity: str
    verification_status: str


@dataclass(frozen=True)
class IdentitySummary:
    """A row of the list. What a denied look-up would have told is None."""

    identity: str
    type: str
    verification_status: str
    dkim_status: str | None
    mail_from_domain: str | None
    mail_from_status: str | None
    sending_enabled: bool


@dataclass(frozen=True)
class Identity(IdentitySummary):
    """An identity, whole. `policies` are by name, parsed; `parent` is None without one, or when not known."""

    dkim: Dkim
    mail_from_on_mx_failure: str | None
    feedback_forwarding: bool
    policies: dict[str, Any]
    config_set: str | None
    tags: dict[str, str]
    verification_info: VerificationInfo
    parent: Parent | None = None


def show(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Identity:
    """One identity, whole (SES API v2 GetEmailIdentity; v1 GetIdentityVerificationAttributes for its parent).

    Raises `NotFoundError`, which says where the name inherits from. A denied look at the parents is warned of.
    """
    answer = get(aws, name)
    return whole(name.text, answer, parent=nearest_parent(aws, name, warn=warn))


def get(aws: Gateway, name: IdentityName) -> dict[str, Any]:
    """GetEmailIdentity's answer. Raises `NotFoundError` with what to do."""
    try:
        return aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error


def _not_found(aws: Gateway, name: IdentityName, error: NotFoundError) -> NotFoundError:
    message = f"{name} is no identity in {aws.region}"
    begin = "verify" if name.is_address else "setup"
    hint = f"sescli identity list shows those there are, per region (--region); sescli identity {begin} {name} begins"
    parent = nearest_parent(aws, name, warn=_say_nothing)
    if parent is not None and parent.verification_status == SUCCESS:
        message += f" of its own, but may send through {parent.identity}, which is verified"
        hint = f"sescli identity show {parent.identity}"
    return NotFoundError(message, hint=hint, code=error.code, request_id=error.request_id)


def _say_nothing(_line: str) -> None:
    """A second error would only hide the first."""


def nearest_parent(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Parent | None:
    """The closest domain above that is an identity: one call of v1 for all of them (100 names at most)."""
    above = list(name.parents())[:_NAMES_A_CALL]
    if not above:
        return None
    try:
        answer = aws.read("ses", "GetIdentityVerificationAttributes", Identities=above)
    except (AccessError, ApiError) as error:
        warn(f"not known whether a domain above {name} is verified: {error.message}")
        return None
    known = answer.get("VerificationAttributes", {})
    statuses = ((domain, known[domain].get("VerificationStatus", "")) for domain in above if domain in known)
    return next((Parent(domain, v2_status(status)) for domain, status in statuses), None)


def whole(name: str, answer: Mapping[str, Any], *, parent: Parent | None = None) -> Identity:
    """An identity from an answer of GetEmailIdentity."""
    mail_from = answer.get("MailFromAttributes", {})
    dkim = _dkim(answer.get("DkimAttributes", {}))
    sending = bool(answer.get("VerifiedForSendingStatus"))
    return Identity(
        identity=name,
        type=str(answer.get("IdentityType", IdentityName(name).type)),
        verification_status=str(answer.get("VerificationStatus") or (SUCCESS if sending else "PENDING")),
        dkim_status=dkim.status,
        mail_from_domain=mail_from.get("MailFromDomain") or None,
        mail_from_status=mail_from.get("MailFromDomainStatus") if mail_from.get("MailFromDomain") else None,
        sending_enabled=sending,
        dkim=dkim,
        mail_from_on_mx_failure=mail_from.get("BehaviorOnMxFailure"),
        feedback_forwarding=bool(answer.get("FeedbackForwardingStatus")),
        policies={policy: _parsed(text) for policy, text in answer.get("Policies", {}).items()},
        config_set=answer.get("ConfigurationSetName"),
        tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())},
        verification_info=_verification_info(answer.get("VerificationInfo", {})),
        parent=parent,
    )


def records(
    aws: Gateway,
    name: IdentityName,
    purpose: str,
    *,
    legacy_txt: bool = False,
    dkim_public_key: str | None = None,
) -> list[Record]:
    """The DNS records of a domain (SES API v2 GetEmailIdentity) for `sending`, `receiving` or `all`.

    With `legacy_txt`, and for a domain that has no DKIM, also the TXT record of API v1
    (GetIdentityVerificationAttributes). Raises `UsageError` for an address, unless it has a MAIL FROM domain:
    it wants no other records.
    """
    if name.is_address:
        return _records_of_address(aws, name)
    return records_in(
        aws, name, get(aws, name), purpose, legacy_txt=legacy_txt, dkim_public_key=dkim_public_key
    )


def records_in(
    aws: Gateway,
    name: IdentityName,
    answer: Mapping[str, Any],
    purpose: str,
    *,
    legacy_txt: bool = False,
    dkim_public_key: str | None = None,
) -> list[Record]:
    """The same of a domain for which GetEmailIdentity has been called already (it takes one call a second)."""
    has_dkim = bool(answer.get("DkimAttributes", {}).get("Tokens"))
    token = _verification_token(aws, name) if legacy_txt or not has_dkim else None
    if legacy_txt and token is None:
        raise NotFoundError(
            f"SES has no _amazonses token for {name} in {aws.region}: DKIM verifies it",
            hint="leave out --legacy-txt",
            code="NoVerificationToken",
        )
    return WantedRecords(name.text, answer, aws.region, dkim_public_key, token).for_purpose(purpose)


def _records_of_address(aws: Gateway, name: IdentityName) -> list[Record]:
    try:
        found = WantedRecords(name.text, get(aws, name), aws.region).for_address()
    except NotFoundError:
        found = []
    if not found:
        raise UsageError(
            f"{name} is an address: a link in a mail verifies it, and it wants no DNS records",
            hint=f"for its domain: sescli identity records {name.domain}",
        )
    return found


def _verification_token(aws: Gateway, name: IdentityName) -> str | None:
    answer = aws.read("ses", "GetIdentityVerificationAttributes", Identities=[name.text])
    attributes: dict[str, str] = answer.get("VerificationAttributes", {}).get(name.text, {})
    return attributes.get("VerificationToken")


def v2_status(v1: str) -> str:
    """A status of API v1 as v2 spells it: `TemporaryFailure` is TEMPORARY_FAILURE.

    docs/ses-behavior.md#v1-spelling
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", v1).upper()


def _dkim(attributes: Mapping[str, Any]) -> Dkim:
    return Dkim(
        status=attributes.get("Status"),
        tokens=tuple(attributes.get("Tokens", ())),
        signing_hosted_zone=attributes.get("SigningHostedZone"),
        origin=attributes.get("SigningAttributesOrigin"),
        key_length=attributes.get("CurrentSigningKeyLength"),
        next_key_length=attributes.get("NextSigningKeyLength"),
        signing_enabled=bool(attributes.get("SigningEnabled")),
        last_key_generation=attributes.get("LastKeyGenerationTimestamp"),
    )


def _verification_info(info: Mapping[str, Any]) -> VerificationInfo:
    soa = info.get("SOARecord")
    return VerificationInfo(
        last_checked=info.get("LastCheckedTimestamp"),
        last_success=info.get("LastSuccessTimestamp"),
        error_type=info.get("ErrorType"),
        soa_record=soa
        and SoaRecord(soa.get("PrimaryNameServer"), soa.get("AdminEmail"), soa.get("SerialNumber")),
    )


def _parsed(policy: str) -> Any:
    """A policy as the JSON that it is; what is none stays text."""
    try:
        return json.loads(policy)
    except ValueError:
        return policy
