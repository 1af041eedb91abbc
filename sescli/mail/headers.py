"""Custom headers of simple, templated and bulk messages (SES API v2 MessageHeader)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.mail.controls import refuse_controls
from sescli.mail.errors import MailError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_HEADERS = 15
_LONGEST_NAME = 126
_LONGEST_VALUE = 995
_LONGEST_LINE = 996
_NAME = re.compile(r"[!-9;-@A-~]+")
_VALUE = re.compile(r"[ -~]+")

# The headers that SES writes itself, and the options of sescli that set them.
FORBIDDEN: Mapping[str, str] = {
    "bcc": "--bcc",
    "cc": "--cc",
    "content-disposition": "--attach",
    "content-type": "--text, --html or --attach",
    "date": "no option: SES writes it",
    "from": "--from",
    "message-id": "no option: SES writes it",
    "mime-version": "no option: SES writes it",
    "reply-to": "--reply-to",
    "return-path": "no option: SES writes it",
    "subject": "--subject",
    "to": "--to",
}


def parse_header(text: str) -> tuple[str, str]:
    """Parse `Name: value` and check it."""
    name, colon, value = text.partition(":")
    if not colon:
        refuse_controls(text, "a header")
        raise MailError(f"the header '{text}' has no ':'", hint="write it as 'X-Campaign: spring'")
    return check_header(name.strip(" "), value.strip(" "))


def check_header(name: str, value: str) -> tuple[str, str]:
    """Check a header: name 1 to 126, value 1 to 995 printable ASCII characters, together up to 996.

    Raises `InjectionError` for control characters, also inside an encoded-word, and `MailError` for other problems.
    """
    refuse_controls(name, "the name of a header")
    refuse_controls(value, f"the header {name}")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise MailError(
            f"'{name}' is not a valid header name: up to 126 printable ASCII characters without ':'"
        )
    instead = FORBIDDEN.get(name.lower())
    if instead is not None:
        raise MailError(f"the header {name} cannot be set, because SES writes it", hint=f"use {instead}")
    if not _VALUE.fullmatch(value):
        raise MailError(
            f"the value of the header {name} is {'not printable ASCII, which SES requires' if value else 'empty'}"
        )
    if len(value) > _LONGEST_VALUE or len(name) + len(value) > _LONGEST_LINE:
        raise MailError(f"the header {name} is longer than 996 characters")
    return name, value


def header_params(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """SES API v2 `Headers`: at most 15, each name once, each one checked."""
    checked = [check_header(name, value) for name, value in headers]
    if len(checked) > MAX_HEADERS:
        raise MailError(f"{len(checked)} headers are given, and SES accepts at most {MAX_HEADERS}")
    seen: set[str] = set()
    for name, _ in checked:
        if name.lower() in seen:
            raise MailError(f"the header {name} is given twice")
        seen.add(name.lower())
    return [{"Name": name, "Value": value} for name, value in checked]
