"""Parse TSIG keys (RFC 8945) in the file format of BIND's tsig-keygen and nsupdate -k."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from sescli.errors import InputFileError, Place

# Quoted text is matched first: base64 can contain //, which begins a comment elsewhere.
_QUOTED_OR_COMMENT = re.compile(r'("[^"\n]*")|/\*.*?\*/|(?://|#)[^\n]*', re.DOTALL)
_KEY = re.compile(r'key\s+"?([A-Za-z0-9._-]{1,253})"?\s*\{(.*?)\}\s*;', re.DOTALL)
_FIELD = re.compile(r'(algorithm|secret)\s+"?([A-Za-z0-9+/=._-]+)"?\s*;')
_ALGORITHMS = frozenset({"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"})


@dataclass(frozen=True)
class TsigKey:
    """A TSIG key. `secret` is base64. It is never shown."""

    name: str
    algorithm: str
    secret: str = field(repr=False, metadata={"json": False})


def parse_tsig_key(text: str, file: str) -> TsigKey:
    """Parse the only key in a file. Raises `InputFileError`, which never contains the secret."""
    found = _KEY.findall(_QUOTED_OR_COMMENT.sub(lambda match: match[1] or "", text))
    if len(found) != 1:
        number = f"{len(found)} TSIG keys; only one is allowed" if found else "no TSIG key"
        raise _invalid_key(file, f"the file has {number}")
    name, body = found[0]
    fields = dict(_FIELD.findall(body))
    algorithm, secret = fields.get("algorithm", "").lower().rstrip("."), fields.get("secret", "")
    if algorithm not in _ALGORITHMS:
        raise _invalid_key(
            file, f"the algorithm {algorithm or '(none)'} is not one of {', '.join(sorted(_ALGORITHMS))}"
        )
    if not secret or not _is_base64(secret):
        raise _invalid_key(file, "the secret is missing or is not base64")
    return TsigKey(name, algorithm, secret)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _invalid_key(file: str, why: str) -> InputFileError:
    return InputFileError(
        why, place=Place(file), hint="create a key file: tsig-keygen -a hmac-sha256 NAME > FILE"
    )
