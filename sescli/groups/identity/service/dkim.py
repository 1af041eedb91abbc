"""DKIM of an identity: signing on and off, Easy DKIM or the customer's own key, and new keys.

`plan_enable`, `plan_disable` and `plan_rotate` return a change, so that its risk can be shown before
`DkimChange.apply` makes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.advice import Advice, NextCommand
from sescli.dns.names import EMAIL_ADDRESS, IdentityName
from sescli.dns.records import SENDING, Record, WantedRecords
from sescli.errors import ApiError, SescliError, UsageError
from sescli.groups.identity.service.dkim_calls import (
    EASY,
    KEY_LENGTHS,
    OWN,
    easy_dkim_call,
    enable_call,
    sets_key_length,
    signing_attributes_call,
)
from sescli.groups.identity.service.identities import (
    SUCCESS,
    Dkim,
    Identity,
    build_identity,
    get_email_identity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.dkim_key import DkimKey
    from sescli.groups.identity.service.dkim_calls import ApiCall

_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class OwnKey:
    """The customer's own key (BYODKIM), and the selector of its public half in DNS."""

    selector: str
    key: DkimKey


@dataclass(frozen=True)
class DkimOptions:
    """What to change. Only `easy` and `key_length` (as the API spells it) can be combined."""

    own_key: OwnKey | None = None
    key_length: str | None = None
    easy: bool = False


@dataclass(frozen=True)
class DkimState:
    """DKIM of an identity, and the DNS records that it needs."""

    identity: str
    dkim: Dkim
    records: tuple[Record, ...]


@dataclass(frozen=True)
class DkimChange:
    """Calls of the SES API v2 that change the DKIM settings of an identity. `risk` is what to ask about first.

    The calls contain the private key, so they are never shown.
    """

    before: Identity
    calls: tuple[ApiCall, ...] = field(repr=False)
    own_key: OwnKey | None = None
    risk: str | None = None

    def apply(self, aws: Gateway) -> tuple[Identity, DkimState]:
        """Make the calls, and return the identity afterwards. Raises `ApiError` with the rules of SES."""
        name = IdentityName(self.before.identity)
        for number, (operation, parameters) in enumerate(self.calls):
            try:
                aws.write("sesv2", operation, EmailIdentity=name.text, **parameters)
            except SescliError as error:
                if number:
                    error.message = (
                        f"the key of {name} was set, but signing was not turned on: {error.message}"
                    )
                if isinstance(error, ApiError) and sets_key_length(parameters):
                    error.hint = self._key_length_limit()
                raise
        answer = get_email_identity(aws, name)
        return build_identity(name.text, answer), _build_state(aws, name, answer, self.own_key)

    def _key_length_limit(self) -> str:
        created = self.before.dkim.last_key_generation
        since = f". The current key was created at {created:%Y-%m-%d %H:%M} UTC" if created else ""
        return f"SES changes the key length once in 24 hours, except for the first change to 1024{since}"


def check_own_key(selector: str | None, key: DkimKey | None, *, prefix: str = "--") -> OwnKey | None:
    """The key if both are given, None if neither is. Raises `UsageError`, with `prefix` before the option names."""
    if (selector is None) != (key is None):
        missing = f"{prefix}selector" if selector is None else f"{prefix}private-key"
        raise UsageError(
            f"your own DKIM key also needs {missing}", hint="set both, or set neither to use Easy DKIM"
        )
    if selector is None or key is None:
        return None
    if not _SELECTOR.fullmatch(selector):
        raise UsageError(
            f"{prefix}selector {selector!r} is not valid",
            hint="use up to 63 letters, digits and hyphens, and no dots",
        )
    return OwnKey(selector, key)


def show(aws: Gateway, name: IdentityName) -> tuple[Identity, DkimState]:
    """DKIM of an identity (SES API v2 GetEmailIdentity). Raises `NotFoundError`."""
    answer = get_email_identity(aws, name)
    return build_identity(name.text, answer), _build_state(aws, name, answer)


