"""List-Unsubscribe headers (RFC 2369) and one-click unsubscription (RFC 8058)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sescli.mail.addresses import parse_address
from sescli.mail.controls import refuse_controls
from sescli.mail.errors import MailError

_URI = re.compile(r"[!#-;=?-Z\[\]^_`a-z|~%]+")


def unsubscribe_headers(
    url: str | None = None, mailto: str | None = None, *, one_click: bool = True
) -> list[tuple[str, str]]:
    """The headers for the Unsubscribe button of mail readers; none without `url` and `mailto`.

    `mailto` is an address or a `mailto:` URI. With `one_click` a URL must be https (RFC 8058 section 3.1): the mail
    reader sends a POST to it and shows no page. The DKIM signature must cover both headers; that of SES does.
    Raises `MailError`.
    """
    targets = [_url(url, one_click=one_click)] if url is not None else []
    if mailto is not None:
        targets.append(_mailto(mailto))
    if not targets:
        return []
    headers = [("List-Unsubscribe", ", ".join(f"<{target}>" for target in targets))]
    if url is not None and one_click:
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _url(url: str, *, one_click: bool) -> str:
    _check_uri(url, "the unsubscribe URL")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise MailError(f"'{url}' is not a URL: {error}") from error
    if one_click and parts.scheme.lower() != "https":
        raise MailError(
            f"'{url}' is not an https URL, which one-click unsubscription requires (RFC 8058)",
            hint="use an https URL, or --unsubscribe-mailto",
        )
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise MailError(f"'{url}' is not a valid URL: write https://example.com/unsubscribe?id=…")
    return url


def _mailto(text: str) -> str:
    _check_uri(text, "the unsubscribe address")
    address, question, query = text.removeprefix("mailto:").partition("?")
    return f"mailto:{parse_address(address).addr_spec}{question}{query}"


def _check_uri(text: str, field: str) -> None:
    refuse_controls(text, field)
    if not _URI.fullmatch(text):
        raise MailError(
            f"{field} '{text}' contains a character that is not allowed in a URI: a space, '<', '>', a quote or a "
            "non-ASCII letter",
            hint="percent-encode it",
        )
