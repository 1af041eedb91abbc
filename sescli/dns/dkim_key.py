"""A private key for DKIM (BYODKIM): read, checked, and its public half derived.

The little of ASN.1 that an RSA key needs (RFC 8017 A.1, RFC 5208, RFC 5280 4.1) is read here, because a
cryptography library is far more than this one option is worth. Nothing here signs or decrypts.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from sescli.errors import UsageError

_BITS = (1024, 2048)
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_PLAIN_KEYS = frozenset({"PRIVATE KEY", "RSA PRIVATE KEY"})
_MOST_TEXT = 20_480  # DomainSigningPrivateKey of the API

_INTEGER, _BIT_STRING, _OCTET_STRING, _SEQUENCE = 0x02, 0x03, 0x04, 0x30
# AlgorithmIdentifier of rsaEncryption: its OID 1.2.840.113549.1.1.1 and a NULL.
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_RSA_OID = _RSA[2:13]
_LONG_FORM = 0x80

_MAKE = "openssl genrsa -out dkim.pem 2048"


class _NotDerError(ValueError):
    """The bytes are not what an RSA key is made of."""


@dataclass(frozen=True)
class DkimKey:
    """An RSA key. `private` (what SES takes: base64 without header or line breaks) is never shown.

    `public` is the base64 of its SubjectPublicKeyInfo, the `p=` of a DKIM record (RFC 6376 3.6.1).
    """

    private: str = field(repr=False, metadata={"json": False})
    public: str
    bits: int


def parse_dkim_key(text: str) -> DkimKey:
    """A key in PEM (PKCS#1 or PKCS#8), or its bare base64. Raises `UsageError`, never with the key in it."""
    body = _base64_body(text.strip())
    try:
        modulus, exponent = _public_numbers(base64.b64decode(body, validate=True))
    except (binascii.Error, _NotDerError, IndexError) as error:
        raise UsageError("the DKIM private key is not an RSA key in PEM or base64", hint=_MAKE) from error
    bits = modulus.bit_length()
    if bits not in _BITS:
        raise UsageError(f"the DKIM private key has {bits} bits; SES takes 1024 or 2048", hint=_MAKE)
    public = base64.b64encode(_subject_public_key_info(modulus, exponent)).decode()
    return DkimKey(body, public, bits)


def _base64_body(text: str) -> str:
    if len(text) > _MOST_TEXT:
        raise UsageError("the DKIM private key is longer than any that SES takes", hint=_MAKE)
    found = _PEM.search(text)
    if not found:
        return "".join(text.split())
    label, body = found.groups()
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise UsageError(
            "the DKIM private key is encrypted, and SES takes none that is",
            hint="openssl rsa -in encrypted.pem -out dkim.pem",
        )
    if label not in _PLAIN_KEYS:
        raise UsageError(f"this is no RSA private key but {_article(label.lower())}", hint=_MAKE)
    return "".join(body.split())


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _public_numbers(der: bytes) -> tuple[int, int]:
    """Modulus and public exponent of a PKCS#1 key, or of the one inside PKCS#8."""
    content, end = _element(der, 0, _SEQUENCE)
    if end != len(der):
        raise _NotDerError
    _, start = _element(content, 0, _INTEGER)
    if content[start] == _SEQUENCE:
        algorithm, start = _element(content, start, _SEQUENCE)
        if not algorithm.startswith(_RSA_OID):
            raise _NotDerError
        inner, _ = _element(content, start, _OCTET_STRING)
        return _public_numbers(inner)
    modulus, start = _element(content, start, _INTEGER)
    exponent, _ = _element(content, start, _INTEGER)
    return int.from_bytes(modulus), int.from_bytes(exponent)


def _element(der: bytes, start: int, tag: int) -> tuple[bytes, int]:
    """The content of the element at `start`, and where the next one begins."""
    if der[start] != tag:
        raise _NotDerError
    length, begin = der[start + 1], start + 2
    if length >= _LONG_FORM:
        size = length - _LONG_FORM
        length, begin = int.from_bytes(der[begin : begin + size]), begin + size
    end = begin + length
    if end > len(der):
        raise _NotDerError
    return der[begin:end], end


def _subject_public_key_info(modulus: int, exponent: int) -> bytes:
    key = _encoded(_SEQUENCE, _integer(modulus) + _integer(exponent))
    return _encoded(_SEQUENCE, _RSA + _encoded(_BIT_STRING, b"\0" + key))


def _integer(number: int) -> bytes:
    # A further bit, so that the number is not read as a negative one.
    return _encoded(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1))


def _encoded(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _LONG_FORM:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, _LONG_FORM + len(length)]) + length + content