def _build_state(
    aws: Gateway, name: IdentityName, answer: Mapping[str, Any], own_key: OwnKey | None = None
) -> DkimState:
    """From an answer of GetEmailIdentity. It lacks the public half of the customer's own key."""
    public = own_key.key.public if own_key else None
    records = () if name.is_address else _dkim_records(name.text, answer, aws.region, public)
    return DkimState(name.text, build_identity(name.text, answer).dkim, records)


def planned_records(aws: Gateway, change: DkimChange) -> tuple[Record, ...]:
    """The record of the customer's own key, to publish before SES uses the key."""
    if change.own_key is None:
        return ()
    answer = {"DkimAttributes": {"Tokens": [change.own_key.selector], "SigningAttributesOrigin": OWN}}
    return _dkim_records(change.before.identity, answer, aws.region, change.own_key.key.public)


def _dkim_records(
    domain: str, answer: Mapping[str, Any], region: str, public: str | None
) -> tuple[Record, ...]:
    records = WantedRecords(domain, answer, region, public).for_purpose(SENDING)
    return tuple(record for record in records if record.purpose == "dkim")


def plan_enable(now: Identity, options: DkimOptions) -> DkimChange:
    """Turn signing on, with new options or as before.

    PutEmailIdentityDkimSigningAttributes and PutEmailIdentityDkimAttributes. If the domain has no DKIM yet, or SES
    stopped looking for its records, SES starts to look. Raises `UsageError` for options that do not fit.
    """
    if now.type == EMAIL_ADDRESS and options != DkimOptions():
        raise _domains_only_error(now)
    calls = _signing_calls(now, options)
    turn_on = () if now.dkim.signing_enabled else (enable_call(enabled=True),)
    return DkimChange(now, (*calls, *turn_on), options.own_key, _signing_risk(now, calls))


def plan_disable(now: Identity) -> DkimChange:
    """Turn signing off (PutEmailIdentityDkimAttributes). No calls if it is off already."""
    if not now.dkim.signing_enabled:
        return DkimChange(now, ())
    return DkimChange(now, (enable_call(enabled=False),), risk=f"Email from {_unsigned_effect(now)}")


def plan_rotate(now: Identity, options: DkimOptions) -> DkimChange:
    """Replace the key: Easy DKIM by another key length, the customer's own key by another selector.

    PutEmailIdentityDkimSigningAttributes. Raises `UsageError` with a hint if a new key is not possible.
    """
    if now.type == EMAIL_ADDRESS:
        raise _domains_only_error(now)
    origin = now.dkim.origin
    if not now.dkim.tokens:
        raise UsageError(f"{now.identity} has no DKIM key yet", hint=_enable_command(now.identity))
    if origin not in {EASY, OWN}:
        raise UsageError(
            f"the DKIM key of {now.identity} is a copy from another region ({origin})",
            hint="rotate the key in that region; SES updates the copy",
        )
    calls = (_rotate_own_key if origin == OWN else _rotate_easy_dkim)(now, options)
    return DkimChange(now, calls, options.own_key, _signing_risk(now, calls))


def _rotate_own_key(now: Identity, options: DkimOptions) -> tuple[ApiCall, ...]:
    if options.key_length or options.own_key is None:
        key_options = ("--selector", "NEW", "--private-key", "dkim.pem")
        raise UsageError(
            f"{now.identity} signs with your own key, so you create the new one",
            hint=Advice(
                "openssl genrsa -out dkim.pem 2048; then ",
                NextCommand("identity", "dkim", "rotate", now.identity, *key_options),
            ),
        )
    return _signing_calls(now, options)


