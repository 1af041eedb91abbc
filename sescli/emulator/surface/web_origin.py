"""Refuses requests that a foreign web page makes through the user's browser.

A page that uses DNS rebinding still sends its own name as Host. A cross-site script or form sends its Origin. A link,
image or script element sends no Origin, but every current browser says in `Sec-Fetch-Site` where the request comes from
(https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sescli.emulator.http_messages import Headers

# S3 clients put the bucket name before the host name. SDKs behind a proxy keep AWS's host names.
_AWS_HOSTS = (".localhost", ".amazonaws.com")
_SAME_PAGE = frozenset({None, "same-origin", "none"})


def is_from_this_machine(headers: Headers, named: str, *, own_api: bool) -> bool:
    """Whether a program on this machine or the emulator's own page sends the request.

    `named` is the authority of the request. Only the emulator's own page may use its API (`own_api`), and pages of
    other ports of this machine may use the AWS services.
    """
    host = host_of(named)
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    if own_api:
        is_page = origin in {None, f"http://{named}"}
        return is_loopback(host) and is_page and (site in _SAME_PAGE or _is_navigation(headers))
    if not (is_loopback(host) or host.endswith(_AWS_HOSTS)):
        return False
    if origin is not None:
        return is_loopback(host_of(origin.partition("//")[2]))
    return site in _SAME_PAGE or _is_navigation(headers)


def is_loopback(host: str) -> bool:
    """Whether a host name or address always means this machine."""
    name = host.removesuffix(".")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str:
    """Return the host of `HOST[:PORT]` in lower case, or an empty string if it is not valid."""
    if any(sign in authority for sign in "/@?#\\ \t"):
        return ""
    try:
        parsed = urlsplit(f"//{authority}")
        _ = parsed.port  # raises ValueError for a port that is not a number
    except ValueError:
        return ""
    return parsed.hostname or ""


def _is_navigation(headers: Headers) -> bool:
    """Whether a user follows a link to a document. The page that has the link cannot read the response."""
    return headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
