"""What each status of an identity means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.names import EMAIL_ADDRESS
from sescli.groups.identity.service.identities import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.identity.service.identities import Identity

_DOMAIN = {
    "NOT_STARTED": "SES has not started to look for the DNS records",
    "PENDING": "SES has not found the DNS records yet; it looks for up to 72 hours",
    "SUCCESS": "you can send from the domain, its addresses and its subdomains",
    "FAILED": "SES did not find the DNS records within 72 hours and stopped looking",
    "TEMPORARY_FAILURE": "SES no longer finds the DNS records and may stop sending",
}
_ADDRESS = {
    "NOT_STARTED": "AWS has not sent a verification link",
    "PENDING": "AWS sent a verification link that has not been opened yet; it is valid for 24 hours",
    "SUCCESS": "you can send from the address",
    "FAILED": "the verification link was not opened within 24 hours",
    "TEMPORARY_FAILURE": "SES could not check the verification and tries again",
}
_DKIM = {
    "NOT_STARTED": "DKIM is not set up; email is not signed for this identity",
    "PENDING": "SES has not found the DKIM records yet; email is not signed until it does",
    "SUCCESS": "SES signs email for the domain",
    "FAILED": "SES did not find the DKIM records within 72 hours; email is not signed",
    "TEMPORARY_FAILURE": "SES no longer finds the DKIM records; email is not signed until it does",
}
_DKIM_OFF = "DKIM signing is off; email is not signed"
_MAIL_FROM = {
    "PENDING": "SES has not found the MX record yet",
    "SUCCESS": "SES uses it for bounces, and SPF passes for your domain",
    "FAILED": "SES did not find the MX record within 72 hours and stopped looking",
    "TEMPORARY_FAILURE": "SES no longer finds the MX record",
}
_ON_MX_FAILURE = {
    "USE_DEFAULT_VALUE": "SES sends with amazonses.com until it finds the MX record",
    "REJECT_MESSAGE": "SES rejects email until it finds the MX record",
}
_ERRORS = {
    "SERVICE_ERROR": "SES had an internal error and will check again",
    "DNS_SERVER_ERROR": "the name server returned an error; it must also answer TXT queries for these names",
    "HOST_NOT_FOUND": "a name does not exist in DNS; some DNS editors append the domain a second time",
    "TYPE_NOT_FOUND": "a name exists but has no record of the required type",
    "INVALID_VALUE": "a record has a different value than required",
    "REPLICATION_ACCESS_DENIED": "SES has no permission to copy the DKIM key from the other region",
    "REPLICATION_PRIMARY_NOT_FOUND": "the identity does not exist in the region that the DKIM key comes from",
    "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED": "the identity in the other region uses your own key, which SES cannot copy",
    "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED": "the DKIM key in the other region is itself a copy",
    "REPLICATION_PRIMARY_INVALID_REGION": "the region that the DKIM key comes from is not valid",
}


def explain(identity: Identity) -> Iterator[str]:
    """One sentence for each status of the identity."""
    meanings = _ADDRESS if identity.type == EMAIL_ADDRESS else _DOMAIN
    yield from _known(f"verification {identity.verification_status}", meanings, identity.verification_status)
    yield from explain_dkim(identity)
    if identity.mail_from_domain:
        yield from explain_mail_from(identity)
    error = identity.verification_info.error_type
    yield from _known(f"last DNS check {error}", _ERRORS, error)
    if identity.covered_by:
        yield f"{identity.covered_by} is verified and covers this identity, so you can send from it now"
    if identity.parent is not None:
        yield (
            f"{identity.parent.identity} is also an identity; "
            f"this one takes precedence, with its own DKIM, MAIL FROM and configuration set"
        )


def explain_last_check(identity: Identity) -> str | None:
    """What was wrong when SES last checked DNS, None if nothing was."""
    error = identity.verification_info.error_type
    return next(_known(str(error), _ERRORS, error), None)


def explain_dkim(identity: Identity) -> Iterator[str]:
    """One sentence for each DKIM status."""
    is_off = not identity.dkim.signing_enabled and identity.dkim_status != "NOT_STARTED"
    if is_off:
        yield _DKIM_OFF
    if not (is_off and identity.dkim_status == SUCCESS):
        yield from _known(f"DKIM {identity.dkim_status}", _DKIM, identity.dkim_status)


def explain_mail_from(identity: Identity) -> Iterator[str]:
    """One sentence for each MAIL FROM status."""
    if not identity.mail_from_domain:
        yield (
            "SES uses amazonses.com for bounces; SPF does not pass for your domain, so DMARC depends on DKIM alone"
        )
        return
    yield from _known(f"MAIL FROM {identity.mail_from_status}", _MAIL_FROM, identity.mail_from_status)
    if identity.mail_from_status != SUCCESS:
        behaviour = identity.mail_from_on_mx_failure
        yield from _known(f"MAIL FROM {behaviour}", _ON_MX_FAILURE, behaviour)


def _known(label: str, meanings: dict[str, str], value: str | None) -> Iterator[str]:
    if value in meanings:
        yield f"{label}: {meanings[value]}"
