"""Identities: the full details of one, and the DNS records that it needs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.aws.try_read import try_read
from sescli.dns.names import IdentityName
from sescli.dns.records import Record, WantedRecords
from sescli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway

SUCCESS = "SUCCESS"

# The attribute calls of API v1 accept at most this many names.
MAX_NAMES_PER_CALL = 100


@dataclass(frozen=True)
class Dkim:
    """DKIM settings of an identity. `status` and `origin` are spelled as in the API.

    `tokens` are the names of the CNAME records of Easy DKIM, or the selector of the customer's own key (`origin`
    EXTERNAL).
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
    """The start of authority that SES saw. It shows which DNS provider answers for the domain."""

    primary_name_server: str | None
    administrator_email: str | None
    serial_number: int | None


@dataclass(frozen=True)
class VerificationInfo:
    """The last DNS check of SES. `error_type` is why it found nothing."""

    last_checked: datetime | None
    last_success: datetime | None
    error_type: str | None
    soa_record: SoaRecord | None


@dataclass(frozen=True)
class ParentIdentity:
    """The closest parent domain that is also an identity."""

    identity: str
    verification_status: str


@dataclass(frozen=True)
class IdentitySummary:
    """An identity in the list. A value whose look-up was denied is None."""

    identity: str
    type: str
    verification_status: str
    dkim_status: str | None
    mail_from_domain: str | None
    mail_from_status: str | None
    sending_enabled: bool


@dataclass(frozen=True)
class Identity(IdentitySummary):
    """All details of an identity. `policies` are parsed, by name. `parent` is None without one, or if unknown.

    `covered_by` is the closest verified parent domain of an identity that is not verified itself: it can send through
    that one.
    """

    dkim: Dkim
    mail_from_on_mx_failure: str | None
    feedback_forwarding: bool
    policies: dict[str, Any]
    config_set: str | None
    tags: dict[str, str]
    verification_info: VerificationInfo
    parent: ParentIdentity | None = None
    covered_by: str | None = None


def show(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> Identity:
    """All details of one identity (SES API v2 GetEmailIdentity; v1 GetIdentityVerificationAttributes for its parent).

    Raises `NotFoundError`, which names a verified parent if there is one. If the look-up of the parents is denied,
    `warn` is called.
    """
    answer = get_email_identity(aws, name)
    parents = find_parents(aws, name, warn=warn)
    identity = build_identity(name.text, answer, parent=next(iter(parents), None))
    if identity.sending_enabled:
        return identity
    return replace(identity, covered_by=verified_parent(parents))


def get_email_identity(aws: Gateway, name: IdentityName) -> dict[str, Any]:
    """The answer of GetEmailIdentity. Raises `NotFoundError` with a hint."""
    try:
        return aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text)
    except NotFoundError as error:
        raise _not_found(aws, name, error) from error


def _not_found(aws: Gateway, name: IdentityName, error: NotFoundError) -> NotFoundError:
    # A warning about the parents would distract from this error.
    domain = verified_parent(find_parents(aws, name, warn=lambda _warning: None))
    message = f"identity {name} not found in {aws.region}"
    if domain is not None:
        message += f"; it can send through {domain}, which is verified"
        hint: Hint = NextCommand("identity", "show", domain)
    else:
        list_all = NextCommand("identity", "list")
        create = NextCommand("identity", "verify" if name.is_address else "setup", name.text)
        hint = Advice(
            "identities belong to one region (--region). To list them: ", list_all, "; to create it: ", create
        )
    return NotFoundError(message, hint=hint, code=error.code, request_id=error.request_id)


def find_parents(aws: Gateway, name: IdentityName, *, warn: Callable[[str], None]) -> list[ParentIdentity]:
    """The parent domains that are identities, closest first (one GetIdentityVerificationAttributes call, 100 names)."""
    parents = list(name.parents())[:MAX_NAMES_PER_CALL]
    if not parents:
        return []
    answer = try_read(
        f"whether a parent domain of {name} is verified",
        lambda: aws.read("ses", "GetIdentityVerificationAttributes", Identities=parents),
        warn=warn,
    )
    known = (answer or {}).get("VerificationAttributes", {})
    return [
        ParentIdentity(domain, to_v2_status(known[domain].get("VerificationStatus", "")))
        for domain in parents
        if domain in known
    ]


def verified_parent(parents: Sequence[ParentIdentity]) -> str | None:
    """The closest verified domain: an identity that is not verified itself can send through it."""
    return next((each.identity for each in parents if each.verification_status == SUCCESS), None)


def build_identity(name: str, answer: Mapping[str, Any], *, parent: ParentIdentity | None = None) -> Identity:
    """An identity from the answer of GetEmailIdentity."""
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

    With `legacy_txt`, and for a domain without DKIM, also the TXT record of API v1
    (GetIdentityVerificationAttributes). Raises `UsageError` for an address without a MAIL FROM domain, because it
    needs no records.
    """
    if name.is_address:
        return _records_of_address(aws, name)
    return records_from_answer(
        aws,
        name,
        get_email_identity(aws, name),
        purpose,
        legacy_txt=legacy_txt,
        dkim_public_key=dkim_public_key,
    )


def records_from_answer(
    aws: Gateway,
    name: IdentityName,
    answer: Mapping[str, Any],
    purpose: str,
    *,
    legacy_txt: bool = False,
    dkim_public_key: str | None = None,
) -> list[Record]:
    """The same, from an answer of GetEmailIdentity: SES allows only one such call a second."""
    has_dkim = bool(answer.get("DkimAttributes", {}).get("Tokens"))
    token = _verification_token(aws, name) if legacy_txt or not has_dkim else None
    if legacy_txt and token is None:
        raise NotFoundError(
            f"SES has no _amazonses token for {name} in {aws.region}, because DKIM verifies it",
            hint="remove --legacy-txt",
            code="NoVerificationToken",
        )
    return WantedRecords(name.text, answer, aws.region, dkim_public_key, token).for_purpose(purpose)


def _records_of_address(aws: Gateway, name: IdentityName) -> list[Record]:
    try:
        found = WantedRecords(name.text, get_email_identity(aws, name), aws.region).for_address()
    except NotFoundError:
        found = []
    if not found:
        raise UsageError(
            f"{name} is an address: a link verifies it, and it needs no DNS records",
            hint=Advice("for its domain: ", NextCommand("identity", "records", name.domain)),
        )
    return found


def _verification_token(aws: Gateway, name: IdentityName) -> str | None:
    answer = aws.read("ses", "GetIdentityVerificationAttributes", Identities=[name.text])
    attributes: dict[str, str] = answer.get("VerificationAttributes", {}).get(name.text, {})
    return attributes.get("VerificationToken")


def to_v2_status(v1: str) -> str:
    """A status of API v1 in the spelling of v2: `TemporaryFailure` becomes TEMPORARY_FAILURE.

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
    """The policy parsed as JSON; text that is not JSON stays text."""
    try:
        return json.loads(policy)
    except ValueError:
        return policy