def _rotate_easy_dkim(now: Identity, options: DkimOptions) -> tuple[ApiCall, ...]:
    name = now.identity
    if options.own_key:
        raise UsageError(
            f"{name} uses Easy DKIM: SES creates its keys",
            hint=Advice("to switch to your own key: ", _enable_command(name, options.own_key.selector)),
        )
    current = _current_key_length(now)
    wanted = options.key_length or KEY_LENGTHS["2048"]
    if wanted == current:
        other = next(bits for bits, length in KEY_LENGTHS.items() if length != current)
        raise UsageError(
            f"SES creates a new Easy DKIM key only for a different key length, and {name} already has {current}",
            hint=Advice(
                f"use --key-length {other}, and change back after 24 hours; or use your own key, "
                f"which you can rotate at any time: ",
                _enable_command(name, "NEW"),
            ),
        )
    return (easy_dkim_call(wanted),)


def _enable_command(name: str, selector: str | None = None) -> NextCommand:
    key = ("--selector", selector, "--private-key", "FILE") if selector else ()
    return NextCommand("identity", "dkim", "enable", name, *key)


def _signing_calls(now: Identity, options: DkimOptions) -> tuple[ApiCall, ...]:
    """The call that sets the key, or none."""
    if options.own_key:
        return (_own_key_call(now, options.own_key),)
    is_easy = now.dkim.origin == EASY and bool(now.dkim.tokens)
    if options.key_length or options.easy:
        length = None if options.key_length == _current_key_length(now) and is_easy else options.key_length
        return (easy_dkim_call(length),) if length or not is_easy or _has_given_up(now) else ()
    if now.type == EMAIL_ADDRESS or (now.dkim.tokens and not _has_given_up(now)):
        return ()
    if now.dkim.origin == OWN:
        selector = " ".join(now.dkim.tokens) or "SELECTOR"
        raise UsageError(
            f"SES stopped looking for the DKIM record of {now.identity} and needs your key again",
            hint=_enable_command(now.identity, selector),
        )
    return (easy_dkim_call(None),) if now.dkim.origin in {EASY, None} else ()


def _own_key_call(now: Identity, own: OwnKey) -> ApiCall:
    if now.dkim.origin == OWN and now.dkim.status == SUCCESS and own.selector in now.dkim.tokens:
        raise UsageError(
            f"{own.selector} is the selector of the current key of {now.identity}",
            hint="a new key needs a new selector, because receivers check email in transit with the old key",
        )
    attributes = {"DomainSigningSelector": own.selector, "DomainSigningPrivateKey": own.key.private}
    return signing_attributes_call(OWN, attributes)


def _current_key_length(now: Identity) -> str | None:
    return now.dkim.next_key_length or now.dkim.key_length


def _has_given_up(now: Identity) -> bool:
    return now.dkim.status in {"FAILED", "NOT_STARTED"}


def _signing_risk(now: Identity, calls: Sequence[ApiCall]) -> str | None:
    """What breaks while SES looks for new records: it no longer signs with the old key."""
    is_signing = now.dkim.status == SUCCESS and now.dkim.signing_enabled
    has_new_key = any(
        parameters.get("SigningAttributesOrigin") == OWN
        or parameters.get("SigningAttributesOrigin", now.dkim.origin) != now.dkim.origin
        for _, parameters in calls
    )
    if not (is_signing and has_new_key):
        return None
    return f"Until SES finds the new record in DNS, email from {_unsigned_effect(now)}"


def _unsigned_effect(now: Identity) -> str:
    name = now.identity
    if now.mail_from_domain and now.mail_from_status == SUCCESS:
        return f"{name} is not signed; DMARC then passes through SPF alone, with {now.mail_from_domain}"
    return f"{name} is not signed and no longer passes DMARC, so many mailbox providers treat it as spam"


def _domains_only_error(now: Identity) -> UsageError:
    domain = IdentityName(now.identity).domain
    return UsageError(
        f"{now.identity} is an address: SES signs its email with the key of its domain",
        hint=NextCommand("identity", "dkim", "show", domain),
    )
