"""DKIM of an identity: on and off, Easy DKIM or a key of one's own, and new keys.

What a change would do is worked out first (`enabling`, `disabling`, `rotating`), so that it can be asked about;
`Change.apply` then makes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sescli.dns.names import EMAIL_ADDRESS, IdentityName
from sescli.dns.records import SENDING, Record, WantedRecords
from sescli.errors import ApiError, SescliError, UsageError
from sescli.groups.identity.service.identities import SUCCESS, Dkim, Identity, get, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sescli.aws.gateway import Gateway
    from sescli.dns.dkim_key import DkimKey

EASY, OWN = "AWS_SES", "EXTERNAL"
KEY_LENGTHS = {"1024": "RSA_1024_BIT", "2048": "RSA_2048_BIT"}

_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True)
class OwnKey:
    """A key of one's own (BYODKIM), and the selector under which its public half stands in DNS."""

    selector: str
    key: DkimKey


@dataclass(frozen=True)
class Wish:
    """What DKIM is to be. Of the three at most `easy` and `key_length` (as the API spells it) go together."""

    own_key: OwnKey | None = None
    key_length: str | None = None
    easy: bool = False


@dataclass(frozen=True)
class DkimState:
    """DKIM of an identity, and the DNS records that it wants."""

    identity: str
    dkim: Dkim
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Change:
    """Calls of the SES API v2 that change the DKIM of an identity; `risk` is what to ask about before.

    The calls hold the private key and are never shown.
    """

    before: Identity
    calls: tuple[tuple[str, dict[str, Any]], ...] = field(repr=False)
    own_key: OwnKey | None = None
    risk: str | None = None

    def apply(self, aws: Gateway) -> tuple[Identity, DkimState]:
        """Make it, and give the identity as it is then. Raises `ApiError` with SES's rules."""
        name = IdentityName(self.before.identity)
        for number, (operation, parameters) in enumerate(self.calls):
            try:
                aws.write("sesv2", operation, EmailIdentity=name.text, **parameters)
            except SescliError as error:
                if number:
                    error.message = f"the key of {name} is set, but signing is not on yet: {error.message}"
                if isinstance(error, ApiError) and _new_length(parameters):
                    error.hint = self._once_a_day()
                raise
        answer = get(aws, name)
        return whole(name.text, answer), state(aws, name, answer, self.own_key)

    def _once_a_day(self) -> str:
        made = self.before.dkim.last_key_generation
        since = f"; the last was made at {made:%Y-%m-%d %H:%M} UTC" if made else ""
        return f"SES changes the length of a key once in 24 hours, but for a first step down to 1024{since}"


def check_own_key(selector: str | None, key: DkimKey | None, *, prefix: str = "--") -> OwnKey | None:
    """Both or neither. Raises `UsageError`, naming the options by their `prefix`."""
    if (selector is None) != (key is None):
        missing = f"{prefix}selector" if selector is None else f"{prefix}private-key"
        raise UsageError(
            f"a DKIM key of your own needs {missing} too", hint="give both, or neither for Easy DKIM"
        )
    if selector is None or key is None:
        return None
    if not _SELECTOR.fullmatch(selector):
        raise UsageError(
            f"{prefix}selector is {selector!r}",
            hint="it takes up to 63 letters, digits and hyphens, and no dot",
        )
    return OwnKey(selector, key)


def show(aws: Gateway, name: IdentityName) -> tuple[Identity, DkimState]:
    """DKIM of an identity (SES API v2 GetEmailIdentity). Raises `NotFoundError`."""
    answer = get(aws, name)
    return whole(name.text, answer), state(aws, name, answer)


def state(
    aws: Gateway, name: IdentityName, answer: Mapping[str, Any], own_key: OwnKey | None = None
) -> DkimState:
    """From an answer of GetEmailIdentity; SES does not tell the public key of a key of one's own."""
    public = own_key.key.public if own_key else None
    wanted = () if name.is_address else _records(name.text, answer, aws.region, public)
    return DkimState(name.text, whole(name.text, answer).dkim, wanted)


def records_to_come(aws: Gateway, change: Change) -> tuple[Record, ...]:
    """The record of a key of one's own before SES knows of it: best published first."""
    if change.own_key is None:
        return ()
    told = {"DkimAttributes": {"Tokens": [change.own_key.selector], "SigningAttributesOrigin": OWN}}
    return _records(change.before.identity, told, aws.region, change.own_key.key.public)


def _records(domain: str, answer: Mapping[str, Any], region: str, public: str | None) -> tuple[Record, ...]:
    wanted = WantedRecords(domain, answer, region, public).for_purpose(SENDING)
    return tuple(record for record in wanted if record.purpose == "dkim")


def enabling(now: Identity, wish: Wish) -> Change:
    """Sign, in the way wished for or as before (PutEmailIdentityDkimSigningAttributes, …DkimAttributes).

    Where SES has given up looking for the records, or has no DKIM for the domain yet, it begins (again).
    Raises `UsageError` for what cannot be.
    """
    if now.type == EMAIL_ADDRESS and wish != Wish():
        raise _only_domains(now)
    signing = _signing(now, wish)
    switch = [] if now.dkim.signing_enabled else [_switched(on=True)]
    return Change(now, (*signing, *switch), wish.own_key, _risk(now, signing))


def disabling(now: Identity) -> Change:
    """Stop signing (PutEmailIdentityDkimAttributes); nothing where it is off already."""
    if not now.dkim.signing_enabled:
        return Change(now, ())
    return Change(now, (_switched(on=False),), risk=_unsigned(now))


