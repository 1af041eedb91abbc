"""Parsing of BYODKIM keys, compared with the cryptography library."""

from __future__ import annotations

import base64
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from sescli.dns.dkim_key import parse_dkim_key
from sescli.errors import UsageError

PKCS1, PKCS8 = PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key, form=PKCS8, lock=None) -> str:
    return key.private_bytes(Encoding.PEM, form, lock or NoEncryption()).decode()


def public_pem(key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def body(text: str) -> str:
    return "".join(line for line in text.splitlines() if not line.startswith("-----"))


@pytest.mark.parametrize("form", [PKCS1, PKCS8])
@pytest.mark.parametrize("bits", [1024, 2048])
@pytest.mark.parametrize(
    "shape", [str, body, lambda text: text.replace("\n", "\r\n")], ids=["text", "body", "crlf"]
)
def test_parse_dkim_key_returns_private_and_public_key(form, bits, shape):
    text = pem(rsa_key(bits), form)
    key = parse_dkim_key(shape(text))
    public = rsa_key(bits).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.bits == bits
    assert base64.b64decode(key.public) == public
    assert key.private == body(text)


def test_dkim_key_hides_private_key():
    from sescli.output.plain import to_plain

    key = parse_dkim_key(pem(rsa_key(1024)))
    assert key.private not in repr(key)
    assert "private" not in to_plain(key)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: pem(rsa_key(1024), lock=BestAvailableEncryption(b"secret")), "encrypted"),
        (lambda: pem(rsa_key(1024), PKCS1, BestAvailableEncryption(b"secret")), "encrypted"),
        (lambda: pem(rsa_key(3072)), "3072 bits"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1()), PKCS1), "an ec private key"),
        (lambda: public_pem(rsa_key(1024)), "a public key"),
        (lambda: body(pem(rsa_key(1024)))[:400], "not an RSA key"),
        (lambda: "not a key", "not an RSA key"),
        (str, "not an RSA key"),
        (lambda: "A" * 30_000, "longer"),
    ],
    ids=range(10),
)
def test_parse_dkim_key_rejects_unsupported_key_without_showing_it(make, why):
    text = make()
    with pytest.raises(UsageError) as refused:
        parse_dkim_key(text)
    assert why in refused.value.message
    assert "openssl" in str(refused.value.hint)
    assert not text or text[:40] not in refused.value.message + str(refused.value.hint)


@given(st.binary(max_size=400))
def test_parse_dkim_key_rejects_any_bytes(raw):
    with pytest.raises(UsageError):
        parse_dkim_key(base64.b64encode(raw).decode())


@given(st.integers(min_value=0, max_value=600), st.integers(min_value=0, max_value=255))
def test_parse_dkim_key_survives_changed_byte(position, value):
    der = bytearray(base64.b64decode(body(pem(rsa_key(1024)))))
    der[position % len(der)] = value
    try:
        key = parse_dkim_key(base64.b64encode(der).decode())
    except UsageError:
        return
    assert key.bits == 1024
