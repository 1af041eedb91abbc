"""Starting the verification of an address or a domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.dns.records import SENDING, Record, WantedRecords
from sescli.errors import AlreadyExistsError, SescliError, UsageError
from sescli.groups.identity.service.advice import next_step
from sescli.groups.identity.service.dkim import check_own_key
from sescli.groups.identity.service.identities import SUCCESS, IdentitySummary, get, whole
from sescli.groups.identity.service.mail_from import USE_DEFAULT, subdomain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.dkim_key import DkimKey
    from sescli.dns.names import IdentityName


@dataclass(frozen=True)
class Wish:
    """What an identity is to have from the start.

    `mail_from` is a label (`mail`) or a whole subdomain of the identity's domain; `on_mx_failure`, as the API
    spells it, is for as long as its MX is not found. `dkim_selector` and
    `dkim_key` go together: a key of one's own in place of Easy DKIM, whose length is `dkim_key_length`
    (as the API spells it). `legacy_txt` asks for the `_amazonses` TXT record of API v1 too.
    """

    mail_from: str | None = None
    on_mx_failure: str = USE_DEFAULT
    dkim_selector: str | None = None
    dkim_key: DkimKey | None = None
    dkim_key_length: str | None = None
    config_set: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    legacy_txt: bool = False

    @property
    def of_domains_only(self) -> list[str]:
        """The options among these that an address does not take."""
        options = {
            "--dkim-selector": self.dkim_selector,
            "--dkim-private-key": self.dkim_key,
            "--dkim-key-length": self.dkim_key_length,
            "--legacy-txt": self.legacy_txt,
        }
        return [option for option, value in options.items() if value]


@dataclass(frozen=True)
class Verification(IdentitySummary):
    """A verification that has begun. `records` are the DNS records wanted: for an address
    only those of its MAIL FROM domain.
    """

    records: tuple[Record, ...] = field(default=())


def check(names: Sequence[IdentityName], wish: Wish) -> None:
    """Refuse what could not work before anything is created. Raises `UsageError`."""
    check_own_key(wish.dkim_selector, wish.dkim_key, prefix="--dkim-")
    if wish.dkim_key and wish.dkim_key_length:
        raise UsageError("--dkim-key-length is for Easy DKIM; a key of your own has its length")
    for name in names:
        if name.is_address and wish.of_domains_only:
            raise UsageError(
                f"{name} is an address, and {', '.join(wish.of_domains_only)} is for domains",
                hint=f"verify its domain: sescli identity verify {name.domain}",
            )
        mail_from_domain(name, wish.mail_from)


def mail_from_domain(name: IdentityName, given: str | None) -> str | None:
    """The MAIL FROM domain for a label or a domain. Raises `UsageError` for one that is no subdomain."""
    if given is None:
        return None
    return subdomain(name, given)


def verify(aws: Gateway, name: IdentityName, wish: Wish) -> Verification:
    """Begin (SES API v2 CreateEmailIdentity, PutEmailIdentityMailFromAttributes; v1 VerifyDomainIdentity).

    SES mails a link to an address; for a domain it looks for the DKIM records. Raises `AlreadyExistsError`
    with the identity's state. Where a later call fails the identity stays, and the error says so.
    """
    try:
        answer = aws.write("sesv2", "CreateEmailIdentity", **_parameters(name, wish))
    except AlreadyExistsError as error:
        raise _exists_already(aws, name, error) from error
    try:
        token = _settle(aws, name, wish)
    except SescliError as error:
        error.message = f"{name} was created, but not all of it was set: {error.message}"
        error.hint = error.hint or f"sescli identity show {name}"
        raise
    return _begun(aws, name, wish, answer, token)


def send_link_again(aws: Gateway, name: IdentityName) -> Verification:
    """Have SES mail the link to an address once more (SES API v1 VerifyEmailIdentity: v2 has no call for it).

    Raises `UsageError` for a domain, and for an address that is verified already.
    """
    if not name.is_address:
        raise UsageError(
            f"{name} is a domain: DNS records verify it, no link", hint=f"sescli identity records {name}"
        )
    answer = get(aws, name)
    now = whole(name.text, answer)
    if now.verification_status == SUCCESS:
        raise UsageError(f"{name} is verified already: it needs no link", code="AlreadyVerified")
    aws.write("ses", "VerifyEmailIdentity", EmailAddress=name.text)
    return _begun(aws, name, Wish(), answer, None)


def _parameters(name: IdentityName, wish: Wish) -> dict[str, Any]:
    params: dict[str, Any] = {"EmailIdentity": name.text}
    if wish.tags:
        params["Tags"] = [{"Key": key, "Value": value} for key, value in wish.tags]
    if wish.config_set:
        params["ConfigurationSetName"] = wish.config_set
    if wish.dkim_key:
        params["DkimSigningAttributes"] = {
            "DomainSigningSelector": wish.dkim_selector,
            "DomainSigningPrivateKey": wish.dkim_key.private,
        }
    elif wish.dkim_key_length:
        params["DkimSigningAttributes"] = {"NextSigningKeyLength": wish.dkim_key_length}
    return params


def _settle(aws: Gateway, name: IdentityName, wish: Wish) -> str | None:
    """What CreateEmailIdentity does not take; gives v1's token where that was asked for."""
    mail_from = mail_from_domain(name, wish.mail_from)
    if mail_from:
        aws.write(
            "sesv2",
            "PutEmailIdentityMailFromAttributes",
            EmailIdentity=name.text,
            MailFromDomain=mail_from,
            BehaviorOnMxFailure=wish.on_mx_failure,
        )
    if not wish.legacy_txt:
        return None
    token: str = aws.write("ses", "VerifyDomainIdentity", Domain=name.text)["VerificationToken"]
    return token


def _begun(
    aws: Gateway, name: IdentityName, wish: Wish, answer: dict[str, Any], token: str | None
) -> Verification:
    """From CreateEmailIdentity's answer: to ask again would need a permission that creating does not."""
    mail_from = mail_from_domain(name, wish.mail_from)
    told = dict(answer)
    if mail_from:
        told["MailFromAttributes"] = {"MailFromDomain": mail_from, "MailFromDomainStatus": "PENDING"}
    now = whole(name.text, told)
    key = None if wish.dkim_key is None else wish.dkim_key.public
    wanted = WantedRecords(name.text, told, aws.region, key, token)
    return Verification(
        identity=now.identity,
        type=now.type,
        verification_status=now.verification_status,
        dkim_status=now.dkim_status,
        mail_from_domain=now.mail_from_domain,
        mail_from_status=now.mail_from_status,
        sending_enabled=now.sending_enabled,
        records=_records(aws, name, wanted),
    )


def _records(aws: Gateway, name: IdentityName, wanted: WantedRecords) -> tuple[Record, ...]:
    if aws.dry_run:
        return ()  # there is no answer to make them of
    return tuple(wanted.for_address() if name.is_address else wanted.for_purpose(SENDING))


def _exists_already(aws: Gateway, name: IdentityName, error: AlreadyExistsError) -> AlreadyExistsError:
    try:
        now = whole(name.text, aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text))
    except SescliError:
        hint, state = f"sescli identity show {name}", ""
    else:
        hint, state = next_step(now) or f"sescli identity show {name}", f" ({now.verification_status})"
    return AlreadyExistsError(
        f"the identity {name} exists already in {aws.region}{state}; nothing was changed",
        hint=hint,
        code=error.code,
        request_id=error.request_id,
    )
