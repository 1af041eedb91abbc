"""The sandbox of an account in one region: what it allows, and how far the way out of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.dns.names import parse_identity
from sescli.errors import AccessError, NotFoundError, UsageError
from sescli.groups.identity.service import verification
from sescli.groups.identity.service.identities import SUCCESS, find_nearest_parent
from sescli.groups.identity.service.verification import VerificationOptions
from sescli.groups.reputation.service.quota import Quota, quota_of

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

_PAGE = 1000
PENDING, DENIED, FAILED = "PENDING", "DENIED", "FAILED"


@dataclass(frozen=True)
class PreviousRequest:
    """What AWS knows of the account, and of the last request for production access.

    `status` is PENDING, FAILED, GRANTED or DENIED, None where AWS has reviewed nothing; the request may be
    answered in the support case `case_id`.
    """

    status: str | None
    case_id: str | None
    mail_type: str | None
    website_url: str | None
    use_case_description: str | None
    contact_language: str | None
    additional_contacts: tuple[str, ...]


@dataclass(frozen=True)
class SandboxStatus:
    """Whether an account is in the sandbox. It is one per region.

    `verified` are the identities that mail may go to (a domain stands for all its addresses); None where
    the look-up is denied.
    """

    region: str
    sandbox: bool
    sending_enabled: bool
    enforcement_status: str
    quota: Quota
    request: PreviousRequest | None
    verified: tuple[str, ...] | None


@dataclass(frozen=True)
class VerifiedRecipient:
    """What came of asking for the verification of a recipient.

    `outcome` is `mailed` (AWS mailed a link), `mailed_again`, `verified` (already) or `covered` (its domain
    `by` is verified).
    """

    email: str
    outcome: str
    by: str | None = None


def show(aws: Gateway) -> SandboxStatus:
    """Look (SES API v2 GetAccount; ListEmailIdentities in the sandbox)."""
    account = aws.read("sesv2", "GetAccount")
    confined = not account.get("ProductionAccessEnabled", False)
    return SandboxStatus(
        region=aws.region,
        sandbox=confined,
        sending_enabled=bool(account.get("SendingEnabled")),
        enforcement_status=str(account.get("EnforcementStatus", "")),
        quota=quota_of(account),
        request=parse_previous_request(account),
        verified=_verified(aws) if confined else (),
    )


def parse_previous_request(account: dict[str, Any]) -> PreviousRequest | None:
    """The request in an answer of GetAccount; None where AWS has been told nothing of the account."""
    details = account.get("Details")
    if not details:
        return None
    review = details.get("ReviewDetails", {})
    return PreviousRequest(
        status=review.get("Status"),
        case_id=review.get("CaseId"),
        mail_type=details.get("MailType"),
        website_url=details.get("WebsiteURL"),
        use_case_description=details.get("UseCaseDescription"),
        contact_language=details.get("ContactLanguage"),
        additional_contacts=tuple(details.get("AdditionalContactEmailAddresses", ())),
    )


def _verified(aws: Gateway) -> tuple[str, ...] | None:
    try:
        found = list(aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=_PAGE))
    except AccessError:
        return None
    return tuple(each["IdentityName"] for each in found if each.get("VerificationStatus") == SUCCESS)


def verify_recipient(aws: Gateway, text: str) -> VerifiedRecipient:
    """Have AWS mail a link to an address, unless mail may go there already.

    SES API v2 GetEmailIdentity, CreateEmailIdentity; v1 VerifyEmailIdentity to mail it again. Raises
    `UsageError` for a domain.
    """
    name = parse_identity(text)
    if not name.is_address:
        raise UsageError(
            f"{name} is a domain, and a recipient is an address", hint=f"sescli identity verify {name}"
        )
    aws.require_region()
    status = _verification_status(aws, name)
    if status == SUCCESS:
        return VerifiedRecipient(name.text, "verified")
    if status is not None:
        verification.resend_link(aws, name)
        return VerifiedRecipient(name.text, "mailed_again")
    parent = find_nearest_parent(aws, name, warn=_ignore)
    if parent is not None and parent.verification_status == SUCCESS:
        return VerifiedRecipient(name.text, "covered", parent.identity)
    verification.verify(aws, name, VerificationOptions())
    return VerifiedRecipient(name.text, "mailed")


def _verification_status(aws: Gateway, name: IdentityName) -> str | None:
    """The verification of an address; None where it is no identity, or where one may not look."""
    try:
        answer = aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text)
    except (NotFoundError, AccessError):
        return None
    status: str = answer.get("VerificationStatus", "")
    return status


def _ignore(_line: str) -> None:
    """Whether the domain is verified is a question to spare a link, no more."""
