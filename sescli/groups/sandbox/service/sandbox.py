"""The sandbox of an account in one region, and the verification of recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sescli.advice import NextCommand
from sescli.aws.try_read import try_read
from sescli.dns.names import parse_identity
from sescli.errors import NotFoundError, UsageError
from sescli.groups.identity.service import verification
from sescli.groups.identity.service.identities import SUCCESS, find_parents, verified_parent
from sescli.groups.identity.service.verification import VerificationOptions
from sescli.groups.reputation.service.quota import Quota, quota_of

if TYPE_CHECKING:
    from sescli.aws.gateway import Gateway
    from sescli.dns.names import IdentityName

_PAGE = 1000
PENDING, DENIED, FAILED = "PENDING", "DENIED", "FAILED"


@dataclass(frozen=True)
class PreviousRequest:
    """The last request for production access, as AWS stores it.

    `status` is PENDING, FAILED, GRANTED or DENIED, None if AWS has reviewed nothing. AWS replies in the support case
    `case_id`, if there is one.
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
    """Whether an account is in the sandbox in one region.

    `verified` has the identities that may receive email (a domain covers all its addresses); None if the look-up is
    denied.
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
    """The result of a request to verify a recipient.

    `outcome` is `mailed` (AWS sent a link), `mailed_again`, `verified` (before) or `covered` (its domain `by` is
    verified).
    """

    email: str
    outcome: str
    by: str | None = None


def show(aws: Gateway) -> SandboxStatus:
    """Read the status (SES API v2 GetAccount; ListEmailIdentities in the sandbox)."""
    account = aws.read("sesv2", "GetAccount")
    in_sandbox = not account.get("ProductionAccessEnabled", False)
    return SandboxStatus(
        region=aws.region,
        sandbox=in_sandbox,
        sending_enabled=bool(account.get("SendingEnabled")),
        enforcement_status=str(account.get("EnforcementStatus", "")),
        quota=quota_of(account),
        request=parse_previous_request(account),
        verified=_verified(aws) if in_sandbox else (),
    )


def parse_previous_request(account: dict[str, Any]) -> PreviousRequest | None:
    """The request in a response of GetAccount; None if there was none."""
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
    # No warning: the status shows that the list is missing.
    found = try_read(
        "identities",
        lambda: list(aws.pages("sesv2", "ListEmailIdentities", "EmailIdentities", PageSize=_PAGE)),
    )
    if found is None:
        return None
    return tuple(each["IdentityName"] for each in found if each.get("VerificationStatus") == SUCCESS)


def verify_recipient(aws: Gateway, text: str) -> VerifiedRecipient:
    """Make AWS send a verification link to an address, unless it is verified or covered by its domain.

    SES API v2 GetEmailIdentity, CreateEmailIdentity; v1 VerifyEmailIdentity to send the link again. Raises
    `UsageError` for a domain.
    """
    name = parse_identity(text)
    if not name.is_address:
        raise UsageError(
            f"{name} is a domain, not an email address", hint=NextCommand("identity", "verify", str(name))
        )
    aws.require_region()
    status = _verification_status(aws, name)
    if status == SUCCESS:
        return VerifiedRecipient(name.text, "verified")
    if status is not None:
        verification.resend_link(aws, name)
        return VerifiedRecipient(name.text, "mailed_again")
    domain = verified_parent(find_parents(aws, name, warn=_ignore))
    if domain is not None:
        return VerifiedRecipient(name.text, "covered", domain)
    verification.verify(aws, name, VerificationOptions())
    return VerifiedRecipient(name.text, "mailed")


def _verification_status(aws: Gateway, name: IdentityName) -> str | None:
    """The verification status of an address; None if it is not an identity or the look-up is denied."""
    try:
        found = try_read(str(name), lambda: aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text))
    except NotFoundError:
        return None
    return None if found is None else str(found.get("VerificationStatus", ""))


def _ignore(_line: str) -> None:
    """Show nothing: the look-up of the domain only saves an unnecessary link."""
