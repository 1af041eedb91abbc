"""The SMTP password of SES, derived from a secret access key."""

from __future__ import annotations

import base64
import hashlib
import hmac

# Constants of SES's algorithm, not a date or a version of this program.
_DATE, _SERVICE, _TERMINAL, _MESSAGE, _VERSION = "11111111", "ses", "aws4_request", "SendRawEmail", b"\x04"

_LENGTH = 44


def derive_password(secret_access_key: str, region: str) -> str:
    """Derive the password of one key for one region: 44 characters of base64, the first is always `B`.

    The algorithm is that of Signature Version 4 (SES developer guide, "Obtaining SES SMTP credentials"). The same
    key has a different password in each region. SES answers 535 when region and password do not match.
    """
    signature = f"AWS4{secret_access_key}".encode()
    for part in (_DATE, region, _SERVICE, _TERMINAL, _MESSAGE):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + signature).decode("ascii")


def is_password(text: str) -> bool:
    """Whether a text has the form of an SES SMTP password."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(text) == _LENGTH and decoded.startswith(_VERSION)
