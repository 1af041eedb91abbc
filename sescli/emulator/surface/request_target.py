"""Normalizes the target of a request and decides which part of the emulator answers it.

A path that only looks like the emulator's own API (another case, percent-encoded, with dot segments or doubled slashes)
is never passed on: moto decodes paths once more than a front end would expect.
"""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import unquote

PREFIX = "/_sescli/"
VERSION = "v1/"
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_MOTO = re.compile(r"/moto-api(?:/|$)")
_LOCALSTACK = re.compile(r"/_aws/ses/?(?:\?|$)")
# moto answers these first segments itself, for every service.
_RESERVED = frozenset({"_sescli", "_aws", "moto-api"})
_METADATA = re.compile(r"/latest/(?:meta-data|api|dynamic|user-data)(?:/|$)")
_MAX_DECODINGS = 4


class Area(Enum):
    """The part of the emulator that a path belongs to."""

    ADMIN = "admin"  # the emulator's own API and the inbox page
    MOTO = "moto-api"
    LOCALSTACK = "_aws/ses"
    AWS = "aws"
    NOTHING = "nothing"


def split_absolute(target: str) -> tuple[str | None, str]:
    """Return the authority and the origin-form of a request target (RFC 9112, section 3.2).

    The authority is None if the target has none. It then is in the Host header.
    """
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        return None, target
    rest = found.group(2).partition("#")[0]
    return found.group(1), rest if rest.startswith("/") else f"/{rest}"


def find_area(target: str) -> Area:
    """Return the area of an origin-form target. Only the exact spelling reaches the emulator's own paths."""
    if not target.startswith("/"):
        return Area.NOTHING
    if target.startswith(PREFIX) or target.partition("?")[0] == PREFIX.rstrip("/"):
        return Area.ADMIN
    if _MOTO.match(target):
        return Area.MOTO
    if _LOCALSTACK.match(target):
        return Area.LOCALSTACK
    plain = _simplify(re.split("[?#]", target, maxsplit=1)[0])
    reserved = plain.split("/")[1] in _RESERVED or _METADATA.match(plain)
    return Area.NOTHING if reserved else Area.AWS


def admin_parts(target: str) -> tuple[list[str], str]:
    """Return the segments below `/_sescli/` or `/_sescli/v1/`, still encoded, and the query string."""
    path, _, query = target.partition("?")
    below = path.removeprefix(PREFIX.rstrip("/")).removeprefix("/")
    below = "" if below == VERSION.rstrip("/") else below.removeprefix(VERSION)
    parts = [part for part in below.split("/") if part]
    if parts[:1] == ["messages"]:
        parts[0] = "mails"
    return parts, query


def _simplify(path: str) -> str:
    """Decode a path as often as any server might, in lower case, without empty and dot segments."""
    for _ in range(_MAX_DECODINGS):
        decoded = unquote(path, errors="replace")
        if decoded == path:
            break
        path = decoded
    kept: list[str] = []
    for part in path.replace("\\", "/").lower().split("/"):
        segment = part.partition(";")[0].strip()
        if segment == "..":
            kept = kept[:-1]
        elif segment not in {"", "."}:
            kept.append(segment)
    return "/" + "/".join(kept)
