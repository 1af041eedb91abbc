"""Parse a private key for DKIM (BYODKIM), check it, and derive its public key.

This module reads the small part of ASN.1 that an RSA key uses (RFC 8017 A.1, RFC 5208, RFC 5280 4.1). A cryptography
library would be a large dependency for one option. Nothing here signs or decrypts.
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
_MAX_LENGTH = 20_480  # characters, the limit of DomainSigningPrivateKey in the API

_INTEGER, _BIT_STRING, _OCTET_STRING, _SEQUENCE = 0x02, 0x03, 0x04, 0x30
# AlgorithmIdentifier of rsaEncryption: its OID 1.2.840.113549.1.1.1 and a NULL.
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_RSA_OID = _RSA[2:13]
_LONG_FORM = 0x80

_GENERATE = "openssl genrsa -out dkim.pem 2048"


class _NotDerError(ValueError):
    """The bytes are not the DER encoding of an RSA key."""


@dataclass(frozen=True)
class DkimKey:
    """An RSA key. `private` is base64 without header and line breaks, as SES expects it. It is never shown.

    `public` is the base64 of its SubjectPublicKeyInfo, the `p=` of a DKIM record (RFC 6376 3.6.1).
    """

    private: str = field(repr=False, metadata={"json": False})
    public: str
    bits: int


def parse_dkim_key(text: str) -> DkimKey:
    """Parse a key in PEM (PKCS#1 or PKCS#8) or base64. Raises `UsageError`, which never contains the key."""
    body = _base64_body(text.strip())
    try:
        modulus, exponent = _public_numbers(base64.b64decode(body, validate=True))
    except (binascii.Error, _NotDerError, IndexError) as error:
        raise UsageError("the DKIM private key is not an RSA key in PEM or base64", hint=_GENERATE) from error
    bits = modulus.bit_length()
    if bits not in _BITS:
        raise UsageError(f"the DKIM private key has {bits} bits; SES supports 1024 and 2048", hint=_GENERATE)
    public = base64.b64encode(_subject_public_key_info(modulus, exponent)).decode()
    return DkimKey(body, public, bits)


def _base64_body(text: str) -> str:
    if len(text) > _MAX_LENGTH:
        raise UsageError("the DKIM private key is longer than SES allows", hint=_GENERATE)
    found = _PEM.search(text)
    if not found:
        return "".join(text.split())
    label, body = found.groups()
    if "ENCRYPTED" in label or "ENCRYPTED" in body:
        raise UsageError(
            "the DKIM private key is encrypted; SES supports only unencrypted keys",
            hint="openssl rsa -in encrypted.pem -out dkim.pem",
        )
    if label not in _PLAIN_KEYS:
        raise UsageError(
            f"the DKIM private key is not an RSA private key, but {_with_article(label.lower())}",
            hint=_GENERATE,
        )
    return "".join(body.split())


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _public_numbers(der: bytes) -> tuple[int, int]:
    """Return modulus and public exponent of a PKCS#1 key, or of the one inside PKCS#8."""
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
    """Return the content of the element at `start`, and the position of the next one."""
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
    # One more bit, so that the number is not negative.
    return _encoded(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1))


def _encoded(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _LONG_FORM:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, _LONG_FORM + len(length)]) + length + content
