"""Email addresses that SES accepts (RFC 5322, limits of RFC 5321; SES does not support SMTPUTF8)."""

from __future__ import annotations

import re
from email.header import Header
from typing import NamedTuple

from sescli.mail.controls import refuse_controls
from sescli.mail.encoded_words import decode_words
from sescli.mail.errors import AddressError, InjectionError, shortened

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@)(?![^@]*=\?)({_ATEXT}(?:\.{_ATEXT})*)@(?=.{{1,253}}\Z)((?:{_LABEL}\.)+(?!\d+\Z){_LABEL})"
)
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_LOCAL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*|{_QUOTED.pattern}")
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 1024  # characters before punycode, which has at most 253
# RFC 5322 atoms and the spaces between them need no quotes.
_ATOMS = re.compile(rf"{_ATEXT}(?: {_ATEXT})*")


class Address(NamedTuple):
    """`display_name <local@domain>`; the domain is in punycode, the display name in plain Unicode."""

    display_name: str
    local: str
    domain: str

    @property
    def addr_spec(self) -> str:
        """`local@domain`, as in the envelope."""
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """The case-folded address, equal for two spellings of one mailbox."""
        return self.addr_spec.casefold()

    def format(self) -> str:
        """Format for a header or an API call: 7-bit, the display name quoted or in encoded-words (RFC 2047)."""
        name = self.display_name
        if not name:
            return self.addr_spec
        if not name.isascii() or "=?" in name:
            return (
                f"{Header(name, 'utf-8', maxlinelen=75).encode(splitchars='', linesep='')} <{self.addr_spec}>"
            )
        if not _ATOMS.fullmatch(name):
            escaped = name.replace("\\", r"\\").replace('"', r"\"")
            name = f'"{escaped}"'
        return f"{name} <{self.addr_spec}>"


def is_plain(text: str) -> bool:
    """Whether a text is `local@domain` and nothing else, so that it equals its `addr_spec`."""
    return _PLAIN.fullmatch(text) is not None


def parse_address(text: str) -> Address:
    """Parse one address, with or without a display name; about half a million plain ones a second.

    The domain becomes punycode (IDNA 2008, as mail servers look it up). Raises `AddressError`, and
    `InjectionError` for control characters, also inside an encoded-word, and for an encoded-word before the @.
    """
    if (plain := _PLAIN.fullmatch(text)) is not None:
        return Address("", plain[1], plain[2])
    refuse_controls(text, "an address")
    stripped = text.strip()
    if not stripped:
        raise AddressError(text, "it is empty")
    if not stripped.endswith(">"):
        return _bare("", stripped, text)
    name, opened, spec = stripped[:-1].rpartition("<")
    if not opened:
        raise AddressError(text, "'<' is missing")
    display_name = _display_name(name.strip(), text)
    # Again, because a character may be split over two encoded-words.
    refuse_controls(display_name, "the name of an address")
    return _bare(display_name, spec.strip(), text)


def _bare(name: str, spec: str, text: str) -> Address:
    local, at, domain = spec.rpartition("@")
    if not at:
        raise AddressError(text, "there is no '@'")
    if "=?" in local:
        # RFC 5322 allows these characters, but a program that decodes them sees another address: that in the word.
        what, could = "an encoded-word before '@'", "send the message to another address"
        raise InjectionError(f"the address '{shortened(spec)}'", what, could=could)
    if not spec.isascii() and not local.isascii():
        raise AddressError(text, "the part before '@' is not 7-bit ASCII, which SES requires")
    if any(sign in spec for sign in ",;") and not local.startswith('"'):
        raise AddressError(text, "it contains a ',' or ';'", hint="repeat the option for each address")
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise AddressError(text, "the part before '@' is empty, malformed or longer than 64 characters")
    return Address(name, local, _domain(domain, text))


def _domain(domain: str, text: str) -> str:
    if len(domain) > _LONGEST_DOMAIN:
        raise AddressError(text, f"'{shortened(domain)}' is not a domain")
    ascii_domain = domain if domain.isascii() else _punycode(domain, text)
    if not domain:
        raise AddressError(text, "there is nothing after '@'")
    if "." not in domain:
        raise AddressError(text, f"the domain '{shortened(domain)}' lacks its ending, such as .com")
    if not _DOMAIN.fullmatch(ascii_domain):
        raise AddressError(text, f"'{shortened(domain)}' is not a domain")
    return ascii_domain


def _punycode(domain: str, text: str) -> str:
    # The codec of the standard library is IDNA 2003: it would turn straße.de into the different domain strasse.de.
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise AddressError(
            text, f"'{shortened(domain)}' is not a domain ({shortened(str(error))})"
        ) from error


def _display_name(name: str, text: str) -> str:
    if _QUOTED.fullmatch(name) or (name.startswith('"') and name.endswith('"') and not name.isascii()):
        return decode_words(re.sub(r"\\(.)", r"\1", name[1:-1]))
    if any(sign in name for sign in ',;<>"'):
        raise AddressError(
            text,
            "the name before '<' contains a character that needs quotes",
            hint='write "Doe, Jane" <jane@example.com>',
        )
    return decode_words(name)