def rotating(now: Identity, wish: Wish) -> Change:
    """A new key: Easy DKIM's by another length, one's own by another selector.

    PutEmailIdentityDkimSigningAttributes. Raises `UsageError` with what to do where there is none to be had.
    """
    if now.type == EMAIL_ADDRESS:
        raise _only_domains(now)
    origin = now.dkim.origin
    if not now.dkim.tokens:
        raise UsageError(
            f"{now.identity} has no DKIM yet", hint=f"sescli identity dkim enable {now.identity}"
        )
    if origin not in {EASY, OWN}:
        raise UsageError(
            f"the DKIM key of {now.identity} is a copy of another region's ({origin})",
            hint="rotate it there; this one follows",
        )
    calls = (_own_rotation if origin == OWN else _easy_rotation)(now, wish)
    return Change(now, calls, wish.own_key, _risk(now, calls))


def _own_rotation(now: Identity, wish: Wish) -> tuple[tuple[str, dict[str, Any]], ...]:
    if wish.key_length or wish.own_key is None:
        raise UsageError(
            f"{now.identity} signs with a key of your own, and a new one is yours to make",
            hint=f"openssl genrsa -out dkim.pem 2048; then "
            f"sescli identity dkim rotate {now.identity} --selector NEW --private-key dkim.pem",
        )
    return _signing(now, wish)


def _easy_rotation(now: Identity, wish: Wish) -> tuple[tuple[str, dict[str, Any]], ...]:
    name = now.identity
    if wish.own_key:
        raise UsageError(
            f"{name} has Easy DKIM, whose keys SES makes",
            hint=f"to sign with your own from now on: sescli identity dkim enable {name} "
            f"--selector {wish.own_key.selector} --private-key FILE",
        )
    present = _length(now)
    wanted = wish.key_length or KEY_LENGTHS["2048"]
    if wanted == present:
        other = next(bits for bits, length in KEY_LENGTHS.items() if length != present)
        raise UsageError(
            f"SES makes the keys of Easy DKIM, a new one on demand only with another length; "
            f"{name} has {present} already",
            hint=f"--key-length {other}, and back after 24 hours; or a key of your own, to be rotated at will: "
            f"sescli identity dkim enable {name} --selector NEW --private-key FILE",
        )
    return (_easy(wanted),)


def _signing(now: Identity, wish: Wish) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The call that sets how it is signed, or none."""
    if wish.own_key:
        return (_own(now, wish.own_key),)
    is_easy = now.dkim.origin == EASY and bool(now.dkim.tokens)
    if wish.key_length or wish.easy:
        length = None if wish.key_length == _length(now) and is_easy else wish.key_length
        return (_easy(length),) if length or not is_easy or _given_up(now) else ()
    if now.type == EMAIL_ADDRESS or (now.dkim.tokens and not _given_up(now)):
        return ()
    if now.dkim.origin == OWN:
        raise UsageError(
            f"SES has given up looking for the DKIM record of {now.identity}, and wants your key again",
            hint=f"sescli identity dkim enable {now.identity} "
            f"--selector {' '.join(now.dkim.tokens) or 'SELECTOR'} --private-key FILE",
        )
    return (_easy(None),) if now.dkim.origin in {EASY, None} else ()


def _own(now: Identity, own: OwnKey) -> tuple[str, dict[str, Any]]:
    if now.dkim.origin == OWN and now.dkim.status == SUCCESS and own.selector in now.dkim.tokens:
        raise UsageError(
            f"{own.selector} is the selector of the present key of {now.identity}",
            hint="a new key needs a new selector: mail under way is checked against the old one",
        )
    attributes = {"DomainSigningSelector": own.selector, "DomainSigningPrivateKey": own.key.private}
    return _attributes(OWN, attributes)


def _easy(length: str | None) -> tuple[str, dict[str, Any]]:
    return _attributes(EASY, {"NextSigningKeyLength": length} if length else {})


def _attributes(origin: str, attributes: dict[str, str]) -> tuple[str, dict[str, Any]]:
    given: dict[str, Any] = {"SigningAttributes": attributes} if attributes else {}
    return "PutEmailIdentityDkimSigningAttributes", {"SigningAttributesOrigin": origin, **given}


def _switched(*, on: bool) -> tuple[str, dict[str, Any]]:
    return "PutEmailIdentityDkimAttributes", {"SigningEnabled": on}


def _new_length(parameters: Mapping[str, Any]) -> bool:
    return "NextSigningKeyLength" in parameters.get("SigningAttributes", {})


def _length(now: Identity) -> str | None:
    return now.dkim.next_key_length or now.dkim.key_length


def _given_up(now: Identity) -> bool:
    return now.dkim.status in {"FAILED", "NOT_STARTED"}


def _risk(now: Identity, calls: Sequence[tuple[str, dict[str, Any]]]) -> str | None:
    """What breaks while SES looks for new records: it does not sign with the old key meanwhile."""
    signs = now.dkim.status == SUCCESS and now.dkim.signing_enabled
    new_key = any(
        parameters.get("SigningAttributesOrigin") == OWN
        or parameters.get("SigningAttributesOrigin", now.dkim.origin) != now.dkim.origin
        for _, parameters in calls
    )
    if not (signs and new_key):
        return None
    return f"Until SES has found the new record in DNS, {_unsigned(now, 'mail')}"


def _unsigned(now: Identity, mail: str = "Mail") -> str:
    name = now.identity
    if now.mail_from_domain and now.mail_from_status == SUCCESS:
        return f"{mail} from {name} goes out unsigned; DMARC then passes by SPF alone, through {now.mail_from_domain}"
    return f"{mail} from {name} goes out unsigned and no longer passes DMARC, for which many mailbox hosts junk it"


def _only_domains(now: Identity) -> UsageError:
    domain = IdentityName(now.identity).domain
    return UsageError(
        f"{now.identity} is an address: it signs with the key of its domain, and has none of its own",
        hint=f"sescli identity dkim show {domain}",
    )
