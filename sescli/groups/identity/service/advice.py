"""What the states of an identity mean, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sescli.dns.names import EMAIL_ADDRESS
from sescli.groups.identity.service.identities import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sescli.groups.identity.service.identities import Identity

_OF_DOMAIN = {
    "NOT_STARTED": "SES has not begun to look for its DNS records",
    "PENDING": "SES has not found its DNS records yet; it looks for up to 72 hours",
    "SUCCESS": "mail may be sent from it and from every address and subdomain below",
    "FAILED": "SES gave up after 72 hours without its DNS records",
    "TEMPORARY_FAILURE": "SES no longer finds its DNS records; mail may stop being sent",
}
_OF_ADDRESS = {
    "NOT_STARTED": "no link has been mailed to it",
    "PENDING": "the link in the mail from AWS has not been followed; it holds for 24 hours",
    "SUCCESS": "mail may be sent from it",
    "FAILED": "the link in the mail from AWS was not followed within 24 hours",
    "TEMPORARY_FAILURE": "SES could not look; it tries again",
}
_DKIM = {
    "NOT_STARTED": "DKIM is not set up: mail goes out without a signature of its own",
    "PENDING": "SES has not found the DKIM records yet: mail goes out unsigned until it does",
    "SUCCESS": "mail is signed for the domain",
    "FAILED": "SES gave up after 72 hours without the DKIM records: mail goes out unsigned",
    "TEMPORARY_FAILURE": "SES no longer finds the DKIM records: mail goes out unsigned until it does",
}
_DKIM_OFF = "DKIM signing is off: mail goes out unsigned"
_WAITS = frozenset({"PENDING", "TEMPORARY_FAILURE"})
_MAIL_FROM = {
    "PENDING": "SES has not found its MX record yet",
    "SUCCESS": "bounces go to it, and SPF passes for the domain",
    "FAILED": "SES gave up after 72 hours without its MX record",
    "TEMPORARY_FAILURE": "SES no longer finds its MX record",
}
_ON_MX_FAILURE = {
    "USE_DEFAULT_VALUE": "until then mail goes out with amazonses.com in its place",
    "REJECT_MESSAGE": "until then SES refuses mail",
}
_ERRORS = {
    "SERVICE_ERROR": "SES had a fault of its own and will look again",
    "DNS_SERVER_ERROR": "the name server did not answer as it should; it must answer TXT queries for these names too",
    "HOST_NOT_FOUND": "a name does not exist in DNS; some DNS editors append the domain a second time",
    "TYPE_NOT_FOUND": "a name exists, but has no record of the wanted type",
    "INVALID_VALUE": "a record has another value than the wanted one",
    "REPLICATION_ACCESS_DENIED": "SES may not copy the DKIM key from the other region",
    "REPLICATION_PRIMARY_NOT_FOUND": "the identity is not in the region that the DKIM key comes from",
    "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED": "the other region's identity has a key of your own, which is not copied",
    "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED": "the other region's DKIM key is itself a copy",
    "REPLICATION_PRIMARY_INVALID_REGION": "the region that the DKIM key comes from will not do",
}


def meanings(identity: Identity) -> Iterator[str]:
    """What each of its states means, in sentences."""
    meaning = _OF_ADDRESS if identity.type == EMAIL_ADDRESS else _OF_DOMAIN
    yield from _known(f"verification {identity.verification_status}", meaning, identity.verification_status)
    yield from dkim_meanings(identity)
    if identity.mail_from_domain:
        yield from mail_from_meanings(identity)
    error = identity.verification_info.error_type
    yield from _known(f"last look {error}", _ERRORS, error)
    if identity.parent is not None:
        yield (
            f"{identity.parent.identity} is an identity too; "
            f"this one stands before it, with its own DKIM, MAIL FROM and configuration set"
        )


def last_look(identity: Identity) -> str | None:
    """What SES found wrong when it looked into DNS last, or None."""
    error = identity.verification_info.error_type
    return next(_known(str(error), _ERRORS, error), None)


def dkim_meanings(identity: Identity) -> Iterator[str]:
    """What the states of its DKIM mean."""
    off = not identity.dkim.signing_enabled and identity.dkim_status != "NOT_STARTED"
    if off:
        yield _DKIM_OFF
    if not (off and identity.dkim_status == SUCCESS):
        yield from _known(f"DKIM {identity.dkim_status}", _DKIM, identity.dkim_status)


def mail_from_meanings(identity: Identity) -> Iterator[str]:
    """What the states of its MAIL FROM mean."""
    if not identity.mail_from_domain:
        yield "bounces go to amazonses.com: SPF passes, but not for the domain, and DMARC leans on DKIM alone"
        return
    yield from _known(f"MAIL FROM {identity.mail_from_status}", _MAIL_FROM, identity.mail_from_status)
    if identity.mail_from_status != SUCCESS:
        behaviour = identity.mail_from_on_mx_failure
        yield from _known(f"MAIL FROM {behaviour}", _ON_MX_FAILURE, behaviour)


def next_step(identity: Identity) -> str | None:
    """The command that comes next, or None where nothing is to be done."""
    name, status = identity.identity, identity.verification_status
    if identity.type == EMAIL_ADDRESS:
        return None if status == SUCCESS else f"follow the link, or: sescli identity verify {name} --resend"
    if status not in {SUCCESS, "FAILED"}:
        return _check(name)
    return dkim_next_step(identity) or (mail_from_next_step(identity) if identity.mail_from_domain else None)


def dkim_next_step(identity: Identity) -> str | None:
    """The command that mends its DKIM, or None. Where SES has given up it must be told to look again."""
    name, dkim = identity.identity, identity.dkim
    enable = f"sescli identity dkim enable {name}"
    if identity.type == EMAIL_ADDRESS:
        return None
    if "FAILED" in {identity.verification_status, dkim.status}:
        own = " --selector SELECTOR --private-key FILE" if dkim.origin == "EXTERNAL" else ""
        return f"{_look_again(name)}: {enable}{own}"
    if dkim.status in _WAITS:
        return _check(name)
    return None if dkim.signing_enabled and dkim.status == SUCCESS else f"sign its mail: {enable}"


def mail_from_next_step(identity: Identity) -> str | None:
    """The command that mends its MAIL FROM, or None."""
    name = identity.identity
    if not identity.mail_from_domain:
        return f"let SPF count for it too: sescli identity mail-from set {name} --domain bounce"
    if identity.mail_from_status == SUCCESS:
        return None
    if identity.mail_from_status == "FAILED":
        return f"{_look_again(name)}: sescli identity mail-from set {name}"
    return _check(name)


def _check(name: str) -> str:
    """SES tells only that it waits; DNS tells for what."""
    return f"publish its records, then: sescli identity check {name}"


def _look_again(name: str) -> str:
    """After 72 hours SES must be told to."""
    return f"mend its records (sescli identity check {name} tells which), then have SES look again"


def _known(label: str, meaning: dict[str, str], value: str | None) -> Iterator[str]:
    if value in meaning:
        yield f"{label}: {meaning[value]}"
