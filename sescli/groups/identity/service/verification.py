"""Start the verification of domains and email addresses."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.records import SENDING, Record, WantedRecords
from sescli.errors import AlreadyExistsError, SescliError, UsageError
from sescli.groups.identity.service.dkim import check_own_key
from sescli.groups.identity.service.identities import (
    SUCCESS,
    IdentitySummary,
    build_identity,
    get_email_identity,
)
from sescli.groups.identity.service.mail_from import USE_DEFAULT, parse_mail_from_domain
from sescli.groups.identity.service.next_steps import next_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sescli.advice import Hint
    from sescli.aws.gateway import Gateway
    from sescli.dns.dkim_key import DkimKey
    from sescli.dns.names import IdentityName


@dataclass(frozen=True)
class VerificationOptions:
    """The settings of a new identity.

    `mail_from` is a label (`mail`) or a full subdomain of the identity's domain. `on_mx_failure`, as the API spells
    it, applies while SES does not find its MX record. `dkim_selector` and `dkim_key` together set the customer's
    own key. Otherwise Easy DKIM is used, with `dkim_key_length` (as the API spells it). `legacy_txt` also requests
    the `_amazonses` TXT record of API v1.
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
    def domain_only_options(self) -> list[str]:
        """The options given here that apply to domains only."""
        options = {
            "--dkim-selector": self.dkim_selector,
            "--dkim-private-key": self.dkim_key,
            "--dkim-key-length": self.dkim_key_length,
            "--legacy-txt": self.legacy_txt,
        }
        return [option for option, value in options.items() if value]


@dataclass(frozen=True)
class Verification(IdentitySummary):
    """A verification that has started. `records` are the required DNS records, for an address those of MAIL FROM."""

    records: tuple[Record, ...] = field(default=())


def check_options(names: Sequence[IdentityName], options: VerificationOptions) -> None:
    """Check the options before anything is created. Raises `UsageError`."""
    check_own_key(options.dkim_selector, options.dkim_key, prefix="--dkim-")
    if options.dkim_key and options.dkim_key_length:
        raise UsageError(
            "--dkim-key-length is for Easy DKIM and cannot be combined with your own key",
            hint="remove --dkim-key-length",
        )
    for name in names:
        if name.is_address and options.domain_only_options:
            raise UsageError(
                f"{name} is an address, but {', '.join(options.domain_only_options)} is only for domains",
                hint=Advice("verify its domain: ", NextCommand("identity", "verify", name.domain)),
            )
        mail_from_domain(name, options.mail_from)


def mail_from_domain(name: IdentityName, given: str | None) -> str | None:
    """The MAIL FROM domain from a label or a full name, None for None. Raises `UsageError`."""
    if given is None:
        return None
    return parse_mail_from_domain(name, given)


def verify(aws: Gateway, name: IdentityName, options: VerificationOptions) -> Verification:
    """Start (SES API v2 CreateEmailIdentity, PutEmailIdentityMailFromAttributes; v1 VerifyDomainIdentity).

    SES sends a link to an address. For a domain, it looks for the DKIM records. Raises `AlreadyExistsError` with the
    status of the identity. If a later call fails, the identity stays, and the error says so.
    """
    try:
        answer = aws.write("sesv2", "CreateEmailIdentity", **_parameters(name, options))
    except AlreadyExistsError as error:
        raise _already_exists_error(aws, name, error) from error
    try:
        token = _apply_options(aws, name, options)
    except SescliError as error:
        error.message = f"{name} was created, but some settings failed: {error.message}"
        error.hint = error.hint or NextCommand("identity", "show", name.text)
        raise
    return _started(aws, name, options, answer, token)


def resend_link(aws: Gateway, name: IdentityName) -> Verification:
    """Send the verification link to an address again (SES API v1 VerifyEmailIdentity; v2 has no such call).

    Raises `UsageError` for a domain, and for an address that is already verified.
    """
    if not name.is_address:
        raise UsageError(
            f"{name} is a domain: DNS records verify it, not a link",
            hint=NextCommand("identity", "records", name.text),
        )
    answer = get_email_identity(aws, name)
    now = build_identity(name.text, answer)
    if now.verification_status == SUCCESS:
        raise UsageError(f"{name} is already verified and needs no link", code="AlreadyVerified")
    aws.write("ses", "VerifyEmailIdentity", EmailAddress=name.text)
    return _started(aws, name, VerificationOptions(), answer, None)


def _parameters(name: IdentityName, options: VerificationOptions) -> dict[str, Any]:
    params: dict[str, Any] = {"EmailIdentity": name.text}
    if options.tags:
        params["Tags"] = [{"Key": key, "Value": value} for key, value in options.tags]
    if options.config_set:
        params["ConfigurationSetName"] = options.config_set
    if options.dkim_key:
        params["DkimSigningAttributes"] = {
            "DomainSigningSelector": options.dkim_selector,
            "DomainSigningPrivateKey": options.dkim_key.private,
        }
    elif options.dkim_key_length:
        params["DkimSigningAttributes"] = {"NextSigningKeyLength": options.dkim_key_length}
    return params


def _apply_options(aws: Gateway, name: IdentityName, options: VerificationOptions) -> str | None:
    """The settings that CreateEmailIdentity does not accept. Returns the token of API v1 if it was requested."""
    mail_from = mail_from_domain(name, options.mail_from)
    if mail_from:
        aws.write(
            "sesv2",
            "PutEmailIdentityMailFromAttributes",
            EmailIdentity=name.text,
            MailFromDomain=mail_from,
            BehaviorOnMxFailure=options.on_mx_failure,
        )
    if not options.legacy_txt:
        return None
    token: str = aws.write("ses", "VerifyDomainIdentity", Domain=name.text)["VerificationToken"]
    return token


def _started(
    aws: Gateway, name: IdentityName, options: VerificationOptions, answer: dict[str, Any], token: str | None
) -> Verification:
    """From the answer of CreateEmailIdentity. Another read would need a permission that creating does not."""
    mail_from = mail_from_domain(name, options.mail_from)
    attributes = dict(answer)
    if mail_from:
        attributes["MailFromAttributes"] = {"MailFromDomain": mail_from, "MailFromDomainStatus": "PENDING"}
    now = build_identity(name.text, attributes)
    key = None if options.dkim_key is None else options.dkim_key.public
    wanted = WantedRecords(name.text, attributes, aws.region, key, token)
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
        return ()  # without an answer there are no tokens
    return tuple(wanted.for_address() if name.is_address else wanted.for_purpose(SENDING))


def _already_exists_error(aws: Gateway, name: IdentityName, error: AlreadyExistsError) -> AlreadyExistsError:
    hint: Hint = NextCommand("identity", "show", name.text)
    status = ""
    with suppress(SescliError):  # the first error matters more
        now = build_identity(name.text, aws.read("sesv2", "GetEmailIdentity", EmailIdentity=name.text))
        hint, status = next_step(now) or hint, f" ({now.verification_status})"
    return AlreadyExistsError(
        f"identity {name} already exists in {aws.region}{status}; nothing was changed",
        hint=hint,
        code=error.code,
        request_id=error.request_id,
    )
