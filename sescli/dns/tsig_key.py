"""TSIG keys (RFC 8945) in the file that BIND's tsig-keygen writes and nsupdate -k reads."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from sescli.errors import InputFileError, Place

_COMMENT = re.compile(r"/\*.*?\*/|(?://|#)[^\n]*", re.DOTALL)
_KEY = re.compile(r'key\s+"?([A-Za-z0-9._-]{1,253})"?\s*\{(.*?)\}\s*;', re.DOTALL)
_FIELD = re.compile(r'(algorithm|secret)\s+"?([A-Za-z0-9+/=._-]+)"?\s*;')
_ALGORITHMS = frozenset({"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"})


@dataclass(frozen=True)
class TsigKey:
    """A key. `secret` is base64, and is never shown."""

    name: str
    algorithm: str
    secret: str = field(repr=False, metadata={"json": False})


def parse_tsig_key(text: str, file: str) -> TsigKey:
    """The one key of a file. Raises `InputFileError`, never with the secret in it."""
    found = _KEY.findall(_COMMENT.sub("", text))
    if len(found) != 1:
        raise _no_key(file, "no key in it" if not found else f"{len(found)} keys in it, and one is wanted")
    name, body = found[0]
    fields = dict(_FIELD.findall(body))
    algorithm, secret = fields.get("algorithm", "").lower().rstrip("."), fields.get("secret", "")
    if algorithm not in _ALGORITHMS:
        raise _no_key(
            file, f"the algorithm {algorithm or '(none)'} is none of {', '.join(sorted(_ALGORITHMS))}"
        )
    if not secret or not _is_base64(secret):
        raise _no_key(file, "the secret is missing, or no base64")
    return TsigKey(name, algorithm, secret)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _no_key(file: str, why: str) -> InputFileError:
    return InputFileError(
        why, place=Place(file), hint="it is what this writes: tsig-keygen -a hmac-sha256 NAME > FILE"
    )
