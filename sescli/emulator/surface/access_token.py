"""The token for the emulator's own API, and signed links for what a browser loads without headers."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import TYPE_CHECKING

from sescli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "SESCLI_LOCAL_TOKEN"
HOW_TO_SEND = (
    "send the token of the emulator in the header 'Authorization: Bearer TOKEN'. 'sescli local token' prints it, and"
    f" {VARIABLE} sets it when the emulator starts"
)
_BYTES = 16  # 128 bits. With a longer token, the export line of `local start` does not fit 80 columns
_FORM = re.compile(r"[A-Za-z0-9._~+/=-]{16,256}")  # what RFC 6750 allows after "Bearer"
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)
_LINK_SECONDS = 60  # a signed link is used at once
_CODE_SECONDS = 120  # a browser may take long to start


def choose(environ: Mapping[str, str]) -> str | None:
    """Return the token that the user sets in the environment, if any. Raises UsageError if it is not valid."""
    token = environ.get(VARIABLE, "")
    if not token:
        return None
    if not _FORM.fullmatch(token):
        raise UsageError(
            f"{VARIABLE} is not a valid token",
            hint="use 16 to 256 characters out of letters, digits and . _ ~ + / = -; for example from: openssl rand -hex 32",
        )
    return token


def create() -> str:
    """Return a new random token."""
    return secrets.token_urlsafe(_BYTES)


class AccessToken:
    """Checks tokens in constant time, and makes and checks signed links and codes that work once."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._link_key = secrets.token_bytes(_BYTES)  # not the token: a link must not help to find it
        self._codes: dict[str, float] = {}

    def is_sent(self, header: str | None) -> bool:
        """Whether the value of an Authorization header has the token."""
        found = _BEARER.fullmatch(header or "")
        return found is not None and hmac.compare_digest(found.group(1).encode(), self._token)

    def sign(self, path: str) -> str:
        """Return the path with a signature that is valid for a minute."""
        until = str(int(time.time()) + _LINK_SECONDS)
        return f"{path}?until={until}&signature={self._signature(path, until)}"

    def is_signed(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether the query of a request for `path` has a signature that is still valid."""
        until, sent = query.get("until", ""), query.get("signature", "")
        if not (until.isascii() and until.isdecimal() and sent.isascii()):
            return False
        expected = self._signature(path, until)
        return hmac.compare_digest(sent.encode(), expected.encode()) and int(until[:12]) > time.time()

    def create_code(self) -> str:
        """Return a code that the page exchanges for the token: once, and within two minutes."""
        now = time.monotonic()
        self._codes = {code: until for code, until in self._codes.items() if until > now}
        code = secrets.token_urlsafe(_BYTES)
        self._codes[code] = now + _CODE_SECONDS
        return code

    def exchange(self, code: str) -> str | None:
        """Return the token for a code of `create_code`. None if the code is unknown, used or too old."""
        until = self._codes.pop(code, 0.0)
        return self._token.decode() if until > time.monotonic() else None

    def _signature(self, path: str, until: str) -> str:
        return hmac.new(self._link_key, f"{path}\n{until}".encode(), hashlib.sha256).hexdigest()
