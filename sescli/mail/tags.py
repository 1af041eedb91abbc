"""Message tags, which appear in the events of a message (SES API v2 MessageTag)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sescli.mail.errors import MailError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TAGS = 50
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def parse_tag(text: str) -> tuple[str, str]:
    """Parse `name=value` and check it."""
    name, equals, value = text.partition("=")
    if not equals:
        raise MailError(f"the tag '{text}' has no '='", hint="write it as campaign=spring")
    return check_tag(name, value)


def check_tag(name: str, value: str) -> tuple[str, str]:
    """Check a tag: name and value have 1 to 256 letters, digits, `_` and `-`. SES reserves names with `ses:`."""
    for what, text in (("name", name), ("value", value)):
        if not _TAG.fullmatch(text):
            raise MailError(
                f"'{text}' is not a valid tag {what}: up to 256 letters, digits, '_' and '-'",
                code="InvalidTag",
            )
    return name, value


def tag_params(tags: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """SES API v2 `EmailTags`: at most 50, each name once, each one checked."""
    checked = [check_tag(name, value) for name, value in tags]
    if len(checked) > MAX_TAGS:
        raise MailError(f"{len(checked)} tags are given, and SES accepts at most {MAX_TAGS}")
    names = [name for name, _ in checked]
    for name in names:
        if names.count(name) > 1:
            raise MailError(f"the tag {name} is given twice", code="InvalidTag")
    return [{"Name": name, "Value": value} for name, value in checked]
