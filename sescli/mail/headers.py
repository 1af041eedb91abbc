"""Custom headers, as SES takes them in `Headers` of simple, templated and bulk mail (SES API v2 MessageHeader)."""

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

# The headers that SES writes itself, and how to say in sescli what they would say.
FORBIDDEN: Mapping[str, str] = {
    "bcc": "--bcc",
    "cc": "--cc",
    "content-disposition": "--attach",
    "content-type": "--text, --html or --attach",
    "date": "nothing: SES writes it",
    "from": "--from",
    "message-id": "nothing: SES writes it",
    "mime-version": "nothing: SES writes it",
    "reply-to": "--reply-to",
    "return-path": "nothing: SES writes it",
    "subject": "--subject",
    "to": "--to",
}


def parse_header(text: str) -> tuple[str, str]:
    """`Name: value` as a checked pair."""
    name, colon, value = text.partition(":")
    if not colon:
        refuse_controls(text, "a header")
        raise MailError(f"the header '{text}' has no ':'", hint="write it as 'X-Campaign: spring'")
    return check_header(name.strip(" "), value.strip(" "))


def check_header(name: str, value: str) -> tuple[str, str]:
    """The pair, when SES takes it: name 1 to 126 and value 1 to 995 printable ASCII, together up to 996.

    Raises InjectionError for control characters (an encoded-word's too), MailError for all else.
    """
    refuse_controls(name, "the name of a header")
    refuse_controls(value, f"the header {name}")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise MailError(f"'{name}' is not the name of a header: printable ASCII without ':', up to 126")
    instead = FORBIDDEN.get(name.lower())
    if instead is not None:
        raise MailError(f"SES does not take the header {name} from its users", hint=f"use {instead}")
    if not _VALUE.fullmatch(value):
        raise MailError(
            f"the value of the header {name} is {'not printable ASCII' if value else 'empty'}, and SES takes no other"
        )
    if len(value) > _LONGEST_VALUE or len(name) + len(value) > _LONGEST_LINE:
        raise MailError(f"the header {name} is longer than 996 characters")
    return name, value


def header_params(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """SES API v2 `Headers`: at most 15, each name once, each pair checked."""
    checked = [check_header(name, value) for name, value in headers]
    if len(checked) > MAX_HEADERS:
        raise MailError(f"{len(checked)} headers, and SES takes {MAX_HEADERS} at most")
    seen: set[str] = set()
    for name, _ in checked:
        if name.lower() in seen:
            raise MailError(f"the header {name} is there twice")
        seen.add(name.lower())
    return [{"Name": name, "Value": value} for name, value in checked]
